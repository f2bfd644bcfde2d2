"""A page with a watch on it: what should never happen there makes the test fail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from playwright.sync_api import expect

if TYPE_CHECKING:
    from altcontact_sandbox.slack.client.client import SlackControl
    from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Request, WebError

    from sandbox.tests.browser.conftest import Sandbox


class Opening(Protocol):
    """Opens a page of a sandbox."""

    def __call__(self, sandbox: Sandbox, width: int = 1440, scheme: str = "light") -> Watched:
        """So many pixels wide, `light` or `dark`."""
        ...


class Watched:
    """A page in a browser of its own, as far as it knows.

    Args:
        context: of the browser.
        origin: of the page; nothing else may be asked.
        slack: that the page shows; it may refuse nothing.
    """

    def __init__(
        self, context: BrowserContext, origin: str, slack: SlackControl | None = None
    ) -> None:
        self.origin = origin
        self._context = context
        self._slack = slack
        self._seen: list[str] = []
        self._allowed: list[str] = []
        context.on("console", self._console)
        context.on("weberror", self._error)
        context.on("request", self._request)
        self.page = context.new_page()

    def open(self) -> None:
        """Load the page, and come back once it shows the workspace."""
        self.page.goto(self.origin)
        expect(self.page.get_by_role("heading", name="altcontact sandbox")).to_be_visible()
        expect(self.page.get_by_role("heading", name="security-alerts").first).to_be_attached()

    def allow(self, *words: str) -> None:
        """Let a complaint or refusal pass in which one of these words stands."""
        self._allowed += words

    def complaints(self) -> list[str]:
        """What was wrong so far, and was not said to be allowed."""
        self.page.evaluate("1")  # what the browser has told until here is taken in
        refusals = self._slack.refusals() if self._slack is not None else []
        refused = [f"refused: {each}" for each in refusals if _counts(each)]
        return [
            each
            for each in (*self._seen, *refused)
            if not any(word in each for word in self._allowed)
        ]

    def verify(self) -> None:
        """Fail where the console complained, another origin was asked, or Slack refused."""
        complaints = self.complaints()
        assert not complaints, "\n".join(complaints)
        if not self._allowed:
            expect(self.card).to_have_count(0)

    def close(self) -> None:
        """Close the browser."""
        self._context.close()

    # Where things are

    @property
    def card(self) -> Locator:
        """The red cards of what Slack would refuse."""
        return self.page.get_by_role("group", name="Slack refused this")

    @property
    def messages(self) -> Locator:
        """The messages of the place that is shown."""
        return self.page.get_by_role("log", name="Messages").get_by_role("article")

    @property
    def modal(self) -> Locator:
        """The topmost modal of Slack."""
        return self.page.locator("#modals").get_by_role("dialog")

    @property
    def composer(self) -> Locator:
        """Where one writes."""
        return self.page.get_by_label("Message #security-alerts")

    @property
    def offered(self) -> Locator:
        """What an open menu of Slack offers."""
        return self.page.get_by_role("listbox", name="Options").get_by_role("option")

    @property
    def narrow(self) -> bool:
        """Whether one pane is shown at a time."""
        size = self.page.viewport_size
        return size is not None and size["width"] < 900

    def row(self, name: str) -> Locator:
        """An account's row in the table of AWS."""
        return self.page.get_by_role("table").get_by_role("row").filter(has_text=name)

    # What people do

    def close_modal(self) -> None:
        """Close the topmost modal, and come back once it is gone."""
        which = self.modal.get_attribute("data-id")
        self.page.keyboard.press("Escape")
        expect(self.page.locator(f'#modals [data-id="{which}"]')).to_have_count(0)

    def show(self, pane: str) -> None:
        """Show Slack or AWS where only one of them fits."""
        if self.narrow:
            self.page.get_by_role("tab", name=pane, exact=True).click()

    def bar(self, name: str) -> Locator:
        """A button of the bar; behind More where it is narrow."""
        button = self.page.get_by_role("button", name=name, exact=True)
        if self.narrow and not button.is_visible():
            self.page.get_by_role("button", name="More", exact=True).click()
        return button

    def become(self, person: str) -> None:
        """Look as somebody else."""
        self.page.get_by_role("radio", name=person).check(force=True)

    def send(self, text: str) -> None:
        """Write a line, and send it."""
        self.composer.fill(text)
        self.composer.press("Escape")
        self.composer.press("Enter")

    def fill(self, **values: str) -> None:
        """Fill the modal's inputs by their labels."""
        for label, value in values.items():
            self.modal.get_by_label(label).fill(value)

    # What the browser tells

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning", "assert"}:
            self._seen.append(f"console {message.type}: {message.text} {message.location}")

    def _error(self, error: WebError) -> None:
        self._seen.append(f"page error: {error.error}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.origin}/", "data:", "blob:")):
            self._seen.append(f"another origin was asked: {request.url}")


def _counts(refusal: dict[str, Any]) -> bool:
    """Being asked to slow down is no refusal of what was sent."""
    return bool(refusal["error"] != "ratelimited")
