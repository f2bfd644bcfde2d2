"""The files under `deploy/`."""
