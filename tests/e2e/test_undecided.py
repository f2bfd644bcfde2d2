"""What cannot be looked up is unknown with its cause: never wrong, never resolved, never silent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.policy_world import LEAVER, MEMBER, contact
from tests.e2e.test_policy import run, texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from altcontact_sandbox.aws.sandbox import AwsSandbox
    from altcontact_sandbox.slack.sandbox import SlackSandbox

    from tests.e2e.conftest import Bot

MANAGEMENT, TEAM, LEFT = "111111111111", "300000000002", "300000000003"

MEMBERS = """\
[policy]
domains = ["corp.example"]

[policy.rules]
person_left = "on"
member_mailbox = "on"
"""

PLACES = """\
[policy]
domains = ["corp.example"]

[[policy.override]]
match = { ou = "/Production/**" }
security.email = "prod@corp.example"

[[policy.override]]
match = { tag = { team = "web" } }
billing = "required"
"""

OURS = "This command doesn't know the members of the Slack workspace."
BY_SLACK = "Couldn't reach Slack to list the workspace's members."
TOO_SLOW = "Slack's rate limit made reading the workspace's members too slow."
UNREAD = "The OUs and tags of this account could not be read"


@pytest.fixture
def world(
    aws: AwsSandbox, slack: SlackSandbox, environment: dict[str, str], tmp_path: Path
) -> dict[str, str]:
    """A team's address in one account, that of a person who left in another."""
    slack.people(
        [{"name": "ana", "email": MEMBER}, {"name": "gone", "email": LEAVER, "deleted": True}]
    )
    aws.seed_accounts(
        [
            {
                "id": TEAM,
                "name": "shop",
                "ou": "/Production",
                "tags": {"team": "web"},
                "contacts": {"SECURITY": contact("prod@corp.example")},
            },
            {
                "id": LEFT,
                "name": "old-shop",
                "ou": "/Development",
                "contacts": {"SECURITY": contact(LEAVER)},
            },
        ]
    )
    aws.set_contact(MANAGEMENT, "SECURITY", contact())
    file = tmp_path / "altcontact.toml"
    file.write_text(MEMBERS)
    environment["ALTCONTACT_CONFIG"] = str(file)
    return environment


def without_slack(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of somebody who has no tokens of Slack."""
    return {name: value for name, value in environment.items() if not name.startswith("SLACK_")}


def check(environment: Mapping[str, str], wanted: int) -> dict[str, Any]:
    """`altcontact check --json` ends with this status: {account id: account}."""
    status, out, err = run(dict(environment), "check", "--json")
    assert status == wanted, err
    return {each["id"]: each for each in json.loads(out)["accounts"]}


def rules(account: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """What the security contact breaks: {rule: (outcome, reason)}."""
    return {
        each["rule"]: (each["outcome"], each["reason"])
        for each in account["contacts"]["SECURITY"]["rules"]
    }


def doctor(environment: dict[str, str]) -> str:
    """What `altcontact doctor` says."""
    return run(environment, "doctor")[1]


def begin(bot: Bot, slack: SlackSandbox, told: str) -> None:
    """Start the bot, and let it check; what alice sees of that."""
    accepted = slack.state()["accepted"]
    bot.start()
    slack.wait(lambda seen: seen["connected"] and seen["accepted"] > accepted, name="connection")
    slack.command("/altcontact check")
    slack.wait_private(told)


def test_a_check_without_slack_decides_nothing_about_members(
    world: dict[str, str], bot: Bot, aws: AwsSandbox, slack: SlackSandbox
) -> None:
    """It says unknown with the cause, resolves nothing that the bot found, and alerts nobody."""
    begin(bot, slack, "1 of 3 accounts needs attention")
    alert = slack.wait_message("person_left")
    assert "old-shop" in texts(alert["blocks"])

    accounts = check(without_slack(world), wanted=3)
    for each in accounts.values():
        assert each["outcome"] == "unknown"
        assert rules(each) == dict.fromkeys(("person_left", "member_mailbox"), ("unknown", OURS))
    status, out, err = run(without_slack(world), "check")
    assert status == 3
    assert all(OURS in line and " unknown " in line for line in out.splitlines())
    assert "Set SLACK_BOT_TOKEN" in err

    scans = len(bot.lines("scan ended"))
    slack.command("/altcontact check")
    bot.wait_log("scan ended", number=scans + 1)
    # The next thing that is told is of another contact: of what nobody asked nothing was.
    aws.delete_contact(TEAM, "SECURITY")
    slack.command("/altcontact check")
    slack.wait_message(TEAM)
    assert len(slack.messages()) == 3  # with the introduction of a new bot
    stands = next(each for each in slack.messages() if each["ts"] == alert["ts"])
    assert "old-shop" in stands["text"]
    assert "fixed" not in texts(stands["blocks"])


def test_slack_that_does_not_answer_leaves_rules_undecided(
    world: dict[str, str], bot: Bot, slack: SlackSandbox
) -> None:
    """Where the members cannot be read it says so everywhere; a bot that can read them decides."""
    slack.fault("users.list", "ratelimited", seconds=3600)
    status, out, err = run(world, "check")
    assert status == 3
    assert all(TOO_SLOW in line for line in out.splitlines()), out
    assert "Check again later." in err
    slack.fault("users.list", "error", count=100)
    begin(bot, slack, "3 accounts couldn't be checked")
    slack.wait_message("3 accounts can't be fully checked")
    slack.wait_message(BY_SLACK)
    slack.command(f"/altcontact check {LEFT}")
    card = texts(slack.wait_private(f"Account `{LEFT}`")["blocks"])
    assert f"couldn't be evaluated: {BY_SLACK}" in card
    assert not [each for each in slack.messages() if "a person who left" in str(each)]

    bot.kill()
    slack.clear_faults()
    begin(bot, slack, "1 of 3 accounts needs attention")
    slack.wait_message("person_left")
    slack.wait_message("Checks restored: 3 accounts readable")
    assert LEAVER not in bot.log


@pytest.mark.refused("missing_scope")
def test_without_the_scope_the_rules_are_off(
    world: dict[str, str], bot: Bot, slack: SlackSandbox
) -> None:
    """Without users:read.email nothing is unknown: the rules are off, and the doctor says so."""
    assert "users:read" not in doctor(world)
    kept = ["channels:history", "channels:read", "chat:write", "commands", "usergroups:read"]
    slack.scopes([*kept, "groups:history", "groups:read", "users:read"])
    accounts = check(world, wanted=0)
    assert {each["outcome"] for each in accounts.values()} == {"compliant"}
    told = doctor(world)
    assert "users:read.email" in told
    assert "person_left" in told
    begin(bot, slack, "No account needs attention")
    bot.wait_log("rules about members are off: the Slack app lacks a scope")
    assert slack.messages() == []


def test_places_that_are_denied_leave_accounts_unknown(
    world: dict[str, str], bot: Bot, aws: AwsSandbox, slack: SlackSandbox
) -> None:
    """Where OUs and tags may not be read nothing is wrong; once allowed all is judged."""
    Path(world["ALTCONTACT_CONFIG"]).write_text(PLACES)
    aws.paths(on=False)
    aws.deny("organizations:ListRoots")
    aws.deny("organizations:ListTagsForResource")
    begin(bot, slack, "3 accounts couldn't be checked")
    unchecked = slack.wait_message("3 accounts can't be checked")
    shown = texts(unchecked["blocks"])
    assert UNREAD in shown
    assert all(name in shown for name in ("shop", "old-shop"))
    accounts = check(world, wanted=3)
    assert {each["outcome"] for each in accounts.values()} == {"unknown"}
    for each in accounts.values():
        assert all(UNREAD in held["reason"] for held in each["contacts"].values())
    assert len(slack.messages()) == 2  # with the introduction of a new bot
    told = doctor(world)
    assert "organizations:ListTagsForResource" in told
    assert "organizations:ListRoots" in told

    aws.clear_denials()
    slack.command("/altcontact check")
    slack.wait_private("1 of 3 accounts needs attention")
    slack.wait_message("Checks restored: 3 accounts readable")
    found = slack.wait_message("no billing contact")
    assert TEAM in texts(found["blocks"])
    accounts = check(world, wanted=1)
    got = {each["name"]: (each["outcome"], each["path"]) for each in accounts.values()}
    assert (got["shop"], got["old-shop"]) == (
        ("missing", "/Production"),
        ("compliant", "/Development"),
    )


@pytest.mark.parametrize("paths", [True, False])
def test_what_is_denied_of_one_account_or_ou_leaves_the_others_alone(
    aws: AwsSandbox, environment: dict[str, str], tmp_path: Path, *, paths: bool
) -> None:
    """Of sixty accounts, those are unknown whose tags or OU may not be read, and no others."""
    numbers = range(1, 61)
    ids = [f"{600_000_000_000 + number}" for number in numbers]
    ous = {each: "/Locked/Deeper" if each in ids[40:48] else "/Production" for each in ids}
    aws.seed_accounts(
        [
            {"id": each, "name": each, "ou": ous[each], "contacts": {"SECURITY": contact()}}
            for each in ids
        ]
    )
    aws.paths(on=paths)
    aws.set_contact(MANAGEMENT, "SECURITY", contact())
    for each in ids[:7]:
        aws.deny("organizations:ListTagsForResource", each)
    units = {each["path"]: each["id"] for each in aws.units()["units"]}
    aws.deny("organizations:ListOrganizationalUnitsForParent", units["/Locked"])
    environment["ALTCONTACT_CONFIG"] = str(tmp_path / "altcontact.toml")
    Path(environment["ALTCONTACT_CONFIG"]).write_text(PLACES.replace('"required"', '"optional"'))
    accounts = check(without_slack(environment), wanted=1)
    unknown = {each for each, held in accounts.items() if held["outcome"] == "unknown"}
    assert unknown == {*ids[:7], *ids[40:48]}
    tags, place = (accounts[each]["contacts"]["SECURITY"]["reason"] for each in (ids[0], ids[40]))
    assert tags.startswith("The tags of this account could not be read, so")
    assert "organizations:ListTagsForResource" in tags
    assert place.startswith("The OUs of this account could not be read, so")
    assert "organizations:ListOrganizationalUnitsForParent" in place


def test_accounts_whose_tags_were_not_requested_are_told_as_that(
    aws: AwsSandbox, environment: dict[str, str], tmp_path: Path
) -> None:
    """Where nobody's tags may be read, no account that was not asked for "could not be read"."""
    aws.seed_accounts([{"id": f"{600_000_000_000 + number}", "name": "a"} for number in range(60)])
    aws.deny("organizations:ListTagsForResource")
    environment["ALTCONTACT_CONFIG"] = str(tmp_path / "altcontact.toml")
    Path(environment["ALTCONTACT_CONFIG"]).write_text(PLACES)
    accounts = check(without_slack(environment), wanted=3)
    reasons = [each["contacts"]["SECURITY"]["reason"] for each in accounts.values()]
    asked = [each for each in reasons if each.startswith("The tags of this account could not be")]
    skipped = [each for each in reasons if each.startswith("This account's tags were not request")]
    assert (len(asked), len(skipped)) == (10, 51)
    assert all("organizations:ListTagsForResource" in each for each in reasons)
