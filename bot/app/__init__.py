"""The composition root: the only place that connects services and adapters."""
