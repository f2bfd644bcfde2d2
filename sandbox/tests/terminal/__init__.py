"""Tests of Slack as text."""
