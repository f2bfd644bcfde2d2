"""The doctor's checks of Slack."""
