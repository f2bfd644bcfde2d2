"""`altcontact sandbox` as a program: its page's address, its control interface, its end."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from sandbox.tests.page.fixtures import events

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMAND = [sys.executable, "-m", "bot", "sandbox", "--headless", "--port", "0"]
PATIENCE = 60.0
ALICE, ALERTS = "U0ALICE001", "C0ALERTS01"
PAYMENTS = "121212121212"
"""An account of the demo organization that has a contact."""


class Running:
    """The command, with what it printed so far."""

    def __init__(self, *options: str) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.shown = ""
        self.page = ""

    def read(self, wanted: str) -> str:
        """Read on until a line fits; what its group holds."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.shown += line
            if found := re.search(wanted, line):
                return found.group(1)
        raise AssertionError(self.shown)

    def call(self, method: str, path: str, body: object = None) -> httpx.Response:
        """Ask the control interface."""
        return httpx.request(method, f"{self.page}/control/{path}", json=body, timeout=PATIENCE)

    def stop(self, number: signal.Signals) -> int:
        """Ask it to stop; its exit status."""
        self.process.send_signal(number)
        rest, _ = self.process.communicate(timeout=PATIENCE)
        self.shown += rest
        return self.process.returncode


@contextlib.contextmanager
def running(*options: str) -> Iterator[Running]:
    """The command, which is ended in any case."""
    sandbox = Running(*options)
    try:
        sandbox.page = sandbox.read(r"Page: +(http\S+)")
        yield sandbox
    finally:
        if sandbox.process.returncode is None:
            sandbox.process.terminate()
            sandbox.process.communicate()


def messages(state: dict[str, Any]) -> str:
    """The text of all messages."""
    return json.dumps(state["messages"])


def test_everything_through_the_control_interface() -> None:
    """A contact deleted in AWS is noticed by the check asked for, and the wire is masked."""
    with running() as sandbox:
        stream = events(sandbox.page)
        name, state = next(stream)
        assert name == "state"
        assert len(state["aws"]["accounts"]) == 15
        assert state["bot"]["managed"]
        seen = messages(state["slack"])
        while "no security contact" not in seen:
            name, part = next(stream)
            seen = messages(part) if name == "slack" else seen
        assert "Payments" not in seen
        assert sandbox.call("DELETE", f"aws/contacts/{PAYMENTS}/SECURITY").is_success
        assert sandbox.call("POST", "bot/check").status_code == 200
        while "Payments" not in seen:
            name, part = next(stream)
            seen = messages(part) if name == "slack" else seen
        line = {"user": ALICE, "channel": ALERTS, "line": f"/altcontact check {PAYMENTS}"}
        assert sandbox.call("POST", "slack/act/command", line).json()["acked"]
        wire = list(state["wire"])
        while not any(entry["kind"] == "socket" for entry in wire):
            name, part = next(stream)
            wire += part if name == "wire" else []
        wire = sandbox.call("GET", "state").json()["wire"]
        assert {"web_api", "socket", "aws"} <= {entry["kind"] for entry in wire}
        told = json.dumps(wire, ensure_ascii=False)
        accounts = state["aws"]["accounts"]
        held = [each for account in accounts for each in account["contacts"].values() if each]
        assert held
        for contact in held:
            for value in contact.values():
                assert not re.search(rf"\b{re.escape(value)}\b", told), value
        assert sandbox.stop(signal.SIGINT) == 0
        assert "Stopping." in sandbox.shown
        assert "Traceback" not in sandbox.shown


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_just_the_servers(number: signal.Signals) -> None:
    """Without a bot it prints what a bot of one's own needs, and cannot be asked to check."""
    with running("--no-bot", "--accounts", "30") as sandbox:
        url = sandbox.read(r"export SLACK_API_URL=(\S+)")
        sandbox.read("(Ctrl-C)")
        assert "export AWS_ENDPOINT_URL=" in sandbox.shown
        state = sandbox.call("GET", "state").json()
        assert state["bot"]["environment"]["SLACK_API_URL"] == url
        assert (state["bot"]["managed"], state["bot"]["running"]) == (False, False)
        assert len(state["aws"]["accounts"]) >= 30
        assert sandbox.call("POST", "bot/check").status_code == 409
        assert sandbox.stop(number) == 0
        assert "Traceback" not in sandbox.shown
