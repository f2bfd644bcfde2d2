"""What the settings and the policy file mean."""
