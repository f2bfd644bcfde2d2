"""Takes the pictures of the docs from the running sandbox: python -m tests.browser.screenshots."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import httpx
from playwright.sync_api import expect, sync_playwright

from sandbox.tests.browser import chromium
from sandbox.tests.browser.pointing import FORM, alert, fix_button
from sandbox.tests.browser.watched import Watched

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator

FOLDER: Final = Path(__file__).parents[3] / "docs/images"
"""Where the pictures are kept."""

MOST: Final = 300_000
"""Bytes of a picture: the README is read over slow lines too."""

_LINE: Final = "Page:"
_WITHIN: Final = 60_000


@contextmanager
def sandbox() -> Iterator[str]:
    """The sandbox as `make sandbox` starts it; the page's address."""
    command = [sys.executable, "-m", "bot", "sandbox", "--headless", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        address = next(line for line in process.stdout if line.startswith(_LINE))
        yield address.removeprefix(_LINE).strip()
    finally:
        process.terminate()
        process.communicate()


class Camera:
    """Opens pages and takes pictures of them.

    Args:
        browser: Chromium.
        address: of the page.
    """

    def __init__(self, browser: Browser, address: str) -> None:
        self._browser = browser
        self._address = address

    def open(self, width: int, height: int, scheme: str = "light", scale: float = 1) -> Watched:
        """Open the page so large."""
        context = self._browser.new_context(
            viewport={"width": width, "height": height},
            device_scale_factor=scale,
            color_scheme="dark" if scheme == "dark" else "light",
            reduced_motion="reduce",
            locale="en-GB",
            timezone_id="UTC",
        )
        page = Watched(context, self._address)
        page.open()
        expect(alert(page)).to_be_visible(timeout=_WITHIN)
        expect(page.messages.filter(has_text="can't be checked").first).to_be_visible()
        return page

    def take(self, what: Watched | Locator, name: str) -> None:
        """Keep a picture."""
        path = FOLDER / f"{name}.png"
        place = what.page if isinstance(what, Watched) else what
        place.screenshot(path=path, animations="disabled", caret="hide")
        size = path.stat().st_size
        assert size < MOST, f"{path.name} has {size:,} bytes"
        sys.stdout.write(f"{path.relative_to(FOLDER.parents[1])}: {size:,} bytes\n")


def take_all(camera: Camera) -> None:
    """Tell the story, and take a picture wherever it can be seen."""
    for scheme, name in (("light", "page"), ("dark", "page-dark")):
        page = camera.open(1440, 900, scheme)
        show_head(page)
        camera.take(page, name)
        page.close()
    phone = camera.open(390, 844, scale=2)
    show_head(phone)
    camera.take(phone, "phone")
    phone.close()

    story = camera.open(1440, 1400, scale=2)
    story.page.get_by_role("button", name="Close the tour").click()
    show_head(story)
    camera.take(alert(story), "alert")
    fix_button(alert(story), "Web production").click()
    expect(story.modal.get_by_label("Phone")).to_be_visible()
    story.fill(**{**FORM, "Phone": "12"})
    story.modal.get_by_role("button", name="Save").click()
    expect(story.modal.get_by_label("Phone")).to_have_attribute("aria-invalid", "true")
    camera.take(story.modal, "form-error")
    story.modal.get_by_label("Phone").fill(FORM["Phone"])
    story.modal.get_by_role("button", name="Save").click()
    expect(story.modal).to_contain_text("Saved and verified")
    story.close_modal()
    expect(alert(story)).to_contain_text("fixed: ")
    show_head(story)
    camera.take(alert(story), "fixed")
    story.send("/altcontact history Web production")
    expect(story.modal).to_contain_text("Security contact set: verified", timeout=_WITHIN)
    camera.take(story.modal, "history")
    story.close_modal()
    story.close()
    take_bulk(camera)


def take_bulk(camera: Camera) -> None:
    """Fix many accounts at once, after everything else: nothing is left to fix then."""
    page = camera.open(1440, 1400, scale=2)
    page.page.get_by_role("button", name="Close the tour").click()
    alert(page).get_by_role("button", name=re.compile("^Fix all")).click()
    expect(page.modal.get_by_text("Set them to")).to_be_visible()
    page.modal.get_by_label("One contact for all").check()
    expect(page.modal.get_by_label("Phone")).to_be_visible()
    page.fill(**FORM)
    page.modal.get_by_role("button", name="Preview").click()
    expect(page.modal).to_contain_text("Nothing has been changed yet")
    camera.take(page.modal, "bulk-preview")
    page.modal.get_by_role("button", name=re.compile("^Fix [0-9]")).click()
    expect(page.modal).to_contain_text("Started", timeout=_WITHIN)
    page.close_modal()
    run = page.messages.filter(has_text="Started by").last
    expect(run).to_contain_text("results in the thread", timeout=_WITHIN)
    page.page.mouse.move(1, 1)
    camera.take(run, "bulk-run")
    page.close()


def show_head(page: Watched) -> None:
    """Show the alert from its beginning, with the pointer on nothing."""
    alert(page).evaluate("(message) => message.scrollIntoView({ block: 'start' })")
    page.page.mouse.move(1, 1)


def main() -> None:
    """Start the sandbox, take all pictures, and stop it.

    Raises:
        SystemExit: there is no Chromium.
    """
    path = chromium.find()
    if path is None:
        raise SystemExit(f"No pictures: {chromium.MISSING}; {chromium.REMEDY}.")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sandbox() as address, sync_playwright() as playwright:
        httpx.patch(f"{address}/control/aws/settings", json={"quotas_enabled": False})
        browser = playwright.chromium.launch(
            executable_path=path, args=[*chromium.arguments(), "--force-color-profile=srgb"]
        )
        take_all(Camera(browser, address))
        browser.close()


if __name__ == "__main__":
    main()
