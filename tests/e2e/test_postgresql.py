"""The shipped bot on PostgreSQL: the story, a killed bot, and a server that is gone for a while."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from bot.app.clock import SystemClock
from bot.domain.audit_chain import verify
from bot.domain.contacts import ContactType
from bot.domain.fixes import FixState
from bot.store.postgres.store import PostgresStore
from tests.e2e.test_story import ALICE, FORM, WEB, open_form
from tests.launcher import launcher
from tests.postgres import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from altcontact_sandbox.aws.sandbox import AwsSandbox
    from altcontact_sandbox.slack.sandbox import SlackSandbox

    from tests.e2e.conftest import Bot

SECRET = "hunter2"


@pytest.fixture
def server() -> Iterator[Server]:
    """A server of the test's own, since it stops it."""
    made = Server()
    made.start()
    yield made
    made.close()


def test_the_story_on_postgresql(
    environment: dict[str, str], bot: Bot, slack: SlackSandbox, aws: AwsSandbox, server: Server
) -> None:
    """Alert and fix; a bot killed and started; the server gone in the middle; nothing twice."""
    url = server.create()
    environment["ALTCONTACT_DATABASE"] = url.replace("altcontact@", f"altcontact:{SECRET}@")
    bot.start()
    slack.wait_connected()
    slack.wait_message("no security contact")
    open_form(slack)
    slack.submit(**FORM)
    slack.wait_view("Saved and verified")
    slack.wait_message(f"(<@{ALICE}>)")
    bot.kill()

    bot.start()
    bot.wait_log("ready", number=2)
    server.stop()
    slack.command("/altcontact check")
    private = slack.wait_private(f"The database {url.rpartition('/')[2]} at 127.0.0.1")
    assert "cannot be reached" in str(private) or "was shut down" in str(private)
    server.start()

    slack.command("/altcontact check")
    slack.wait_private("of 15 accounts need attention")
    assert len([m for m in slack.messages() if "no security contact" in m["text"]]) == 1
    assert bot.terminate() == 0
    assert SECRET not in bot.log
    with closing(PostgresStore(url, SystemClock())) as store:
        fix = store.fixes.latest(WEB, ContactType.SECURITY)
        assert fix is not None
        assert (fix.state, fix.request.user_id) == (FixState.CONFIRMED, ALICE)
        assert verify(store.audit.entries()).is_intact

    doctor = launcher().run("doctor", "--all", environment=environment)
    shown = doctor.stdout + doctor.stderr
    assert "Schema: is up to date." in shown
    assert SECRET not in shown
