"""The Web API: its methods, and the response URLs beside it."""
