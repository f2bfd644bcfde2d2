"""The use cases: the order in which things happen."""
