"""One organization of 60 accounts and one policy: every rule, match and precedence, end to end."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from altcontact_sandbox.aws.seeds.demo import SandboxAccount

from bot.domain.contacts import ContactType
from bot.domain.rule_catalog import Rule
from tests.e2e.policy_world import CASES, LEAVER, MEMBER, POLICY, Case, contact
from tests.launcher import launcher

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from altcontact_sandbox.aws.sandbox import AwsSandbox
    from altcontact_sandbox.slack.sandbox import SlackSandbox

    from tests.e2e.conftest import Bot

BY_NAME = {case.name: case for case in CASES}
MANAGEMENT, GENERAL = "111111111111", "C0GENERAL4"
OTHER = contact("other@corp.example")

EXPLAIN = """
import sys
from bot import cli

for account in sys.argv[1:]:
    status = cli.main(["policy", "explain", account, "--json"])
    assert status == 0, account
"""
"""The shipped command for many accounts, in one process."""


def account_of(case: Case) -> SandboxAccount:
    """An account as the sandbox takes it."""
    held = {
        ContactType.SECURITY: case.security,
        ContactType.BILLING: case.billing,
        ContactType.OPERATIONS: case.operations,
    }
    return SandboxAccount(
        case.id,
        case.name,
        case.state,
        case.email,
        {kind: each for kind, each in held.items() if each is not None},
        case.ou,
        case.tags,
        # Only that of one account is the same as its security contact's.
        {"PhoneNumber": "+442079460018" if case.name == "primary" else "+442079460555"},
    )


@pytest.fixture
def world(
    aws: AwsSandbox, slack: SlackSandbox, environment: dict[str, str], tmp_path: Path
) -> dict[str, str]:
    """The organization, the workspace and the policy; the environment of the bot and the CLI."""
    slack.settings(post_rate=1000.0, post_burst=1000.0)
    slack.people(
        [{"name": "ana", "email": MEMBER}, {"name": "gone", "email": LEAVER, "deleted": True}]
    )
    aws.seed([account_of(case) for case in CASES])
    aws.set_contact(MANAGEMENT, "SECURITY", contact())
    aws.deny("account:GetAlternateContact", account_id=BY_NAME["denied"].id)
    file = tmp_path / "altcontact.toml"
    file.write_text(POLICY)
    environment["ALTCONTACT_CONFIG"] = str(file)
    return environment


def run(environment: dict[str, str], *arguments: str) -> tuple[int, str, str]:
    """Run the command to its end: status, standard output, standard error."""
    done = launcher().run(*arguments, environment=environment)
    return done.returncode, done.stdout, done.stderr


def checked(environment: dict[str, str]) -> dict[str, Any]:
    """`altcontact check --json`: {account id: account}."""
    status, out, err = run(environment, "check", "--json")
    assert status == 1, err
    return {each["id"]: each for each in json.loads(out)["accounts"]}


def judged(account: dict[str, Any]) -> dict[str, tuple[str, set[str]]]:
    """What is not compliant of an account: {type: (outcome, rules)}."""
    return {
        kind: (each["outcome"], {rule["rule"] for rule in each["rules"]})
        for kind, each in account["contacts"].items()
        if each["outcome"] != "compliant"
    }


def fields(account: dict[str, Any]) -> list[dict[str, Any]]:
    """Every field that is not as it should be, as the JSON tells it."""
    return [
        field
        for each in account["contacts"].values()
        for rule in each["rules"]
        if not rule["exempt"]
        for field in rule["fields"]
    ]


def let_time_tell(bot: Bot, aws: AwsSandbox, slack: SlackSandbox) -> None:
    """Check again and again while others change contacts: one to and fro, one for good.

    The last time is left to be seen by the next check: it is the one that makes it contested.
    """
    contested = BY_NAME["contested"].id
    for number, held in enumerate((OTHER, contact()), 1):
        bot.wait_log("scan ended", number=number)
        aws.set_contact(contested, "SECURITY", held)
        slack.command("/altcontact check")
    aws.set_contact(BY_NAME["changed"].id, "SECURITY", contact("new@corp.example"))
    bot.wait_log("scan ended", number=3)
    aws.set_contact(contested, "SECURITY", OTHER)


def exempt(slack: SlackSandbox, name: str) -> None:
    """Set an account's findings aside, as a fixer does it."""
    slack.command(f"/altcontact exempt {name}")
    slack.wait_view("Exempt findings")
    until = (datetime.now(UTC) + timedelta(days=30)).strftime("%Y-%m-%d")
    answer = slack.submit(reason="Closed with the office next month.", until=until)
    assert not answer.get("errors"), answer
    slack.wait_view("*Exempt until")


def texts(shown: object) -> str:
    """Every text of some blocks or of a view, each on a line of its own."""
    if isinstance(shown, list):
        return "\n".join(map(texts, shown))
    if not isinstance(shown, dict):
        return ""
    found = [shown["text"]] if isinstance(shown.get("text"), str) else []
    return "\n".join([*found, *(texts(each) for each in shown.values())])


def objects(text: str) -> Iterator[dict[str, Any]]:
    """The JSON objects that stand one after another in a text."""
    decoder = json.JSONDecoder()
    while text.strip():
        found, end = decoder.raw_decode(text := text.strip())
        yield found
        text = text[end:]


def actual(field: dict[str, Any]) -> str:
    """What a field is; of one that flips to and fro the present moves on."""
    return str(field["actual"]).removesuffix(" now")


def every_page(slack: SlackSandbox, alert: dict[str, Any]) -> str:
    """All that an alert shows, the pages behind Show all included."""
    told = texts(alert["blocks"])
    if "altcontact_show_all" not in str(alert):
        return told
    slack.press("altcontact_show_all", message=alert)
    pages = texts(slack.wait_view("Page 1 of")["view"])
    number, of = 1, int(re.search(r"Page 1 of (\d+)", pages)[1])  # type: ignore[index]
    while number < of:
        number += 1
        slack.press("altcontact_page:next")
        pages += texts(slack.wait_view(f"Page {number} of")["view"])
    slack.close()
    return told + pages


def test_every_rule_match_and_precedence(
    world: dict[str, str], bot: Bot, aws: AwsSandbox, slack: SlackSandbox
) -> None:
    """Each of 60 accounts comes out as it must: in JSON, lines, table, alerts and cards."""
    bot.start()
    slack.wait_connected()
    bot.wait_log("scan ended")
    exempt(slack, "acknowledged")
    let_time_tell(bot, aws, slack)
    accounts = checked(world)
    assert len(accounts) == len(CASES) + 1 == 60
    got = {case.name: (accounts[case.id]["outcome"], judged(accounts[case.id])) for case in CASES}
    assert got == {case.name: (case.outcome, case.wanted) for case in CASES}
    rules = {rule for case in CASES for _, broken in case.wanted.values() for rule in broken}
    assert rules == {rule.value for rule in Rule} - {"changed", "unsupported"}
    different = fields(accounts[BY_NAME["prod-wrong-phone"].id])
    assert different == [
        {
            "field": "phone",
            "expected": ["+44 20 7946 0958"],
            "actual": BY_NAME["prod-wrong-phone"].security.phone,  # type: ignore[union-attr]
        }
    ]
    assert accounts[BY_NAME["play-empty"].id]["contacts"]["SECURITY"]["severity"] == "low"
    assert accounts[BY_NAME["lawsuit"].id]["excluded"] == "Kept for the lawyers alone."
    assert accounts[BY_NAME["prod-deep"].id]["path"] == "/Production/Web/Core"

    lines_say(world, accounts)
    alerts_say(slack, accounts)
    cards_say(slack, accounts)
    for personal in ("corp.example", "7946 0", "+442079", "Security team", "desk 1", "office"):
        assert personal not in bot.log


def lines_say(world: dict[str, str], accounts: dict[str, Any]) -> None:
    """The lines of `altcontact check` tell each account's outcome, with expected against actual."""
    lines = {line.split()[0]: line for line in run(world, "check")[1].splitlines()}
    for case in CASES:
        assert case.outcome in lines[case.id]
        for field in fields(accounts[case.id]):
            assert f"{field['field']} is “{actual(field)}" in lines[case.id]
            assert all(value in lines[case.id] for value in field["expected"])


def alerts_say(slack: SlackSandbox, accounts: dict[str, Any]) -> None:
    """The alerts show what is non-compliant, where the policy sends it, and nothing else."""
    slack.wait_message("keeps changing back and forth")
    slack.wait_message("has a new email")
    alerts = html.unescape(
        "\n".join(
            every_page(slack, message)
            for place in ("C0ALERTS01", GENERAL)
            for message in slack.messages(place)
        )
    )
    for case in CASES:
        assert all(actual(field) in alerts for field in fields(accounts[case.id])), case.name
        shown = f"*{case.name}*  `{case.id}`"
        assert (shown in alerts) is (case.outcome not in {"compliant", "skipped"}) or (
            case.name == "changed"
        ), case.name
        for outcome, broken in case.wanted.values():
            named = broken - {"missing", "different", "forbidden", "unreadable", "unsupported"}
            assert outcome == "exempt" or all(rule in alerts for rule in named), case.name
    for told in (
        "Security contact has a new email",
        "Email: expected pay@corp.example (or 1 other), is aws-security@corp.example",
        "Exempt until",
        "<!subteam^S0SECOPS01>",
        "<@U0BOB00002>",
        "team web: desk 1",
    ):
        assert told in alerts, told
    assert re.search(r"  <@U\w+>", alerts.replace("<@U0BOB00002>", ""))
    assert "payments-wrong" in texts([message["blocks"] for message in slack.messages(GENERAL)])


def cards_say(slack: SlackSandbox, accounts: dict[str, Any]) -> None:
    """The card of an account shows each rule that it breaks, with expected against actual."""
    for case in CASES:
        if case.outcome == "compliant" and case.number % 10:
            continue
        slack.command(f"/altcontact check {case.id}")
        card = texts(slack.wait_private(f"Account `{case.id}`")["blocks"])
        for field in fields(accounts[case.id]):
            assert actual(field) in card, case.name
            assert not field["expected"] or f"expected {field['expected'][0]}" in card, case.name
        for _, broken in case.wanted.values():
            # A missing contact is the outcome itself, which begins the line.
            told = {rule for rule in broken if rule in card}
            told |= {"missing"} if "Missing · " in card else set()
            assert "unreadable" in broken or broken <= told, case.name
        if accounts[case.id]["excluded"]:
            assert accounts[case.id]["excluded"] in card


def test_explain_is_right_for_each_account(world: dict[str, str]) -> None:
    """`policy explain` names for each of 60 accounts the tables that are for it, and its values."""
    assert run(world, "policy", "check")[0] == 0
    checked(world)
    done = subprocess.run(
        [sys.executable, "-c", EXPLAIN, *(case.id for case in CASES), MANAGEMENT],
        env=world,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    explained = list(objects(done.stdout))
    assert [each["account"]["id"] for each in explained] == [
        *(case.id for case in CASES),
        MANAGEMENT,
    ]
    for case, told in zip(CASES, explained, strict=False):
        sources = {
            source
            for each in told["values"]
            for source in (each["source"], *(other["source"] for other in each["gave_way"]))
        }
        named = {
            ("E" if kind == "exclude" else "") + number
            for source in sources
            for kind, number in re.findall(r"\[\[policy\.(override|exclude)\]\] (\d+)", source)
        }
        assert named == set(case.tables.split()), case.name
        values = {each["key"]: each for each in told["values"]}
        for key, (value, table) in case.explained.items():
            assert values[key]["value"] == value, (case.name, key)
            assert f"[[policy.override]] {table} (" in values[key]["source"], (case.name, key)
