"""The tables, a file a step."""
