"""The control interface over HTTP: sets and shows everything directly."""
