"""Socket Mode, and what happens to connections."""
