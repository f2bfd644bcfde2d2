"""STS: who calls, and the roles that may be assumed."""
