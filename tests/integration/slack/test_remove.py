"""Removing a contact that the policy forbids: from an alert, the form, a list and the card."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.domain.contacts import ContactType
from bot.domain.failures import FailureCode
from bot.domain.policy.account_policy import Presence
from bot.domain.policy.policy import Policy, PolicyTable
from bot.slack.views.remove import REMOVE
from bot.slack.views.undo_button import UNDO
from sandbox.tests.slack.fixtures import slack, slack_server
from tests.integration.slack.bench import ALICE, BOB, FIX, FORM, WEB, SlackBench, bench, shut
from tests.unit.fakes import CONTACT, OTHER, START, THIRD, account, gateway_error

__all__ = ["bench", "slack", "slack_server"]

SECURITY = ContactType.SECURITY
KEY = (account(1).id, SECURITY)


def forbidding() -> Policy:
    """A policy that forbids a security contact in Web production."""
    table = PolicyTable("line 1", {"security.presence": Presence.FORBIDDEN})
    return Policy.requiring(tables=[table])


@pytest.fixture
def forbidden(bench: SlackBench) -> SlackBench:
    """The bot, on an account with a contact that the policy forbids."""
    bench.policy = forbidding()
    bench.gateway.hold(1, OTHER)
    return bench


def alert_of(bench: SlackBench) -> dict[str, Any]:
    """The alert of the forbidden contact."""
    return bench.announce("isn't allowed")


def test_from_an_alert(forbidden: SlackBench) -> None:
    """The row opens what AWS has; the button there asks in a dialog, and removes it."""
    alert = alert_of(forbidden)
    assert "Remove…" in json.dumps(alert["blocks"], ensure_ascii=False)
    assert OTHER.email not in str(alert)
    forbidden.slack.press(FIX, message=alert)
    view = forbidden.slack.wait_view("The policy forbids a Security contact here.")
    assert OTHER.email in str(view)
    assert "'style': 'danger'" in str(view)
    assert "confirm" in str(view)
    forbidden.slack.press(REMOVE)
    forbidden.slack.wait_view("Removed and verified in AWS.")
    assert KEY not in forbidden.gateway.held
    forbidden.announcer.deliver()
    posted = forbidden.slack.wait_message(f"<@{ALICE}> removed the Security contact")
    assert OTHER.email not in str(posted)
    assert UNDO in str(posted["blocks"])


def test_a_removal_resolves_its_finding_and_can_be_undone(forbidden: SlackBench) -> None:
    """The alert is updated; the undo says that the account needs attention again."""
    alert_of(forbidden)
    forbidden.slack.command(f"/altcontact fix {WEB.id}")
    forbidden.slack.wait_view("The policy forbids a Security contact here.")
    forbidden.slack.press(REMOVE)
    forbidden.slack.wait_view("Removed and verified in AWS.")
    assert forbidden.store.findings.unresolved(WEB.id) == []
    forbidden.slack.press(UNDO)
    view = forbidden.slack.wait_view("Undone. Verified in AWS.")
    assert "needs attention again" in str(view)
    assert forbidden.gateway.held[KEY] == OTHER


def test_from_the_card(forbidden: SlackBench) -> None:
    """The card shows the contact, so the button beside it removes that one after a dialog."""
    forbidden.slack.command(f"/altcontact check {WEB.id}")
    card = forbidden.slack.wait_private(OTHER.email)
    forbidden.slack.press(REMOVE, message=card)
    forbidden.slack.wait_view("Removed and verified in AWS.")
    assert forbidden.gateway.deletes == [KEY]


def test_a_check_mark_is_for_a_compliant_account(forbidden: SlackBench) -> None:
    """What else the account needs is said instead."""
    table = {"security.presence": Presence.FORBIDDEN, "billing.presence": Presence.REQUIRED}
    forbidden.policy = Policy.requiring(tables=[PolicyTable("line 1", table)])
    forbidden.slack.command("/altcontact check")
    forbidden.slack.wait_private("attention")
    forbidden.slack.command("/altcontact fix Web production security")
    forbidden.slack.wait_view("Remove contact")
    forbidden.slack.press(REMOVE)
    view = forbidden.slack.wait_view("Removed and verified in AWS.")
    assert "still needs attention: Billing contact." in str(view)
    assert "check_mark" not in str(view)


def test_from_a_list(forbidden: SlackBench) -> None:
    """A row's menu offers it in place of Fix."""
    forbidden.slack.command("/altcontact check")
    result = forbidden.slack.wait_private("attention")
    assert "Remove…" in json.dumps(result["blocks"], ensure_ascii=False)


def test_the_form_of_a_contact_that_is_forbidden_by_now(bench: SlackBench) -> None:
    """The policy was reloaded while the form was open: what AWS has can be removed instead."""
    bench.gateway.hold(1, OTHER)
    bench.open_form(WEB)
    bench.policy = forbidding()
    bench.slack.submit(**FORM)
    view = bench.slack.wait_view("The policy forbids a Security contact here.")
    assert OTHER.email in str(view)
    assert bench.gateway.writes == []
    bench.slack.press(REMOVE)
    bench.slack.wait_view("Removed and verified in AWS.")


def test_what_changed_since_it_was_shown_is_not_removed(forbidden: SlackBench) -> None:
    """It is held back, and can be looked at again."""
    forbidden.slack.command(f"/altcontact check {WEB.id}")
    card = forbidden.slack.wait_private(OTHER.email)
    forbidden.gateway.hold(1, THIRD)
    forbidden.slack.press(REMOVE, message=card)
    view = forbidden.slack.wait_view("The contact changed in AWS since you saw it.")
    assert WEB.name in str(view)
    assert forbidden.gateway.held[KEY] == THIRD
    forbidden.slack.press("altcontact_try_again")
    assert THIRD.email in str(forbidden.slack.wait_view("The policy forbids"))
    forbidden.slack.press(REMOVE)
    forbidden.slack.wait_view("Removed and verified in AWS.")


def test_a_contact_that_is_gone_already(forbidden: SlackBench) -> None:
    """Nothing is sent, and the person hears that."""
    forbidden.slack.command(f"/altcontact check {WEB.id}")
    card = forbidden.slack.wait_private(OTHER.email)
    forbidden.gateway.hold(1, None)
    forbidden.slack.press(REMOVE, message=card)
    forbidden.slack.wait_view("AWS already had no contact. Nothing was changed.")
    assert forbidden.gateway.deletes == []


def test_a_contact_that_the_policy_allows_by_now(forbidden: SlackBench) -> None:
    """An old button removes nothing that the account may have."""
    forbidden.slack.command(f"/altcontact check {WEB.id}")
    card = forbidden.slack.wait_private(OTHER.email)
    forbidden.policy = Policy.requiring()
    forbidden.slack.press(REMOVE, message=card)
    view = forbidden.slack.wait_view("the policy allows a Security contact in this account")
    assert WEB.name in str(view)
    assert forbidden.gateway.deletes == []


def test_others_remove_nothing(forbidden: SlackBench) -> None:
    """Somebody who isn't a fixer sees whom to ask."""
    forbidden.slack.command(f"/altcontact check {WEB.id}", user=BOB)
    card = forbidden.slack.wait_private(OTHER.email, BOB)
    forbidden.slack.press(REMOVE, message=card, user=BOB)
    forbidden.slack.wait_ephemeral("have permission", BOB)
    assert forbidden.slack.view(BOB) is None
    assert forbidden.gateway.deletes == []


def test_a_removal_that_aws_denies(forbidden: SlackBench) -> None:
    """The window says why, and what to do."""
    forbidden.slack.command(f"/altcontact check {WEB.id}")
    card = forbidden.slack.wait_private(OTHER.email)
    forbidden.gateway.fail_write(gateway_error(FailureCode.DENIED_BY_SCP))
    forbidden.slack.press(REMOVE, message=card)
    assert "service control policy" in str(forbidden.slack.wait_view("Not changed."))
    assert forbidden.gateway.held[KEY] == OTHER


def test_a_repeated_press_removes_once(forbidden: SlackBench) -> None:
    """What Slack delivers again is left alone; a closed window brings a message."""
    forbidden.slack.command(f"/altcontact check {WEB.id}")
    card = forbidden.slack.wait_private(OTHER.email)
    gate = shut(forbidden)
    forbidden.slack.press(REMOVE, message=card)
    forbidden.slack.wait_view("Removing the Security contact")
    with gate.held():
        assert forbidden.slack.deliver_again()["acked"]
        forbidden.slack.close()
    forbidden.slack.wait_dm("Removed and verified in AWS.")
    assert len(forbidden.gateway.deletes) == 1


def test_a_forged_button_for_a_contact_that_was_never_shown(bench: SlackBench) -> None:
    """A required contact isn't removed by any payload."""
    bench.gateway.hold(1, CONTACT)
    button = {
        "type": "button",
        "action_id": f"{REMOVE}:0",
        "text": {"type": "plain_text", "text": "Remove contact"},
        "value": f"{WEB.id}:SECURITY:{CONTACT.fingerprint}::{START.isoformat()}",
    }
    bench.client.chat_postMessage(
        channel="#security-alerts",
        text="Forged",
        blocks=[{"type": "actions", "elements": [button]}],
    )
    bench.slack.press(REMOVE, message=bench.slack.wait_message("Forged"))
    bench.slack.wait_view("The contact wasn't removed")
    assert bench.gateway.held[KEY] == CONTACT
