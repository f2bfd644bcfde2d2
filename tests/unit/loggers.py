"""Puts logging back as it was, for tests of what configures it."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from bot.cli import logs


@contextmanager
def logging_put_back() -> Iterator[None]:
    """Logging, warnings and structlog are afterwards as before."""
    root, ours = logging.getLogger(), logging.getLogger(logs.OURS)
    levels, hook = (root.level, ours.level), threading.excepthook
    try:
        yield
    finally:
        for handler in root.handlers[:]:
            if type(handler).__module__ == logs.__name__:
                root.removeHandler(handler)
        for logger, level in zip((root, ours), levels, strict=True):
            logger.setLevel(level)
        logging.captureWarnings(capture=False)
        threading.excepthook = hook
        structlog.reset_defaults()
