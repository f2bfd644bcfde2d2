"""The policy: what an account should have."""
