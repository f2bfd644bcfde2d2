"""What watches the shipped bot: health, metrics, and a log at debug without personal data."""

from __future__ import annotations

import json
import re
import signal
import time
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import urlopen

from altcontact_sandbox.aws.seeds.demo import demo_accounts
from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.test_story import ALICE, FORM, SHOWN, WEB, open_form

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from altcontact_sandbox.aws.sandbox import AwsSandbox
    from altcontact_sandbox.slack.sandbox import SlackSandbox

    from tests.e2e.conftest import Bot

PATIENCE = 60.0
WINTER = {
    "id": ALICE,
    "name": "Alexandra Winterbottom",
    "email": "alexandra.winterbottom@corp.internal",
}
"""Who does it all, with a name that nothing else has."""


class Watched:
    """The bot as its monitoring sees it.

    Args:
        bot: the bot, started.
    """

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._url = f"http://127.0.0.1:{bot.wait_log('listening')['port']}"

    def ask(self, path: str) -> tuple[int, str]:
        """The status and the body of an answer."""
        try:
            with urlopen(self._url + path, timeout=PATIENCE) as answer:  # noqa: S310 - http
                return answer.status, answer.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def reasons(self, path: str = "/readyz") -> list[str]:
        """Why the bot isn't ready, or alive; the status must agree."""
        status, body = self.ask(path)
        found = [problem["reason"] for problem in json.loads(body)["problems"]]
        assert status == (503 if found else 200)
        return found

    def wait(self, what: Callable[[], bool]) -> None:
        """Wait until something is so: nothing tells when it is."""
        deadline = time.monotonic() + PATIENCE
        while not what():
            assert time.monotonic() < deadline, f"{self.ask('/readyz')}\n{self._bot.log}"
            time.sleep(0.2)

    def metrics(self) -> dict[tuple[str, ...], float]:
        """{(name, label values in the order of their names): value}."""
        status, text = self.ask("/metrics")
        assert status == 200
        return {
            (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }


def personal(slack: SlackSandbox) -> set[str]:
    """All personal data and tokens that the bot could come across."""
    contacts = [each for account in demo_accounts() for each in account.contacts.values()]
    found = {text for each in contacts for text in (each.name, each.email, each.phone)}
    found |= {account.as_json()["email"] for account in demo_accounts()}
    found |= {FORM["name"], FORM["email"], FORM["phone"]}
    found |= {WINTER["name"], WINTER["email"], "alexandra.winterbottom"}
    settings = slack.environment()
    found |= {settings["SLACK_BOT_TOKEN"], settings["SLACK_APP_TOKEN"]}
    return found


def test_a_whole_story_is_seen_and_leaves_no_personal_data(
    bot: Bot, slack: SlackSandbox, aws: AwsSandbox, environment: dict[str, str], tmp_path: Path
) -> None:
    """From the first check to a fix, with the log at debug; then Slack goes, then the database."""
    slack.people([WINTER])
    environment["ALTCONTACT_METRICS"] = "127.0.0.1:0"
    environment["ALTCONTACT_LOG_LEVEL"] = "debug"
    bot.start()
    watched = Watched(bot)
    assert watched.ask("/elsewhere")[0] == 404
    slack.wait_message("no security contact")
    watched.wait(lambda: watched.reasons() == [])
    assert watched.reasons("/healthz") == []
    walk_through(slack)
    assert aws.contact(WEB, "SECURITY") is not None
    watched.wait(lambda: watched.metrics()["altcontact_fixes", "confirmed"] == 1)
    found = watched.metrics()
    assert found["altcontact_ready",] == 1
    assert found["altcontact_leader",] == 1
    assert found["altcontact_scan_accounts", "missing"] == 6
    assert found["altcontact_findings", "security", "missing", "very_high"] == 5
    assert found["altcontact_aws_calls_total", "PutAlternateContact", "ok"] == 1
    assert found["altcontact_slack_calls_total", "views.open", "ok"] >= 1
    assert found["altcontact_ack_duration_seconds_count",] >= 5
    assert found["altcontact_database_transaction_duration_seconds_count", "write"] > 10
    assert found["altcontact_scans_total", "complete"] == 1

    slack.fault("apps.connections.open", "error", count=1_000)
    slack.cut_sockets()
    watched.wait(lambda: watched.reasons() == ["slack"])
    assert watched.reasons("/healthz") == []
    slack.clear_faults()
    watched.wait(lambda: watched.reasons() == [])

    (tmp_path / "bot.db").unlink()
    watched.wait(lambda: watched.reasons() == ["database"])
    watched.wait(lambda: watched.metrics()["altcontact_database_up",] == 0)
    assert ("altcontact_scan_age_seconds",) not in watched.metrics()
    assert watched.reasons("/healthz") == []

    secret = personal(slack)
    served = watched.ask("/metrics")[1]
    assert bot.terminate() == 0
    assert {line["level"] for line in map(json.loads, bot.log.splitlines())} >= {"debug", "info"}
    assert [text for text in secret if text in bot.log or text in served] == []
    assert not re.search(r"\b\d{12}\b", served)
    events = {line["event"] for line in map(json.loads, bot.log.splitlines())}
    assert {"aws.called", "slack.called", "acked", "database not writable"} <= events


def walk_through(slack: SlackSandbox) -> None:
    """What people do: a wrong form, a right one, an account, its history, Home, a reload."""
    open_form(slack)
    assert set(slack.submit(**{**FORM, "phone": "12345"})["errors"]) == {"phone"}
    slack.submit(**FORM)
    slack.wait_view("Saved and verified")
    slack.command("/altcontact check Payments")
    slack.wait_private("Check again")
    slack.command("/altcontact history 555555555555")
    slack.wait_view("Web production")
    slack.command("/altcontact fix 222222222222")
    slack.wait_view(SHOWN)
    slack.command("/altcontact exemptions")
    slack.wait_view("xempt")
    slack.open_home(ALICE)
    slack.wait(lambda _: slack.home(ALICE), name="Home")
    slack.command("/altcontact reload")
    slack.wait_private("Policy")


def test_health_is_on_slacks_port_over_http(
    bot: Bot, slack: SlackSandbox, environment: dict[str, str]
) -> None:
    """Without a request from Slack, the bot asks it, and is ready; until it begins to stop."""
    environment["ALTCONTACT_HTTP"] = "127.0.0.1:0"
    environment["ALTCONTACT_HTTP_DRAIN"] = "120"
    environment["SLACK_SIGNING_SECRET"] = "0123456789abcdef0123456789abcdef"
    environment.pop("SLACK_APP_TOKEN")
    bot.start()
    watched = Watched(bot)
    watched.wait(lambda: watched.reasons() == [])
    found = watched.metrics()
    assert found["altcontact_slack_silence_seconds",] < 60
    assert any(call["method"] == "api.test" for call in slack.calls())
    bot.send_signal(signal.SIGTERM)
    watched.wait(lambda: watched.reasons() == ["stopping"])
    assert watched.reasons("/healthz") == []
    bot.kill()


def test_without_the_settings_nothing_is_served(bot: Bot, slack: SlackSandbox) -> None:
    """No port is open, and no library is loaded for it."""
    bot.start()
    slack.wait_connected()
    bot.wait_log("ready")
    assert bot.lines("listening") == []
