"""The command line: `altcontact`."""

from bot.cli.main import main

__all__ = ["main"]
