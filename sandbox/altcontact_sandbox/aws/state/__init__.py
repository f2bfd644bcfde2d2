"""What the simulated AWS knows and how it is set: settings, quotas, faults, and what was called."""
