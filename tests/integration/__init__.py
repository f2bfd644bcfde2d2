"""Integration tests: AWS against a strict stand-in, the store on a real file."""
