"""Two who change the same contact at the same time: docs/races.md lists every such race."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from altcontact_sandbox.aws.seeds.demo import SECURITY_TEAM
from altcontact_sandbox.aws.state.writes import value_digest

from tests.e2e.run_world import (
    CONTINUE,
    STOP,
    begin,
    preview_all,
    wait_run_over,
    wait_struck,
    write_policy,
)
from tests.e2e.test_story import ALICE, BOB, FORM, WEB, open_form, ready

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from altcontact_sandbox.aws.sandbox import AwsSandbox
    from altcontact_sandbox.slack.sandbox import SlackSandbox

    from tests.e2e.conftest import Bot

__all__ = ["ready"]

STAGING = "666666666666"
BOBS = {**FORM, "name": "Platform team", "email": "platform@corp.internal"}


def applied(aws: AwsSandbox, account_id: str = WEB) -> list[dict[str, Any]]:
    """The writes that AWS carried out on an account."""
    return [each for each in aws.writes() if each["account_id"] == account_id and each["applied"]]


def digest(form: dict[str, str]) -> str:
    """The digest of what a form writes."""
    return value_digest(
        {
            "Name": form["name"],
            "Title": form["title"],
            "EmailAddress": form["email"],
            "PhoneNumber": form["phone"],
        }
    )


def test_two_fixers(ready: Bot, slack: SlackSandbox, aws: AwsSandbox) -> None:
    """Of two people with the same form open, the second is shown what the first saved."""
    slack.set_group("S0SECOPS01", members=[ALICE, BOB])
    open_form(slack, user=ALICE)
    open_form(slack, user=BOB)
    slack.submit(ALICE, **FORM)
    slack.wait_view("Saved and verified", ALICE)
    slack.submit(BOB, **BOBS)
    view = slack.wait_view("changed in AWS while the form was open", BOB)
    assert BOBS.items() <= view["values"].items()
    assert [each["value"] for each in applied(aws)] == [digest(FORM)]
    # What Alice saved is compliant by now, so a second person has to agree.
    slack.submit(BOB, **BOBS)
    slack.wait_view("Waiting for approval", BOB)
    slack.close(ALICE)
    slack.press("altcontact_review", message=slack.wait_message("Approval needed"), user=ALICE)
    slack.wait_view("Before", ALICE)
    slack.submit(ALICE)
    slack.wait_message(f"<@{BOB}> changed the Security contact")
    assert [each["value"] for each in applied(aws)] == [digest(FORM), digest(BOBS)]


def test_two_fixers_while_aws_has_the_first_write(
    ready: Bot, slack: SlackSandbox, aws: AwsSandbox
) -> None:
    """While AWS has one person's write, another's isn't sent, and the form says why."""
    slack.set_group("S0SECOPS01", members=[ALICE, BOB])
    open_form(slack, user=ALICE)
    open_form(slack, user=BOB)
    hang = aws.fault("hang", "PutAlternateContact")
    slack.submit(ALICE, **FORM)
    ready.wait_log("fix planned")
    slack.submit(BOB, **BOBS)
    slack.wait_view("Another fix of this contact", BOB)
    aws.clear_faults(hang)
    slack.wait_view("Saved and verified", ALICE)
    assert [each["value"] for each in applied(aws)] == [digest(FORM)]


def test_fixer_against_console(ready: Bot, slack: SlackSandbox, aws: AwsSandbox) -> None:
    """What somebody sets in the console while the form is open isn't overwritten unseen."""
    open_form(slack)
    aws.set_contact(WEB, "SECURITY", SECURITY_TEAM)
    slack.submit(**FORM)
    view = slack.wait_view("changed in AWS while the form was open")
    assert SECURITY_TEAM.email in str(view)
    assert applied(aws) == []
    assert aws.contact(WEB, "SECURITY") == SECURITY_TEAM
    slack.submit(**FORM)
    slack.wait_view("Saved and verified")
    assert [each["value"] for each in applied(aws)] == [digest(FORM)]


def test_fix_against_scan(ready: Bot, slack: SlackSandbox, aws: AwsSandbox) -> None:
    """A scan that read a contact before it was fixed doesn't report it as missing afterwards."""
    open_form(slack)
    hang = aws.fault("hang", "GetAlternateContact", account_id=STAGING)
    since = aws.wire()["last"]
    slack.command("/altcontact check")
    wait_read(aws, WEB, since)
    slack.submit(**FORM)
    slack.wait_view("Saved and verified")
    aws.clear_faults(hang)
    ready.wait_log("scan ended", scan=2)
    slack.wait_private("need attention")
    alert = slack.wait_message("6 accounts had no security contact, 5 left")
    assert f"(<@{ALICE}>)" in str(alert["blocks"])
    assert [each["value"] for each in applied(aws)] == [digest(FORM)]
    slack.command("/altcontact check")
    slack.wait_private("5 of 15 accounts need attention")
    assert len([each for each in slack.messages() if "no security" in each["text"]]) == 1


def wait_read(aws: AwsSandbox, account_id: str, since: int) -> None:
    """Wait until a contact of an account was read, after a number of the wire."""
    while True:
        seen = aws.wire(since, timeout=5.0)
        since = seen["last"]
        for each in seen["entries"]:
            if (each["account"], each["name"]) == (account_id, "account:GetAlternateContact"):
                return


ACCOUNTS = 6
EXCLUDED = """
[[policy.exclude]]
match = { name = "account 00005" }
reason = "It is closed next week."
"""


@pytest.fixture
def many(
    bot: Bot, slack: SlackSandbox, aws: AwsSandbox, environment: dict[str, str], tmp_path: Path
) -> Bot:
    """The bot, its first scan of a few accounts announced, and a policy for runs."""
    environment["ALTCONTACT_CONFIG"] = str(write_policy(tmp_path))
    aws.seed_many(ACCOUNTS, missing_every=1)
    bot.start()
    slack.wait_connected()
    slack.wait_message("no security contact")
    return bot


def test_stop_in_flight(many: Bot, slack: SlackSandbox, aws: AwsSandbox) -> None:
    """A stop lets AWS finish what it has, and starts nothing more until somebody continues."""
    preview_all(slack)
    hang = aws.fault("hang", "PutAlternateContact", after=1)
    begin(slack)
    wait_struck(aws, hang)
    going_on = slack.wait_message("Run 1.")
    slack.press(STOP, message=going_on)
    many.wait_log("run stopped")
    in_flight = next(each["struck"] for each in aws.faults() if each["id"] == hang)
    aws.clear_faults(hang)
    stopped = slack.wait_message(lambda seen: seen["text"].startswith("Stopped:"))
    assert stopped["ts"] == going_on["ts"]
    slack.wait_message(f"Stopped: {in_flight + 1} of {ACCOUNTS} contacts fixed")
    assert len([each for each in aws.writes() if each["applied"]]) == in_flight + 1
    slack.press(CONTINUE, message=stopped)
    slack.wait_message(f"{ACCOUNTS} contacts fixed")
    assert len(aws.writes()) == ACCOUNTS


def test_two_runs_over_the_same_accounts(
    many: Bot, slack: SlackSandbox, aws: AwsSandbox, tmp_path: Path
) -> None:
    """Each contact is written once; the other run holds back what changed since its preview."""
    slack.set_group("S0SECOPS01", members=[ALICE, BOB])
    (tmp_path / "altcontact.toml").write_text('[policy]\napproval = "never"\n')
    slack.command("/altcontact reload")
    slack.wait_private("olicy")
    preview_one_for_all(slack, ALICE, FORM)
    preview_one_for_all(slack, BOB, BOBS)
    hang = aws.fault("hang", "PutAlternateContact")
    begin(slack, ALICE)
    wait_struck(aws, hang)
    begin(slack, BOB)
    slack.wait_message("Run 2.")
    aws.clear_faults(hang)
    wait_run_over(slack, 1)
    wait_run_over(slack, 2)
    values: dict[str, list[str]] = {}
    for each in aws.writes():
        values.setdefault(each["account_id"], []).append(each["value"])
    assert len(values) == ACCOUNTS
    assert all(len(each) == 1 for each in values.values())


def test_policy_reloaded_between_preview_and_run(
    many: Bot, slack: SlackSandbox, aws: AwsSandbox, tmp_path: Path
) -> None:
    """What the policy no longer accepts, or excludes, isn't written, though it was previewed."""
    preview_all(slack)
    path = write_policy(tmp_path, "somebody-else@corp.internal")
    path.write_text(f"{path.read_text()}{EXCLUDED}")
    slack.command("/altcontact reload")
    slack.wait_private("olicy")
    begin(slack)
    over = wait_run_over(slack, 1)
    assert f"0 of {ACCOUNTS} contacts fixed" in over["text"]
    assert "*1 held back:* The policy excludes this account." in str(over["blocks"])
    assert aws.writes() == []


def preview_one_for_all(slack: SlackSandbox, user: str, form: dict[str, str]) -> None:
    """Preview a run over every account in which all get the same contact."""
    slack.command("/altcontact fix *", user=user)
    slack.wait_view("altcontact_run_select", user)
    slack.press("altcontact_run_source", "one", user=user)
    slack.wait_view("'block_id': 'phone'", user)
    slack.submit(user, **form)
    slack.wait_view("altcontact_run_preview", user)
