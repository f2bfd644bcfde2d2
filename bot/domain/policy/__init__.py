"""What an account should have."""
