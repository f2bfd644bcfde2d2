"""The workspace in a terminal: type commands, see messages, press buttons, fill the form."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any, Final, TextIO

import httpx
from prompt_toolkit import PromptSession
from prompt_toolkit.patch_stdout import patch_stdout

from altcontact_sandbox.errors import SandboxError
from altcontact_sandbox.slack.workspace import ALERTS, ALICE, BOB, CAROL, GROUP
from altcontact_sandbox.terminal.rendering import message_lines, printable, view_lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from altcontact_sandbox.slack.client.client import SlackControl

    Seen = dict[str, Any]
    Ask = Callable[[str, str], str]

PEOPLE: Final = {"alice": ALICE, "bob": BOB, "carol": CAROL}
NAMES: Final = {**{user: name for name, user in PEOPLE.items()}, GROUP: "secops"}

HELP: Final = """\
  /altcontact …       type a command to the bot (begin with: /altcontact check)
  a number            press that button
  as bob              be another person (alice and carol are fixers; bob is not)
  help, quit"""

_SETTLE: Final = 0.4
"""Seconds for what follows an act to arrive before the next prompt is shown."""

_BUSY: Final = 60.0
"""Seconds for work to end that the app says is under way."""

_WATCH: Final = 2.0
"""Seconds between two looks at whether the conversation is over."""


class Prompt:
    """A conversation with the workspace.

    Args:
        control: drives the workspace.
        out: where it is shown.
        ask: asks for a line: (prompt, what stands there already) -> line; EOFError ends.
    """

    def __init__(self, control: SlackControl, out: TextIO, ask: Ask) -> None:
        self._control = control
        self._out = out
        self._ask = ask
        self._user = ALICE
        self._shown: dict[str, tuple[str, str]] = {}
        # A menu that searches has no value: pressing it asks what for.
        self._buttons: list[tuple[str, str | None, Seen | None]] = []
        self._form = ""
        self._printing = threading.Lock()
        self._over = threading.Event()

    def run(self) -> None:
        """Talk until the person has enough."""
        self._print(["", "Slack sandbox. You are alice, in #security-alerts.", HELP, ""])
        watcher = threading.Thread(target=self._watch, daemon=True)
        watcher.start()
        try:
            while self._turn():
                pass
        except (EOFError, KeyboardInterrupt):
            pass
        finally:
            self._over.set()

    def _turn(self) -> bool:
        """One line; false to end."""
        line = self._ask(f"{NAMES[self._user]}> ", "").strip()
        if line in {"quit", "exit"}:
            return False
        if line.startswith("/"):
            answer = self._control.command(line, self._user, ALERTS)
            if not answer.get("acked"):
                self._print(["(the bot did not answer)"])
        elif line.isdigit():
            self._press(int(line))
        elif line.removeprefix("as ") in PEOPLE:
            self._user = PEOPLE[line.removeprefix("as ")]
        elif line:
            self._print([HELP])
        self._settle()
        return True

    def _press(self, number: int) -> None:
        if not 1 <= number <= len(self._buttons):
            self._print([f"There is no button {number}."])
            return
        action_id, value, message = self._buttons[number - 1]
        if value is None:
            self._search(action_id, message)
            return
        answer = self._control.press(action_id, value, message=message, user=self._user)
        if "error" in answer:
            self._print([f"That button is gone: {answer['error']}."])

    def _search(self, action_id: str, message: Seen | None) -> None:
        """Ask for words, and number what the app offers for them."""
        words = self._ask("  Search: ", "").strip()
        answer = self._control.suggest(action_id, words, message=message, user=self._user)
        offered = answer.get("options", [])
        lines = [f"({answer['error']})"] if "error" in answer else ["(nothing found)"]
        if offered:
            self._buttons += [(action_id, option["value"], message) for option in offered]
            first = len(self._buttons) - len(offered) + 1
            texts = [printable(option["text"]["text"]) for option in offered]
            lines = [f"[{number} {text}]" for number, text in enumerate(texts, first)]
        self._print(lines)

    def _settle(self) -> None:
        """Let answers arrive; go through the form where one is open."""
        seen: Seen | None = self._control.state()
        while seen is not None:
            seen = self._news(seen["changes"], _BUSY if self._is_busy(seen) else _SETTLE)
        self._show(self._control.state())
        view = self._control.view(self._user)
        if view is not None and _inputs(view):
            self._fill(view)

    def _is_busy(self, seen: Seen) -> bool:
        """Whether the app's last private message says that it is still at work."""
        private = [each for each in seen["messages"] if each["to"] == self._user]
        return bool(private) and ":hourglass" in str(private[-1]["blocks"])

    def _fill(self, view: Seen) -> None:
        self._print(["Fill in the form. Enter keeps the current value, “cancel” closes the form."])
        values = {}
        for block in _inputs(view):
            held = view["values"].get(block["block_id"], "")
            typed = self._ask(f"  {block['label']['text']}: ", held).strip()
            if typed == "cancel":
                self._control.close(self._user)
                return
            values[block["block_id"]] = typed or held
        self._control.submit(self._user, **values)
        self._settle()

    def _watch(self) -> None:
        """Show what comes by itself."""
        changes = -1
        while not self._over.is_set():
            seen = self._news(changes, _WATCH)
            if seen is not None:
                changes = seen["changes"]
                self._show(seen)

    def _news(self, since: int, timeout: float) -> Seen | None:
        """All that is seen once something changed; None where nothing did in time."""

        def changed(now: Seen) -> Seen | None:
            return now if now["changes"] > since else None

        try:
            news: Seen = self._control.wait(changed, timeout)
        except (SandboxError, httpx.HTTPError, RuntimeError):
            return None  # nothing new, or the workspace is being stopped
        return news

    def _show(self, seen: Seen) -> None:
        """Print the messages and modals that are new or changed."""
        with self._printing:
            for message in seen["messages"]:
                to = message["to"] or _direct(message["channel"])
                if to and to != self._user:
                    continue
                state = (message["text"], str(message["blocks"]))
                if self._shown.get(message["ts"]) == state:
                    continue
                edited = " (edited)" if message["ts"] in self._shown else ""
                self._shown[message["ts"]] = state
                place = "only visible to you" if to else "#security-alerts"
                lines = message_lines(message, self._numbering(message), NAMES)
                self._print(["", f"── altcontact, {place}{edited}", *lines])
            stack = seen["modals"].get(self._user, [])
            state_of_form = str(stack[-1]) if stack else ""
            if stack and state_of_form != self._form:
                self._print(["", *view_lines(stack[-1], self._numbering(None), NAMES)])
            self._form = state_of_form

    def _numbering(self, message: Seen | None) -> Callable[[Seen], int]:
        def number(element: Seen) -> int:
            self._buttons.append((element["action_id"], element.get("value"), message))
            return len(self._buttons)

        return number

    def _print(self, lines: list[str]) -> None:
        self._out.write("\n".join(lines) + "\n")
        self._out.flush()


def run(control: SlackControl) -> None:
    """Talk in this terminal, or with what is piped in."""
    if sys.stdin.isatty():
        session: PromptSession[str] = PromptSession()
        with patch_stdout():
            Prompt(control, sys.stdout, lambda text, held: session.prompt(text, default=held)).run()
    else:
        Prompt(control, sys.stdout, _read_line).run()


def _read_line(prompt: str, held: str) -> str:
    sys.stdout.write(f"{prompt}{f'({held}) ' if held else ''}")
    sys.stdout.flush()
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    sys.stdout.write(line)
    return line


def _inputs(view: Seen) -> list[Seen]:
    """The inputs to fill in, without menus that act at once and would replace the form."""
    return [
        block
        for block in view["view"]["blocks"]
        if block["type"] == "input" and not block.get("dispatch_action")
    ]


def _direct(channel: str) -> str:
    return f"U{channel[1:]}" if channel.startswith("D") else ""
