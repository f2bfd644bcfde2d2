"""What people exempt and verify manually in Slack: shown, listed, ended, kept over restarts."""

from __future__ import annotations

import signal
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.test_policy import texts
from tests.e2e.test_story import ALICE, BOB, WEB, ready

if TYPE_CHECKING:
    from pathlib import Path

    from altcontact_sandbox.aws.sandbox import AwsSandbox
    from altcontact_sandbox.slack.sandbox import SlackSandbox

    from tests.e2e.conftest import Bot

__all__ = ["ready"]

CAROL = "U0CAROL003"
PAYMENTS, STAGING = "121212121212", "666666666666"
REASON = "Closed with the office next month."
SEEN = "It says aws-security@corp.internal, and the team reads it."
SET_ASIDE, VERIFY = "altcontact_set_aside", "altcontact_verify"
MENU, END = "altcontact_menu", "altcontact_end_exemption"


def day(days: int) -> str:
    """A day from now, as a date picker gives it."""
    return (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%d")


def choose(
    slack: SlackSandbox, message: dict[str, Any], what: str, account_id: str, user: str = ALICE
) -> dict[str, Any]:
    """Choose in the menu of an account's row behind **Show all**; the form that opens."""
    value = f"{what}:{account_id}:SECURITY"
    assert "error" not in slack.press("altcontact_show_all", message=message, user=user)
    slack.wait_view(account_id, user)
    assert "error" not in slack.press(MENU, value, user=user)
    return slack.wait_view(lambda seen: "'block_id': 'reason" in str(seen), user)


def close_all(slack: SlackSandbox, user: str = ALICE) -> None:
    """Close every modal on a person's screen."""
    while slack.views(user):
        slack.close(user)


def begin_again(bot: Bot, slack: SlackSandbox) -> None:
    """Kill the bot, and start it."""
    accepted = slack.state()["accepted"]
    bot.kill()
    bot.start()
    slack.wait(lambda seen: seen["connected"] and seen["accepted"] > accepted, name="connection")


def set_aside(slack: SlackSandbox, account_id: str = WEB, user: str = ALICE) -> None:
    """Set an account's missing contact aside from its row in the alert."""
    choose(
        slack,
        slack.wait_message("6 accounts have no security contact"),
        SET_ASIDE,
        account_id,
        user,
    )
    answer = slack.submit(user, reason=REASON, until=day(30))
    assert not answer.get("errors"), answer
    slack.wait_view("*Exempt until", user)


def is_answered(view: dict[str, Any]) -> bool:
    """Whether a modal is no longer the one that says to wait."""
    return "It is being recorded." not in str(view)


def test_set_aside_from_a_row_and_ended(ready: Bot, slack: SlackSandbox, aws: AwsSandbox) -> None:
    """The row says who, why and until when; it is listed; ended it is open and announced again."""
    alert = slack.wait_message("6 accounts have no security contact")
    choose(slack, alert, SET_ASIDE, WEB)
    for values, field in (
        ({"reason": "Too short", "until": day(30)}, "reason"),
        ({"reason": REASON, "until": day(400)}, "until"),
    ):
        assert set(slack.submit(**values)["errors"]) == {field}
    slack.submit(reason=REASON, until=day(30))
    slack.wait_view("*Exempt until")
    close_all(slack)
    slack.wait_message("1 exempt: Web production (until ")

    slack.command("/altcontact check")
    slack.wait_private("5 of 15 accounts need attention")
    slack.command(f"/altcontact check {WEB}")
    card = texts(slack.wait_private(f"Account `{WEB}`")["blocks"])
    assert REASON in card
    count = len(slack.messages())

    slack.command("/altcontact exemptions")
    listed = texts(slack.wait_view("1 in total")["view"])
    assert f"Exempt by <@{ALICE}>" in listed
    assert REASON in listed
    slack.press(END)
    slack.wait_view("Exemption ended: ")
    slack.wait_view("There are no exemptions.")
    slack.close()
    slack.wait(lambda _: len(slack.messages()) == count + 1, name="a new alert")
    new = slack.messages()[-1]
    assert "1 account has no security contact" in new["text"]
    assert WEB in texts(new["blocks"])
    old = slack.wait_message("1 still needs attention in another alert: Web production")
    assert old["ts"] == alert["ts"]
    slack.command("/altcontact check")
    slack.wait_private("6 of 15 accounts need attention")
    assert len(slack.messages()) == count + 1
    for personal in (REASON, "aws-security@corp.internal"):
        assert personal not in ready.log


def test_only_fixers_set_aside(ready: Bot, slack: SlackSandbox) -> None:
    """Anybody else learns who can, from the row's menu and the command; nothing changes."""
    alert = slack.wait_message("6 accounts have no security contact")
    slack.press("altcontact_show_all", message=alert, user=BOB)
    slack.wait_view(WEB, BOB)
    slack.press(MENU, f"{SET_ASIDE}:{WEB}:SECURITY", user=BOB)
    assert "S0SECOPS01" in texts(slack.wait_private("You don't have permission", BOB)["blocks"])
    close_all(slack, BOB)
    slack.command("/altcontact exempt Web staging", user=BOB)
    slack.wait(lambda _: len(slack.private(BOB)) == 2, name="a second answer")
    assert slack.view(BOB) is None
    set_aside(slack)
    slack.command("/altcontact exemptions", user=BOB)
    slack.wait_view("1 in total", BOB)
    slack.press(END, user=BOB)
    slack.wait_view("You don't have permission", BOB)
    slack.wait_message("1 exempt: Web production (until ")


def test_set_aside_survives_a_kill(ready: Bot, slack: SlackSandbox) -> None:
    """After a kill it is still in force, isn't announced, and can be ended."""
    set_aside(slack)
    slack.wait_message("1 exempt: ")
    begin_again(ready, slack)
    slack.command("/altcontact check")
    slack.wait_private("5 of 15 accounts need attention")
    slack.command("/altcontact exemptions")
    assert REASON in texts(slack.wait_view("1 in total")["view"])
    slack.press(END)
    slack.wait_view("There are no exemptions.")
    assert WEB in texts(slack.wait_message("1 account has no security contact")["blocks"])


def test_it_outlives_what_it_set_aside(ready: Bot, slack: SlackSandbox, aws: AwsSandbox) -> None:
    """A contact that is set and deleted again is still exempt, until that is ended on a card."""
    set_aside(slack)
    close_all(slack)
    slack.wait_message("1 exempt: ")
    held = aws.contact("111111111111", "SECURITY")
    assert held is not None
    aws.set_contact(WEB, "SECURITY", held)
    slack.command("/altcontact check")
    slack.wait_private("5 of 15 accounts need attention")
    slack.wait_message("1 fixed: Web production (in AWS)")
    aws.delete_contact(WEB, "SECURITY")
    slack.command("/altcontact check")
    ready.wait_log("scan ended", scan=3)
    aws.delete_contact(PAYMENTS, "SECURITY")
    slack.command("/altcontact check")
    slack.wait_private("6 of 15 accounts need attention")
    # What is announced is the other contact alone.
    assert WEB not in texts(slack.wait_message("1 account has no security contact")["blocks"])
    slack.command(f"/altcontact check {WEB}")
    card = slack.wait_private(f"Account `{WEB}`")
    assert REASON in texts(card["blocks"])
    slack.press(END, message=card)
    slack.wait_private(lambda seen: WEB in str(seen) and REASON not in str(seen))
    slack.wait_message(
        lambda seen: "1 account has no security contact" in seen["text"] and WEB in str(seen)
    )


def test_the_policy_says_for_how_long(
    environment: dict[str, str], bot: Bot, slack: SlackSandbox, tmp_path: Path
) -> None:
    """Where the policy allows a week more is refused under the day, and the form says so."""
    file = tmp_path / "altcontact.toml"
    file.write_text("[policy]\nexemption_days = 7\n")
    environment["ALTCONTACT_CONFIG"] = str(file)
    bot.start()
    slack.wait_connected()
    form = choose(slack, slack.wait_message("6 accounts have no security contact"), SET_ASIDE, WEB)
    assert f"|{day(7)}>." in texts(form["view"])
    assert set(slack.submit(reason=REASON, until=day(8))["errors"]) == {"until"}
    slack.submit(until=day(7))
    slack.wait_view("*Exempt until")


def test_two_people_at_once(ready: Bot, slack: SlackSandbox) -> None:
    """Of two who exempt the same, one is first; the other learns who, and can review the form."""
    slack.set_group("S0SECOPS01", members=[ALICE, CAROL])
    alert = slack.wait_message("6 accounts have no security contact")
    people = (ALICE, CAROL)
    for user in people:
        choose(slack, alert, SET_ASIDE, WEB, user)
    answers: dict[str, dict[str, Any]] = {}

    def submit(user: str) -> None:
        answers[user] = slack.submit(user, reason=f"{REASON} {user}", until=day(30))

    both = [threading.Thread(target=submit, args=(user,)) for user in people]
    for each in both:
        each.start()
    for each in both:
        each.join(60)
    assert [each.get("errors") for each in answers.values()] == [None, None]
    shown = {user: texts(slack.wait_view(is_answered, user)["view"]) for user in people}
    (winner,) = (user for user in people if "/altcontact exemptions" in shown[user])
    (other,) = {*people} - {winner}
    assert "Somebody else exempted a finding in the meantime" in shown[other]
    assert f"<@{winner}>" in shown[other]
    slack.wait_message("1 exempt: ")
    close_all(slack, other)
    slack.command("/altcontact exemptions", user=other)
    slack.wait_view("1 in total", other)


@pytest.fixture
def by_hand(environment: dict[str, str], aws: AwsSandbox, bot: Bot, slack: SlackSandbox) -> Bot:
    """A bot in GovCloud, where there is no API for contacts; what that means announced."""
    environment |= aws.environment("govcloud")
    bot.start()
    slack.wait_connected()
    slack.wait_message("accounts can't be checked")
    return bot


def test_verified_by_hand(by_hand: Bot, slack: SlackSandbox) -> None:
    """The card has the console's steps; who looked is recorded, and holds over a kill."""
    alert = slack.wait_message("11 accounts can't be checked")
    slack.command(f"/altcontact check {WEB}")
    card = slack.wait_private(f"Account `{WEB}`")
    told = texts(card["blocks"])
    for step in ("*Account* page", "*Alternate contacts*", "*Edit*", "four fields", "*Update*"):
        assert step in told
    slack.press(VERIFY, message=card)
    form = slack.wait_view("What you saw")
    assert "*Alternate contacts*" in texts(form["view"])
    assert set(slack.submit(reason="Fine.")["errors"]) == {"reason"}
    slack.submit(reason=SEEN)
    slack.wait_view("Verified manually, valid until")
    close_all(slack)
    alert = slack.wait_message("10 accounts can't be checked")
    assert "1 exempt: Web production (until " in str(alert)
    assert SEEN not in str(alert)

    begin_again(by_hand, slack)
    slack.command("/altcontact check")
    result = texts(slack.wait_private("10 accounts couldn't be checked")["blocks"])
    assert "*1* exempt" in result
    slack.command(f"/altcontact check {WEB}")
    slack.wait_private(lambda card: f"Account `{WEB}`" in str(card) and SEEN in str(card))
    choose(slack, alert, VERIFY, STAGING)
    slack.submit(reason=SEEN)
    slack.wait_view("Verified manually, valid until")
    slack.wait_message("9 accounts can't be checked")
    assert len(slack.messages()) == 2  # with the introduction of a new bot
    assert SEEN not in by_hand.log


def test_no_exemption_ends_by_a_wrong_clock(
    ready: Bot, slack: SlackSandbox, aws: AwsSandbox, environment: dict[str, str]
) -> None:
    """A machine whose clock is a year ahead of Slack's and AWS's ends none, until it is set."""
    set_aside(slack)
    ready.kill()
    with closing(sqlite3.connect(environment["ALTCONTACT_DATABASE"])) as db:
        db.execute("UPDATE exemptions SET until = granted_at")
        db.commit()
    behind = -400 * 86_400
    slack.settings(clock_skew=behind)
    aws.clock_skew(behind)
    ready.start()
    try:
        ready.wait_log("exemptions are not ended because this machine's clock may be wrong")
        made = len(ready.lines("scan ended"))
        ready.send_signal(signal.SIGUSR1)
        ready.wait_log("scan ended", number=made + 1)
        with closing(sqlite3.connect(environment["ALTCONTACT_DATABASE"])) as db:
            assert db.execute("SELECT ended_at FROM exemptions").fetchall() == [(None,)]
    finally:
        slack.settings(clock_skew=0)
        aws.clock_skew(0)
    ready.send_signal(signal.SIGUSR1)
    ready.wait_log("scan ended", number=made + 2)
    with closing(sqlite3.connect(environment["ALTCONTACT_DATABASE"])) as db:
        assert db.execute("SELECT ended_at IS NULL FROM exemptions").fetchall() == [(0,)]
