"""Long runs that prove what short tests can't: `make soak`."""
