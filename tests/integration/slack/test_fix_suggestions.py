"""What the form is filled in with: the policy's values, or the contact that other accounts have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from altcontact_sandbox.slack.workspace import APPROVERS

from bot.domain.contacts import ContactType
from bot.domain.exemptions import ExemptionKind, ExemptionRequest
from bot.domain.failures import FailureCode
from bot.domain.findings import AccountResult, TypeResult
from bot.domain.policy.account_policy import ApprovalRule
from bot.domain.policy.policy import Policy, PolicyTable
from bot.domain.rule_catalog import Rule
from bot.slack.readers import ContactAccess, SlackReaders
from sandbox.tests.slack.fixtures import slack, slack_server
from tests.integration.slack.bench import (
    ALICE,
    BOB,
    FORM,
    LAKE,
    SHOWN,
    WEB,
    SlackBench,
    bench,
    everyone,
    started,
)
from tests.unit.fakes import CONTACT, OTHER, SECURITY, START, account, gateway_error, unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from altcontact_sandbox.slack.sandbox import SlackSandbox

    from bot.domain.accounts import Account
    from bot.domain.contacts import AlternateContact
    from bot.domain.policy.account_policy import Value

__all__ = ["bench", "everyone", "slack", "slack_server"]

USE = "altcontact_use_common"
OFFER = "Use the contact that 2 other accounts have"
TYPED = {"name": "Typed before"}


def share(bench: SlackBench, contact: AlternateContact = CONTACT, *numbers: int) -> None:
    """Have accounts hold a security contact, as last read."""
    for number in numbers or (3, 4):
        item = TypeResult.from_verdicts(SECURITY, [], contact)
        bench.store.findings.observe(AccountResult(account(number), (item,), read_at=START))


def expect(bench: SlackBench, **values: Value) -> None:
    """Have the policy say this; `__` stands for a dot."""
    given = {key.replace("__", "."): value for key, value in values.items()}
    bench.policy = Policy.requiring(tables=[PolicyTable("policy", given)])


def in_form(contact: AlternateContact) -> dict[str, Any]:
    """What stands in a form that was filled in with a contact."""
    return {name: getattr(contact, name) for name in FORM} | {"type": "SECURITY"}


def test_the_shared_contact_is_filled_in_and_saved(bench: SlackBench) -> None:
    """One press fills in the form; what was typed before it is replaced."""
    share(bench)
    form = bench.open_form(WEB)
    assert OFFER in str(form["view"])
    assert form["values"]["name"] == ""
    bench.slack.press(USE, values=TYPED)
    view = bench.slack.wait_view("Filled in with the contact that 2 other accounts have.")
    assert view["values"] == in_form(CONTACT)
    assert OFFER not in str(view["view"])
    bench.slack.submit()
    bench.slack.wait_view("Saved and verified")
    assert bench.gateway.writes == [CONTACT]


def test_typed_text_is_kept_without_the_press(bench: SlackBench) -> None:
    """The offer changes nothing by itself."""
    share(bench)
    bench.open_form(WEB)
    bench.slack.submit(**FORM)
    bench.slack.wait_view("Saved and verified")
    assert [contact.name for contact in bench.gateway.writes] == [FORM["name"]]


def test_no_contact_is_offered_that_saving_would_refuse(bench: SlackBench) -> None:
    """The most frequent one that complies with this account's policy is."""
    share(bench, CONTACT, 3, 4, 5)
    share(bench, OTHER, 6, 7)
    expect(bench, security__email=(OTHER.email, "else@corp.internal"))
    view = bench.open_form(WEB)["view"]
    assert OFFER in str(view)
    assert OTHER.phone in str(view)
    assert CONTACT.phone not in str(view)


def test_a_contact_that_is_no_longer_shared(bench: SlackBench) -> None:
    """What was typed stays, and the form says so; it offers what is shared now."""
    share(bench)
    bench.open_form(WEB)
    share(bench, OTHER, 3, 4)
    bench.slack.press(USE, values=TYPED)
    view = bench.slack.wait_view("no longer share that contact")
    assert view["values"]["name"] == "Typed before"
    assert view["values"]["email"] == ""
    bench.slack.press(USE)
    assert bench.slack.wait_view("Filled in with")["values"] == in_form(OTHER)


def test_two_presses_fill_in_once(bench: SlackBench) -> None:
    """The slower one finds another view; a repeated delivery does nothing."""
    share(bench)
    bench.open_form(WEB)
    bench.slack.press(USE)
    bench.slack.wait_view("Filled in with")
    updates = len(bench.slack.calls("views.update"))
    assert bench.slack.deliver_again()["acked"]
    bench.slack.command("/altcontact help")
    bench.slack.wait_private("/altcontact fix")
    assert len(bench.slack.calls("views.update")) == updates
    assert bench.slack.dms() == []


def test_a_press_in_a_form_that_changed_meanwhile(bench: SlackBench) -> None:
    """Another choice was quicker: its form stays, and nobody is bothered."""
    share(bench)
    form = bench.open_form(WEB)
    trigger = bench.slack.trigger()
    bench.slack.press("altcontact_type", "BILLING")
    bench.slack.wait_view("Billing contact")
    bench.slack.wait_view(SHOWN)
    bench.slack.deliver(stale_press(form, trigger))
    bench.slack.wait(lambda _: "hash_conflict" in [r["error"] for r in bench.slack.refusals()])
    assert "Billing contact" in str(bench.slack.view(ALICE))
    assert bench.slack.dms() == []


def stale_press(form: dict[str, Any], trigger: dict[str, Any]) -> dict[str, Any]:
    """A press on the offer, in a form as it was before."""
    values = {name: {name: {"value": None}} for name in FORM}
    view = {**form["view"], "id": form["id"], "hash": form["hash"], "state": {"values": values}}
    action = {"type": "button", "action_id": USE, "value": CONTACT.fingerprint, "block_id": "b"}
    user = {"id": ALICE, "team_id": "T0SANDBOX1"}
    return {
        "type": "block_actions",
        "team": {"id": "T0SANDBOX1"},
        "user": user,
        "trigger_id": trigger["trigger_id"],
        "container": {"type": "view", "view_id": form["id"]},
        "view": view,
        "actions": [action],
    }


def test_an_answer_that_is_lost_fills_in_all_the_same(bench: SlackBench) -> None:
    """Slack did what was asked, though its answer didn't arrive."""
    share(bench)
    bench.open_form(WEB)
    bench.slack.fault("views.update", "lost_reply", count=1)
    bench.slack.press(USE)
    assert bench.slack.wait_view("Filled in with")["values"] == in_form(CONTACT)


def test_a_form_that_slack_does_not_update_is_told(bench: SlackBench) -> None:
    """The person hears it, and the form stays as it was typed."""
    share(bench)
    bench.open_form(WEB)
    bench.slack.fault("views.update", "error", count=9)
    bench.slack.press(USE, values=TYPED)
    bench.slack.wait_dm("an internal error")
    view = bench.slack.view(ALICE)
    assert view is not None
    assert view["values"]["name"] == "Typed before"


def test_who_is_no_fixer_any_more_fills_in_nothing(bench: SlackBench) -> None:
    """The right is checked at the press."""
    share(bench)
    bench.open_form(WEB)
    bench.slack.set_group("S0SECOPS01", members=[BOB])
    bench.clock.tick(3600)
    bench.slack.press(USE)
    bench.slack.wait_dm("have permission")
    assert OFFER in str(bench.slack.view(ALICE))


@pytest.fixture
def restricted(slack: SlackSandbox, tmp_path: Path) -> Iterator[SlackBench]:
    """The bot where carol's group sees contact details."""
    yield from started(SlackBench(slack, tmp_path, WEB, LAKE, readers=(APPROVERS,)))


def test_a_shared_contact_is_hidden_from_who_may_not_see_it(
    restricted: SlackBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The form says that there is one, and whom to ask; a press from before fills in nothing."""
    share(restricted)
    form = restricted.open_form(WEB)
    assert OFFER in str(form["view"])  # fixers see contact details
    hidden = ContactAccess(granted=False, note="You don't have permission. Ask <@U1>.")
    monkeypatch.setattr(SlackReaders, "access", lambda *_: hidden)
    restricted.slack.press(USE, values=TYPED)
    view = restricted.slack.wait_view("2 other accounts share a Security contact.")
    assert view["values"]["name"] == "Typed before"
    assert "Ask <@U1>." in str(view)
    assert OFFER not in str(view)
    assert CONTACT.email not in str(view)


def test_a_refused_form_keeps_its_offer(bench: SlackBench) -> None:
    """Where the form comes back as typed, the shared contact can still be filled in."""
    expect(bench, approval=ApprovalRule.NEVER)
    share(bench)
    bench.open_form(WEB)
    bench.gateway.hold(1, OTHER)
    bench.slack.submit(**FORM)
    view = bench.slack.wait_view("changed in AWS while the form was open")
    assert OFFER in str(view)
    bench.slack.press(USE)
    assert bench.slack.wait_view("Filled in with")["values"] == in_form(CONTACT)
    bench.slack.submit()
    bench.slack.wait_view("Saved and verified")


def test_what_the_policy_expects_replaces_what_does_not_comply(bench: SlackBench) -> None:
    """The person sees which fields, and what AWS has there."""
    expect(bench, security__email=("aws@corp.internal",))
    bench.gateway.hold(1, CONTACT)
    form = bench.open_form(WEB)
    assert form["values"] == in_form(CONTACT) | {"email": "aws@corp.internal"}
    assert f"Filled in from the policy. AWS has: {CONTACT.email}" in str(form["view"])
    bench.slack.submit()
    bench.slack.wait_view("Saved and verified")
    assert [contact.email for contact in bench.gateway.writes] == ["aws@corp.internal"]


def test_an_exempt_account_says_so_and_can_be_fixed(bench: SlackBench) -> None:
    """Until when, by whom, and why."""
    request = ExemptionRequest(
        ExemptionKind.EXEMPTION,
        WEB.id,
        SECURITY,
        Rule.MISSING,
        "Closed at the end of the month.",
        BOB,
        START.replace(year=START.year + 1),
    )
    bench.store.exemptions.grant([request], WEB.name)
    told = str(bench.open_form(WEB)["view"])
    for part in ("Closed at the end of the month.", f"<@{BOB}>", "<!date^"):
        assert part in told
    bench.slack.submit(**FORM)
    bench.slack.wait_view("Saved and verified")


@pytest.mark.parametrize(
    ("state", "words"), [("SUSPENDED", "is suspended"), ("PENDING_CLOSURE", "is pending closure")]
)
def test_an_inactive_account_is_named_with_its_state(
    bench: SlackBench, state: str, words: str
) -> None:
    """There is no form, and the person reads which account and why."""
    listed: list[Account] = [account(1, WEB.name, state)]
    bench.store.accounts.remember(listed)
    bench.gateway.say(1, unreadable(FailureCode.ACCOUNT_STATE))
    bench.slack.command(f"/altcontact fix {WEB.name}")
    view = bench.slack.wait_view(words)
    assert WEB.name in str(view["view"]["blocks"])
    assert WEB.id in str(view["view"]["blocks"])
    assert "submit" not in view["view"]


def test_a_problem_names_its_account(bench: SlackBench) -> None:
    """In the form's place, and in the message if the window is closed."""
    bench.gateway.say(1, gateway_error(FailureCode.TIMED_OUT))
    gate = bench.gateway.gate(1)
    bench.slack.command(f"/altcontact fix {WEB.name}")
    bench.slack.wait_view("Reading the contact")
    with gate.held():
        bench.slack.close()
    told = bench.slack.wait_dm("respond in time")
    assert WEB.id in told["text"]
    assert WEB.name in str(told["blocks"])


def test_a_form_that_was_not_filled_in_again_is_not_saved(bench: SlackBench) -> None:
    """Whoever chose another type, which didn't come, doesn't overwrite the first one."""
    bench.open_form(WEB)
    errors = bench.slack.submit(**FORM, type="BILLING")["errors"]
    assert "still for the Security contact" in errors["type"]
    assert bench.gateway.writes == []
    bench.slack.submit(**FORM, type="SECURITY")
    bench.slack.wait_view("Saved and verified")
    assert list(bench.gateway.held) == [(WEB.id, ContactType.SECURITY)]
