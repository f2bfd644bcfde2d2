"""Drives the control interface, from this process or another."""
