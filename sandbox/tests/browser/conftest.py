"""The page on both servers in a Chromium, and a watch on all that should never happen in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import pytest
from altcontact_sandbox.aws.sandbox import AwsSandbox
from altcontact_sandbox.bot_process import BotProcess
from altcontact_sandbox.page.server import PageServer
from altcontact_sandbox.slack.sandbox import SlackSandbox
from playwright.sync_api import expect, sync_playwright

from sandbox.tests.browser import chromium
from sandbox.tests.browser.watched import Watched
from tests.launcher import launcher

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from typing import IO

    from altcontact_sandbox.bot_process import Process
    from playwright.sync_api import Browser

    from sandbox.tests.browser.watched import Opening

expect.set_options(timeout=60_000)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium. It is gone with this package: asyncio runs nothing else beside Playwright."""
    path = chromium.find()
    if path is None:
        pytest.skip(f"{chromium.MISSING}; {chromium.REMEDY}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=chromium.arguments())
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def aws_server(browser: Browser) -> Iterator[AwsSandbox]:
    """One AWS sandbox for a test process."""
    with AwsSandbox() as aws:
        yield aws


@pytest.fixture(scope="package")
def slack_server(browser: Browser) -> Iterator[SlackSandbox]:
    """One Slack sandbox for a test process."""
    with SlackSandbox() as slack:
        yield slack


class LaunchedBot(BotProcess):
    """The shipped bot, started from modules that are loaded already."""

    def _run(self, environment: Mapping[str, str], out: IO[bytes]) -> Process:
        return launcher().start("run", environment=environment, folder=self.log.parent, log=out)


@dataclass(frozen=True, slots=True)
class Sandbox:
    """What a page shows, and the bot beside it."""

    aws: AwsSandbox
    slack: SlackSandbox
    bot: BotProcess
    url: str

    def start_bot(self, **settings: str) -> Self:
        """Start the shipped bot, and come back when its first scan is announced."""
        self.bot.environment |= {"ALTCONTACT_READ_RATE": "1000", **settings}
        self.bot.start()
        self.slack.wait_connected(timeout=60)
        self.bot.ready.set()
        self.slack.wait_message("no security contact", timeout=60)
        return self


@pytest.fixture
def fresh(
    aws_server: AwsSandbox, slack_server: SlackSandbox
) -> Iterator[tuple[AwsSandbox, SlackSandbox]]:
    """Both servers as on the first day, with the demo organization and no quotas to wait for."""
    aws_server.reset()
    aws_server.seed_demo()
    aws_server.quotas(False)  # noqa: FBT003 - off
    slack_server.reset()
    yield aws_server, slack_server
    slack_server.cut_sockets()


@pytest.fixture
def sandbox(fresh: tuple[AwsSandbox, SlackSandbox], tmp_path: Path) -> Iterator[Sandbox]:
    """The page with the bot beside it, which is not started yet."""
    yield from _sandbox(fresh, LaunchedBot(tmp_path / "bot.log"))


@pytest.fixture
def bare(fresh: tuple[AwsSandbox, SlackSandbox], tmp_path: Path) -> Iterator[Sandbox]:
    """The page as with `--no-bot`."""
    yield from _sandbox(fresh, BotProcess(tmp_path / "bot.log", managed=False))


def _sandbox(servers: tuple[AwsSandbox, SlackSandbox], bot: BotProcess) -> Iterator[Sandbox]:
    aws, slack = servers
    with PageServer(bot) as page:
        bot.tell({**aws.environment("management"), **slack.environment()})
        page.connect(slack.url, aws.url)
        yield Sandbox(aws, slack, bot, page.url)
        bot.stop()


@pytest.fixture
def opened(browser: Browser) -> Iterator[Opening]:
    """Opens pages, each of which is asked at the end whether something was wrong with it."""
    watched: list[Watched] = []

    def opening(sandbox: Sandbox, width: int = 1440, scheme: str = "light") -> Watched:
        context = browser.new_context(
            viewport={"width": width, "height": 900 if width > 800 else 844},
            color_scheme="dark" if scheme == "dark" else "light",
            reduced_motion="reduce",
            locale="en-GB",
            timezone_id="Europe/London",
        )
        page = Watched(context, sandbox.url, sandbox.slack)
        watched.append(page)
        page.open()
        return page

    yield opening
    try:
        for page in watched:
            page.verify()
    finally:
        for page in watched:
            page.close()
