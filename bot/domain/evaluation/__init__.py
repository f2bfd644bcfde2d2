"""What readings mean under a policy."""
