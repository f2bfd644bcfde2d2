"""AWS Organizations: accounts, OUs, tags, and who administers what."""
