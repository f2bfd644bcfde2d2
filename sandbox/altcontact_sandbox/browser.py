"""Opens the page in the person's browser, where there is one that has windows of its own."""

from __future__ import annotations

import os
import sys
import threading
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_TEXT_MODE: Final = frozenset(
    {"www-browser", "browsh", "carbonyl", "elinks", "links", "links2", "lynx", "w3m"}
)
"""Browsers that would take over the terminal that the sandbox was started in."""


def has_display(environment: Mapping[str, str], platform: str) -> bool:
    """Whether windows can be opened."""
    if not platform.startswith("linux"):
        return True
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


def open_page(url: str) -> bool:
    """Open a page in the background, where that is of use to the person.

    Returns:
        Whether a browser was asked.
    """
    if not (sys.stdout.isatty() and has_display(os.environ, sys.platform)):
        return False
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    if Path(getattr(browser, "name", "")).name in _TEXT_MODE:
        return False
    # Some browsers keep who asks waiting for seconds.
    threading.Thread(target=browser.open, args=(url,), daemon=True).start()
    return True
