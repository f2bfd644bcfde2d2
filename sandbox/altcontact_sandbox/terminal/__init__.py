"""Slack as text, for a terminal."""
