"""altcontact keeps the alternate contacts of AWS accounts right, from Slack."""

__version__ = "0.1.0"
