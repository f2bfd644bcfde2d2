"""The migrations of the tables, one file per step."""
