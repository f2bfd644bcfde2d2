"""The use cases: in which order things happen."""
