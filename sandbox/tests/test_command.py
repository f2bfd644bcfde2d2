"""`altcontact sandbox` as a newcomer meets it: typed at, and read."""

from __future__ import annotations

import socket
import subprocess
import sys

COMMAND = [sys.executable, "-m", "bot", "sandbox", "--headless", "--port", "0"]


def talk(*lines: str, option: str = "--terminal") -> tuple[int, str]:
    """Pipe lines into the sandbox: its exit status and what it showed."""
    done = subprocess.run(
        [*COMMAND, "--terminal", option],
        input="".join(f"{line}\n" for line in lines),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_from_check_to_confirmed() -> None:
    """Check, press Fix, a wrong phone refused under its field, a right one confirmed."""
    status, shown = talk(
        "help",
        "/altcontact check",
        "1",
        *("Security", "Team", "sec@corp.internal", "12"),
        *("", "", "", "020 7946 0958"),
        "quit",
    )
    assert status == 0, shown
    assert "6 accounts have no security contact" in shown
    assert "This phone number doesn't exist in GB" in shown
    assert "Saved and verified in AWS." in shown
    assert "+44 20 7946 0958" in shown
    assert "Stopping." in shown
    assert "Traceback" not in shown


def test_over_http() -> None:
    """The bot is reached by HTTP, and answers as over Socket Mode."""
    status, shown = talk("/altcontact check", "quit", option="--http")
    assert status == 0, shown
    assert "6 accounts have no security contact" in shown


def test_other_people_choices_and_slips() -> None:
    """Another person is refused, a choice is taken, a form cancelled, slips are answered."""
    status, shown = talk(
        "/altcontact check web",
        "nonsense",
        "99",
        "/altcontact fix Data lake",
        "cancel",
        "as bob",
        "/altcontact fix Data lake",
    )
    assert status == 0, shown
    assert "2 accounts match “web”" in shown
    assert "Search by name or id]" in shown
    assert "There is no button 99" in shown
    assert "a number            press that button" in shown
    assert "You don't have permission to change contacts" in shown
    assert "@secops" in shown


def taken_before_free_ones() -> socket.socket:
    """A port that is held here; the two after it, of the other servers, are free."""
    while True:
        taken = socket.create_server(("127.0.0.1", 0))
        number = taken.getsockname()[1]
        try:
            for other in (number + 1, number + 2):
                socket.create_server(("127.0.0.1", other)).close()
        except (OSError, OverflowError):
            taken.close()
        else:
            return taken


def test_a_port_in_use_is_said_plainly() -> None:
    """A port that something else holds is named, without a traceback."""
    with taken_before_free_ones() as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [*COMMAND[:-1], port], capture_output=True, text=True, timeout=60, check=False
        )
    assert done.returncode == 2
    assert f"Port {port} is in use" in done.stderr
    assert "choose another port with --port" in done.stderr
    assert "Traceback" not in done.stderr
