"""A local Slack workspace and a local AWS organization, stricter than the real ones."""
