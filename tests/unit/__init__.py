"""Unit tests: domain, use cases and views, with fakes and no I/O."""
