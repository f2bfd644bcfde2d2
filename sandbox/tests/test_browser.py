"""Whether a browser is opened: only one with windows, for a person who is there."""

from __future__ import annotations

import sys
import threading
import webbrowser

import pytest
from altcontact_sandbox import browser

URL = "http://127.0.0.1:8700"


class Browser:
    """A browser that remembers what it was to open."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.opened: list[str] = []
        self.asked = threading.Event()

    def open(self, url: str) -> bool:
        self.opened.append(url)
        self.asked.set()
        return True


def at_a_desk(monkeypatch: pytest.MonkeyPatch, found: Browser | None, *, terminal: bool) -> None:
    """A machine with windows, and perhaps a browser."""

    def get() -> Browser:
        if found is None:
            raise webbrowser.Error
        return found

    monkeypatch.setattr(webbrowser, "get", get)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    monkeypatch.setenv("DISPLAY", ":0")


def test_a_browser_with_windows_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page is opened in the background."""
    found = Browser("/usr/bin/firefox")
    at_a_desk(monkeypatch, found, terminal=True)
    assert browser.open_page(URL)
    assert found.asked.wait(60)
    assert found.opened == [URL]


@pytest.mark.parametrize("name", ["w3m", "/usr/bin/lynx", "www-browser"])
def test_the_terminal_is_left_alone(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A browser that would run in the terminal is not opened."""
    found = Browser(name)
    at_a_desk(monkeypatch, found, terminal=True)
    assert not browser.open_page(URL)
    assert not found.opened


def test_nothing_is_opened_without_a_person_or_a_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where output goes to a file or there is no browser, the address is printed and no more."""
    at_a_desk(monkeypatch, Browser("firefox"), terminal=False)
    assert not browser.open_page(URL)
    at_a_desk(monkeypatch, None, terminal=True)
    assert not browser.open_page(URL)


@pytest.mark.parametrize(
    ("environment", "platform", "shown"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ""}, "linux", False),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({}, "darwin", True),
    ],
)
def test_display(environment: dict[str, str], platform: str, *, shown: bool) -> None:
    """On Linux a display is named by the environment; elsewhere there is one."""
    assert browser.has_display(environment, platform) is shown
