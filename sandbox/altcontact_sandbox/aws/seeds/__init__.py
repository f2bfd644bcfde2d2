"""Accounts to start from: the demo, made-up organizations, and those that a test gives."""
