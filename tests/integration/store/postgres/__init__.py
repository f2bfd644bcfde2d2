"""Tests of what only PostgreSQL has; the repositories are tested on both databases."""
