"""The composition root: the only place that constructs the program's objects."""
