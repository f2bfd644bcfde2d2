"""One of many accounts, chosen in a menu that searches as one types."""

from __future__ import annotations

from typing import Final

import pytest

from bot.domain.accounts import Account
from bot.slack import middleware
from sandbox.tests.slack.fixtures import slack, slack_server
from tests.integration.slack.bench import BOB, SHOWN, WEB, SlackBench, bench
from tests.integration.slack.deliveries import suggestion
from tests.unit.fakes import account

__all__ = ["bench", "slack", "slack_server"]

CHOOSE: Final = "altcontact_choose_account"


@pytest.fixture
def crowd(bench: SlackBench) -> SlackBench:
    """The bot on 130 accounts, two of which have 4444 in their ids."""
    bench.store.accounts.remember(
        [
            *[account(number, f"Lab {number}") for number in range(10, 136)],
            Account("444455556666", "R&D <!channel>"),
            Account("123444400000", "x" * 80),
        ]
    )
    return bench


def test_a_part_of_an_id_finds_one_account(crowd: SlackBench) -> None:
    """Check, fix and exempt take a few digits of an id, with separators."""
    crowd.slack.command("/altcontact check 4444-5555")
    assert "444455556666" in str(crowd.slack.wait_private("Check again")["blocks"])
    crowd.slack.command("/altcontact fix 55556666 billing")
    assert "Billing contact" in str(crowd.slack.wait_view(SHOWN))
    crowd.slack.close()
    crowd.slack.command("/altcontact exempt 344440")
    crowd.slack.wait_view("x" * 50)


def test_the_menu_searches_all_accounts(crowd: SlackBench) -> None:
    """It begins with the matches; what is typed then finds others; no match is an empty list."""
    crowd.slack.command("/altcontact check lab")
    choice = crowd.slack.wait_private("More than 100 accounts match")
    first = crowd.slack.suggest(CHOOSE, "", message=choice)["options"]
    assert len(first) == 100
    found = crowd.slack.suggest(CHOOSE, "4444", message=choice)["options"]
    assert [option["text"]["text"] for option in found] == [
        "R&D <!channel> · 444455556666",
        f"{'x' * 59}… · 123444400000",
    ]
    assert crowd.slack.suggest(CHOOSE, "nobody", message=choice)["options"] == []
    assert crowd.slack.refusals() == []


@pytest.mark.parametrize(
    ("line", "shown"), [("fix lab billing", "Billing contact"), ("exempt lab", "Lab 11")]
)
def test_choosing_goes_on_with_the_command(crowd: SlackBench, line: str, shown: str) -> None:
    """Fix opens the form of the contact that was named; exempt opens the form for exemptions."""
    crowd.slack.command(f"/altcontact {line}")
    choice = crowd.slack.wait_private("More than 100 accounts match")
    crowd.slack.suggest(CHOOSE, "lab 11", message=choice)
    crowd.slack.press(CHOOSE, account(11).id, message=choice)
    crowd.slack.wait_view(shown)


def test_who_may_not_fix_is_told_after_choosing(crowd: SlackBench) -> None:
    """The menu gives nobody rights that the command doesn't give."""
    crowd.slack.command("/altcontact fix lab", user=BOB)
    choice = crowd.slack.wait_private("More than 100 accounts match", BOB)
    crowd.slack.suggest(CHOOSE, "", message=choice, user=BOB)
    crowd.slack.press(CHOOSE, message=choice, user=BOB)
    crowd.slack.wait_private("change contacts", BOB)
    assert crowd.slack.calls("views.open") == []


def test_an_account_that_went_away_is_no_match(crowd: SlackBench) -> None:
    """The person hears that the account that they chose is gone."""
    crowd.slack.command("/altcontact check lab")
    choice = crowd.slack.wait_private("More than 100 accounts match")
    crowd.slack.suggest(CHOOSE, "lab 11", message=choice)
    with crowd.store.connections.writing() as db:
        db.run("DELETE FROM accounts WHERE id = :id", id=account(11).id)
    crowd.slack.press(CHOOSE, account(11).id, message=choice)
    crowd.slack.wait_private("No account matches")


def test_people_of_other_workspaces_find_nothing(crowd: SlackBench) -> None:
    """A shared channel delivers their typing too; account names stay inside."""
    crowd.slack.command("/altcontact check lab")
    choice = crowd.slack.wait_private("More than 100 accounts match")
    assert crowd.slack.suggest(CHOOSE, "lab", message=choice)["options"]
    crowd.slack.set_origin("U0ALICE001", team_id="T0FOREIGN1", home_team_id="T0FOREIGN1")
    assert crowd.slack.suggest(CHOOSE, "lab", message=choice)["options"] == []


@pytest.mark.parametrize("trouble", ["deleted", "slow"])
def test_the_menu_is_answered_in_time_without_a_database(
    crowd: SlackBench, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slack gets an empty list within its three seconds, whatever the database does."""
    payload = suggestion(CHOOSE, "lab", BOB)
    assert crowd.slack.deliver(payload)["answer"]["options"]
    if trouble == "deleted":
        crowd.delete_database()
    else:
        monkeypatch.setattr(middleware, "OPTIONS_WITHIN", 0.0)
    told = crowd.slack.deliver(payload)
    assert (told["acked"], told["answer"]["options"]) == (True, [])
    assert crowd.slack.deliver(suggestion("altcontact_of_an_older_version", "x", BOB))["acked"]


def test_a_menu_of_an_older_version_shows_the_account(bench: SlackBench) -> None:
    """Messages from before an upgrade had a menu of fixed options and kept no command."""
    trigger = bench.slack.trigger()
    action = {
        "type": "static_select",
        "action_id": CHOOSE,
        "block_id": "b1",
        "selected_option": {"value": WEB.id},
    }
    payload = suggestion(CHOOSE, "", "U0ALICE001")
    payload |= {"type": "block_actions", "actions": [action], **trigger}
    assert bench.slack.deliver(payload)["acked"]
    assert WEB.name in str(bench.slack.wait_private("Check again")["blocks"])
