"""Tests of what the bot serves by HTTP, without a socket."""
