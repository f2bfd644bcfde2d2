"""One bot that checks two organizations: both checked, and one broken holds up no other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from altcontact_sandbox.aws.sandbox import AwsSandbox

from tests.e2e.policy_world import contact
from tests.e2e.test_policy import run, texts
from tests.e2e.test_story import FORM, SHOWN, button_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from altcontact_sandbox.slack.sandbox import SlackSandbox

    from tests.e2e.conftest import Bot

EXTERNAL = "given-by-them"
OURS, OUR_SHOP, THEIR_SHOP = "111111111111", "300000000002", "400000000002"

SETTINGS = """\
[policy]
domains = ["corp.example", "acquired.example", "corp.internal"]

[[policy.override]]
match = {{ organization = "acquired" }}
security.email = "@acquired.example"

[[aws]]
name = "corp"
profile = "corp"

[[aws]]
name = "acquired"
profile = "acquired"
role = "{role}"
external_id = "{external_id}"
"""

ENDPOINT = "AWS_ENDPOINT_URL"


class Place(NamedTuple):
    """Two organizations, and the environment of a bot that checks both."""

    corp: AwsSandbox
    acquired: AwsSandbox
    environment: dict[str, str]


@pytest.fixture(scope="module")
def second_server() -> Iterator[AwsSandbox]:
    """The AWS of the other organization."""
    with AwsSandbox(number=1) as aws:
        yield aws


@pytest.fixture
def place(
    aws: AwsSandbox, second_server: AwsSandbox, environment: dict[str, str], tmp_path: Path
) -> Place:
    """Each has a management account that is right, and a shop without a contact."""
    acquired = second_server
    acquired.reset()
    acquired.quotas(False)  # noqa: FBT003 - off
    aws.seed_accounts([{"id": OUR_SHOP, "name": "our-shop"}])
    aws.set_contact(OURS, "SECURITY", contact())
    acquired.seed_accounts([{"id": THEIR_SHOP, "name": "their-shop"}])
    theirs = next(each["id"] for each in acquired.accounts() if each["id"] != THEIR_SHOP)
    acquired.set_contact(theirs, "SECURITY", contact("aws@acquired.example"))

    profiles = tmp_path / "aws.ini"
    profiles.write_text(
        profile("corp", aws.environment("management"))
        + profile("acquired", acquired.environment("standalone"))
    )
    settings = tmp_path / "altcontact.toml"
    role = acquired.role(external_id=EXTERNAL)
    settings.write_text(SETTINGS.format(role=role, external_id=EXTERNAL))
    for name in [each for each in environment if each.startswith("AWS_")]:
        del environment[name]
    environment |= {"AWS_CONFIG_FILE": str(profiles), "ALTCONTACT_CONFIG": str(settings)}
    return Place(aws, acquired, environment)


def profile(name: str, environment: Mapping[str, str]) -> str:
    """A profile of AWS's configuration with what an environment says."""
    members = {
        each.lower().replace("aws_default_", ""): value
        for each, value in environment.items()
        if each != ENDPOINT
    }
    members["endpoint_url"] = environment[ENDPOINT]
    lines = [f"{key} = {value}" for key, value in members.items()]
    return "\n".join((f"[profile {name}]", *lines, "", ""))


def checked(place: Place, wanted: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """`altcontact check --json` ends with this status: ({organization: part}, {id: account})."""
    status, out, err = run(place.environment, "check", "--json")
    assert status == wanted, err
    told = json.loads(out)
    return (
        {each["name"]: each for each in told["scan"]["organizations"]},
        {each["id"]: each for each in told["accounts"]},
    )


@pytest.fixture
def ready(place: Place, bot: Bot, slack: SlackSandbox) -> Bot:
    """The bot, connected, and what both shops lack announced."""
    assert place.environment["ALTCONTACT_CONFIG"]
    bot.start()
    slack.wait_connected()
    alert = texts(slack.wait_message("2 accounts have no security contact")["blocks"])
    assert "our-shop" in alert
    assert "their-shop" in alert
    return bot


def test_both_are_checked_each_by_its_own_policy(
    place: Place, ready: Bot, slack: SlackSandbox
) -> None:
    """Accounts of both are listed with their organization, and an override is for one of them."""
    place.corp.set_contact(OUR_SHOP, "SECURITY", contact("shop@corp.example"))
    place.acquired.set_contact(THEIR_SHOP, "SECURITY", contact("shop@corp.example"))
    parts, accounts = checked(place, wanted=1)
    assert {name: part["complete"] for name, part in parts.items()} == {
        "corp": True,
        "acquired": True,
    }
    got = {each["name"]: (each["organization"], each["outcome"]) for each in accounts.values()}
    assert got["our-shop"] == ("corp", "compliant")
    assert got["their-shop"] == ("acquired", "wrong")
    slack.command("/altcontact check their-shop")
    card = texts(slack.wait_private(f"Account `{THEIR_SHOP}`")["blocks"])
    assert "Organization: acquired" in card
    assert "@acquired.example" in card
    status, out, _ = run(place.environment, "policy", "explain", "their-shop")
    assert status == 0
    assert "@acquired.example" in out
    assert EXTERNAL not in ready.log


def test_a_fix_goes_to_the_account_s_own_organization(
    place: Place, ready: Bot, slack: SlackSandbox
) -> None:
    """The contact is written and confirmed where the account is, and the other hears nothing."""
    alert = slack.wait_message("2 accounts have no security contact")
    slack.press(button_for(alert, THEIR_SHOP), message=alert)
    slack.wait_view(SHOWN)
    slack.submit(**FORM | {"email": "aws-security@acquired.example"})
    slack.wait_view("Saved and verified")
    held = place.acquired.contact(THEIR_SHOP, "SECURITY")
    assert held is not None
    assert held.email == "aws-security@acquired.example"
    assert "PutAlternateContact" not in json.dumps(place.corp.stats())
    slack.wait_message("2 accounts had no security contact, 1 left")
    ready.wait_log("fix ended", state="confirmed")


def test_an_outage_of_one_holds_up_no_other(place: Place, bot: Bot, slack: SlackSandbox) -> None:
    """The other's alert still comes; which one fails is reported everywhere, and its return."""
    place.acquired.outage(on=True)
    bot.start()
    slack.wait_connected()
    alert = texts(slack.wait_message("1 account has no security contact")["blocks"])
    assert "our-shop" in alert
    slack.wait_message("Checks in acquired are failing")
    slack.command("/altcontact check")
    told = texts(slack.wait_private("Incomplete: 1 of 2 accounts needs attention")["blocks"])
    assert "*acquired:*" in told
    assert "*corp:*" not in told
    parts, accounts = checked(place, wanted=1)
    assert parts["corp"]["problem"] is None
    assert (parts["acquired"]["complete"], bool(parts["acquired"]["problem"])) == (False, True)
    assert THEIR_SHOP not in accounts
    status, out, _ = run(place.environment, "doctor")
    assert status == 2
    assert "acquired" in next(line for line in out.splitlines() if "✗" in line)
    assert not [line for line in out.splitlines() if "✗" in line and "corp" in line]
    assert len([each for each in slack.messages() if "are failing" in each["text"]]) == 1

    place.acquired.outage(on=False)
    slack.command("/altcontact check")
    slack.wait_private("2 of 4 accounts need attention")
    slack.wait_message("Checks in acquired restored")
    alert = texts(slack.wait_message("their-shop")["blocks"])
    assert "our-shop" not in alert


def test_a_role_that_may_not_be_assumed(place: Place, bot: Bot, slack: SlackSandbox) -> None:
    """It is reported with what its trust policy lacks, and the other's alert comes all the same."""
    file = Path(place.environment["ALTCONTACT_CONFIG"])
    file.write_text(file.read_text().replace(EXTERNAL, "of-another"))
    bot.start()
    slack.wait_connected()
    assert "our-shop" in slack.wait_message("1 account has no security contact")["text"]
    told = texts(slack.wait_message("Checks in acquired are failing")["blocks"])
    assert "Couldn't assume the role" in told
    assert "external_id" in told
    parts, _ = checked(place, wanted=1)
    assert parts["corp"]["complete"]
    assert "Couldn't assume the role" in parts["acquired"]["problem"]
    assert "of-another" not in bot.log


def test_findings_of_a_broken_one_stand(place: Place, ready: Bot, slack: SlackSandbox) -> None:
    """Findings of one whose credentials expired stand, and are checked once those are renewed."""
    place.corp.expire("management")
    place.acquired.set_contact(THEIR_SHOP, "SECURITY", contact("shop@acquired.example"))
    slack.command("/altcontact check")
    slack.wait_private("Incomplete")
    slack.wait_message("Checks in corp are failing")
    alert = slack.wait_message("2 accounts had no security contact, 1 left")
    shown = texts(alert["blocks"])
    assert "1 fixed: their-shop (in AWS)" in shown
    assert f"`{OUR_SHOP}`" in shown
    slack.command(f"/altcontact check {OUR_SHOP}")
    card = texts(slack.wait_private(f"Account `{OUR_SHOP}`")["blocks"])
    assert "Couldn't be checked" in card
    assert "expired" in card

    Path(place.environment["AWS_CONFIG_FILE"]).write_text(
        profile("corp", place.corp.renew("management"))
        + profile("acquired", place.acquired.environment("standalone"))
    )
    slack.command("/altcontact check")
    slack.wait_private("1 of 4 accounts needs attention")
    slack.wait_message("Checks in corp restored")
    texts_ = [each["text"] for each in slack.messages()]
    assert sum("had no security contact" in text for text in texts_) == 1
