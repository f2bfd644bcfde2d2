"""Slack: listeners, pure view builders, payload parsers, and the notifier."""
