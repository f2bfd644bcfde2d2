"""Reads the settings and the policy from the environment and a TOML file."""
