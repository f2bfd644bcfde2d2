"""A local Slack workspace and a local AWS organization, stricter than the real ones."""

__version__ = "0.1.0"
