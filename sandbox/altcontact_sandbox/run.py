"""`altcontact sandbox`: the two local servers, the page before them, and the shipped bot beside."""

from __future__ import annotations

import os
import shlex
import signal
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from altcontact_sandbox.aws.sandbox import AwsSandbox
from altcontact_sandbox.bot_process import COMMAND, BotProcess
from altcontact_sandbox.browser import open_page
from altcontact_sandbox.errors import SandboxError
from altcontact_sandbox.loopback import without_proxy
from altcontact_sandbox.page.server import PageServer
from altcontact_sandbox.servers import HOST, listen
from altcontact_sandbox.slack.sandbox import SlackSandbox
from altcontact_sandbox.slack.transport.http_mode import REQUEST_PATH
from altcontact_sandbox.terminal import prompt
from bot.config.load import load
from bot.config.toml_file import CONFIG

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

_RETRY_INTERVAL: Final = 0.1
"""Seconds until a Slack that did not answer is asked again."""

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""What ends it: SIGHUP says that its terminal is gone, which the bot would not know."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says.

    `port` is the page's; `aws_port` and `slack_port` None are the two after it. `accounts` None
    is the demo organization, a number so many accounts made from `seed`. `policy` is the TOML file
    that the bot reads, empty where it has none. `headless` opens no browser, `terminal` shows Slack
    as text as well, and `bot` false runs the servers alone. With `http`, Slack's requests reach the
    bot by HTTP rather than by Socket Mode.

    The command line leaves the rest as it is: `bot_command` is run as the bot, which may take
    `connect_within` seconds to connect, and every `poll_interval` seconds is looked at whether it
    has ended, and whether a signal came.
    """

    port: int
    aws_port: int | None = None
    slack_port: int | None = None
    accounts: int | None = None
    seed: int = 1
    policy: str = ""
    headless: bool = False
    bot: bool = True
    http: bool = False
    terminal: bool = False
    bot_command: Sequence[str] = COMMAND
    connect_within: float = 60.0
    poll_interval: float = 1.0


def run(options: Options) -> int:
    """Run everything until the person has enough.

    Args:
        options: of the command line.

    Returns:
        The exit status: 0.

    Raises:
        SandboxError: a port is in use, or the bot did not start.
        SettingsError: something is wrong in the policy's file, of which the bot would say the same.
    """
    if options.policy:
        load({CONFIG: options.policy}, needs_slack=False)
    os.environ.update(without_proxy(os.environ))
    before = {number: signal.signal(number, _interrupt) for number in _SIGNALS}
    try:
        with ExitStack() as stack:
            try:
                _run(options, stack)
            except KeyboardInterrupt:
                pass
            finally:
                # What is being stopped in order is stopped once; it takes seconds at most.
                for number in _SIGNALS:
                    signal.signal(number, signal.SIG_IGN)
            with suppress(OSError):  # a terminal that is gone takes no words
                say("Stopping.")
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 0


def say(text: str) -> None:
    """A line for the person who started the sandbox."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _run(options: Options, stack: ExitStack) -> None:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="altcontact-")))
    bot = BotProcess(folder / "bot.log", managed=options.bot, command=options.bot_command)
    aws, slack, page = _servers(options, bot, stack)
    urls = {**aws.environment("management"), **_slack_environment(options, slack)}
    # The bot runs in another folder.
    config = {CONFIG: str(Path(options.policy).expanduser().resolve())} if options.policy else {}
    bot.tell({**urls, **config})
    page.connect(slack.url, aws.url)
    say(f"Page:          {page.url}")
    say(f"AWS sandbox:   {aws.url}")
    say(f"Slack sandbox: {slack.url}")
    if not options.headless:
        open_page(page.url)
    if options.bot:
        stack.callback(bot.stop)
        bot.start()
        _wait_connected(options, slack, bot)
        say(f"The bot runs; its log is {bot.log}")
        if options.policy:
            say(f"Policy:        {options.policy}; once changed: /altcontact reload in Slack")
            say(f"               or here: kill -HUP {bot.pid}")
    else:
        say("What a bot of your own needs:")
        for name, value in bot.environment.items():
            say(f"export {name}={shlex.quote(value)}")
    if options.terminal:
        prompt.run(slack)
    else:
        say("Ctrl-C stops everything.")
        # A wait without an end may miss a signal that comes just as it begins.
        while not threading.Event().wait(options.poll_interval):
            pass


def _slack_environment(options: Options, slack: SlackSandbox) -> dict[str, str]:
    """What the bot needs for Slack; over HTTP, Slack needs the address where it will listen."""
    if not options.http:
        return slack.environment()
    # A port that is free now. Nothing else is likely to take it before the bot does.
    with listen(port_of(None, options.port, 3), "bot") as listener:
        port: int = listener.getsockname()[1]
    slack.use_http(f"http://{HOST}:{port}{REQUEST_PATH}")
    return slack.http_environment(port)


def _servers(
    options: Options, bot: BotProcess, stack: ExitStack
) -> tuple[AwsSandbox, SlackSandbox, PageServer]:
    """The three servers, started side by side, with accounts in AWS."""
    aws = AwsSandbox(port_of(options.aws_port, options.port, 1))
    slack = SlackSandbox(port_of(options.slack_port, options.port, 2))
    page = PageServer(bot, options.port)

    def start_aws() -> None:
        aws.start()
        if options.accounts is None:
            aws.seed_demo()
        else:
            aws.seed_realistic(options.accounts, options.seed)

    for server in (aws, slack, page):
        stack.callback(server.stop)
    with ThreadPoolExecutor(thread_name_prefix="start") as pool:
        starts = [pool.submit(start) for start in (start_aws, slack.start, page.start)]
    for start in starts:
        start.result()
    return aws, slack, page


def port_of(wanted: int | None, page_port: int, offset: int) -> int:
    """The port of a server: the one asked for, else one so far after the page's; 0: any."""
    if wanted is not None:
        return wanted
    return page_port + offset if page_port else 0


def _wait_connected(options: Options, slack: SlackSandbox, bot: BotProcess) -> None:
    deadline = time.monotonic() + options.connect_within
    while bot.alive and time.monotonic() < deadline:
        try:
            slack.wait_connected(timeout=options.poll_interval)
        except SandboxError:
            time.sleep(_RETRY_INTERVAL)
            continue
        bot.ready.set()
        return
    log = bot.log.read_text(errors="replace")
    raise SandboxError(f"The bot did not connect. Its log:{os.linesep}{log}")
