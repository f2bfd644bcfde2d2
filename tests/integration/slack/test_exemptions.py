"""Exempted, verified manually, listed and ended, through Bolt and back; and reloading."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bot.domain.errors import SettingProblem, SettingsError, StoreError
from bot.domain.failures import FailureCode, failure
from bot.domain.readings import Unsupported
from sandbox.tests.slack.fixtures import slack, slack_server
from tests.integration.slack.bench import (
    ALICE,
    BOB,
    GROUP,
    SHOWN,
    WEB,
    SlackBench,
    bench,
    everyone,
    hurried,
)
from tests.unit.fakes import CONTACT, OTHER, account

if TYPE_CHECKING:
    from bot.domain.findings import Finding

__all__ = ["bench", "everyone", "hurried", "slack", "slack_server"]

REASON = "Closed at the end of the month."
NO_API = Unsupported(failure(FailureCode.NO_API))
FORM_SHOWN = "altcontact_set_aside_form"


def check(bench: SlackBench) -> None:
    """Check all accounts, so that the problem is known."""
    bench.slack.command("/altcontact check")
    bench.slack.wait_private("of 2 accounts")


def standing(bench: SlackBench, whose: str = WEB.id) -> Finding:
    """The only open finding of an account."""
    found: Finding
    (found,) = bench.store.findings.unresolved(whose)
    return found


def open_exempt(bench: SlackBench, user: str = ALICE) -> dict[str, Any]:
    """Open the form for the first account."""
    bench.slack.command("/altcontact exempt web", user=user)
    return bench.slack.wait_view(FORM_SHOWN, user)


def boxes(view: dict[str, Any]) -> dict[str, Any]:
    """The choice of findings or contacts in a form."""
    blocks = view["view"]["blocks"]
    found: dict[str, Any] = next(
        each for each in blocks if each.get("block_id", "").startswith(("findings", "types"))
    )
    return found


def choose_all(view: dict[str, Any]) -> dict[str, Any]:
    """Everything that a form offers, to be submitted."""
    block = boxes(view)
    return {block["block_id"]: [each["value"] for each in block["element"]["options"]]}


def test_an_account_is_exempted(bench: SlackBench) -> None:
    """A finding is exempted from the command; the card says so, with who, why and until when."""
    check(bench)
    view = open_exempt(bench)
    assert "Security: missing" in str(view)
    bench.slack.submit(**choose_all(view), reason=REASON, until="2026-02-01")
    bench.slack.wait_view("*Exempt until")
    held = standing(bench).exemption
    assert held is not None
    assert (held.request.user_id, held.request.reason) == (ALICE, REASON)
    bench.slack.close()
    bench.slack.command("/altcontact check web")
    card = str(bench.slack.wait_private("End: missing"))
    assert REASON in card
    assert f"<@{ALICE}>" in card


def test_what_is_wrong_is_shown_under_its_field(bench: SlackBench) -> None:
    """A day in the past is reported under the day, and nothing is exempted."""
    check(bench)
    view = open_exempt(bench)
    asked = choose_all(view)
    errors = bench.slack.submit(**asked, reason=REASON, until="2026-01-05")["errors"]
    assert set(errors) == {"until"}
    errors = bench.slack.submit(**asked, reason=" " * 12, until="2026-02-01")["errors"]
    assert set(errors) == {"reason"}
    assert standing(bench).exemption is None


def test_the_default_day_is_within_what_the_policy_lets(bench: SlackBench) -> None:
    """Ninety days are proposed, and what the only finding is, is chosen."""
    check(bench)
    view = open_exempt(bench)
    assert view["values"]["until"] == "2026-04-05"
    assert view["values"][boxes(view)["block_id"]]


def test_nothing_to_set_aside(bench: SlackBench) -> None:
    """Without open findings, that is said; an unknown account is searched for."""
    bench.slack.command("/altcontact exempt web")
    bench.slack.wait_view("Web production has no open findings")
    bench.slack.close()
    bench.slack.command("/altcontact exempt nobody")
    bench.slack.wait_private("No account matches")
    bench.slack.command("/altcontact exempt")
    bench.slack.wait_private("Which account? Type `/altcontact exempt")


def test_who_may_not_change_contacts_sets_nothing_aside(bench: SlackBench) -> None:
    """Who isn't a fixer learns who is."""
    check(bench)
    bench.slack.command("/altcontact exempt web", user=BOB)
    told = bench.slack.wait_private("have permission", BOB)
    assert f"<!subteam^{GROUP}>" in str(told["blocks"])
    assert bench.slack.view(BOB) is None


def test_what_was_typed_is_kept_where_slack_does_not_say(bench: SlackBench) -> None:
    """Where Slack cannot say who may, the form stays with the reason, and is taken later."""
    check(bench)
    view = open_exempt(bench)
    bench.slack.fault("usergroups.users.list", "error", count=3)
    bench.slack.submit(**choose_all(view), reason=REASON, until="2026-02-01")
    kept = bench.slack.wait_view("Nothing was saved. Slack could not say")
    assert kept["values"]["reason"] == REASON
    assert standing(bench).exemption is None
    bench.slack.submit()
    bench.slack.wait_view("*Exempt until")


def test_who_was_removed_meanwhile_exempts_nothing(bench: SlackBench) -> None:
    """The right is asked for again when the form is submitted, and when an exemption is ended."""
    check(bench)
    view = open_exempt(bench)
    bench.slack.set_group(GROUP, members=[BOB])
    bench.slack.submit(**choose_all(view), reason=REASON, until="2026-02-01")
    bench.slack.wait_view("have permission")
    assert standing(bench).exemption is None


def test_two_people_at_once(everyone: SlackBench) -> None:
    """Who comes second sees who was quicker, and what they wrote is kept."""
    check(everyone)
    first, second = open_exempt(everyone), open_exempt(everyone, BOB)
    everyone.slack.submit(**choose_all(first), reason=REASON, until="2026-02-01")
    everyone.slack.submit(BOB, **choose_all(second), reason="Another reason.", until="2026-02-02")
    view = everyone.slack.wait_view("Somebody else", BOB)
    assert f"<@{ALICE}>" in str(view)
    assert view["values"]["reason"] == "Another reason."
    assert "exempt until 2026-02-01" in str(view)
    everyone.slack.submit(BOB, **choose_all(view), reason="Another reason.", until="2026-02-02")
    everyone.slack.wait_view("Another reason.", BOB)
    held = standing(everyone).exemption
    assert held is not None
    assert held.request.user_id == BOB


def test_a_finding_that_was_resolved_meanwhile(bench: SlackBench) -> None:
    """Where the contact was fixed while the form was open, that is said."""
    check(bench)
    view = open_exempt(bench)
    bench.gateway.hold(1, CONTACT)
    bench.slack.command("/altcontact check web")
    bench.slack.wait_private(CONTACT.email)
    bench.slack.submit(**choose_all(view), reason=REASON, until="2026-02-01")
    bench.slack.wait_view("was resolved in the meantime")
    assert "has no open findings" in str(bench.slack.view())


def test_a_slow_answer_comes_later(hurried: SlackBench) -> None:
    """Where recording takes long, the view says so, and then what came of it."""
    check(hurried)
    view = open_exempt(hurried)
    with hurried.store.connections.writing():  # somebody else writes
        hurried.slack.submit(**choose_all(view), reason=REASON, until="2026-02-01")
        hurried.slack.wait_view("Saving…")
    hurried.slack.wait_view("*Exempt until")


def test_what_was_typed_is_kept_where_the_database_fails(
    bench: SlackBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The form says that nothing was recorded and why, and is submitted again as it was."""

    def full(*_: Any) -> Any:  # noqa: ANN401 - what the store takes and gives
        raise StoreError("The disk is full.", "Make room.")

    check(bench)
    view = open_exempt(bench)
    with monkeypatch.context() as failing:
        failing.setattr(bench.store.exemptions, "grant", full)
        bench.slack.submit(**choose_all(view), reason=REASON, until="2026-02-01")
        kept = bench.slack.wait_view("Nothing was saved. The disk is full.")
    assert "Make room. Then submit again." in str(kept)
    assert kept["values"]["until"] == "2026-02-01"
    assert REASON in kept["values"].values()
    bench.slack.submit(**kept["values"])
    bench.slack.wait_view("*Exempt until")


def test_a_form_whose_database_is_gone(bench: SlackBench) -> None:
    """Where the form cannot be made again either, it is said that nothing was recorded."""
    check(bench)
    view = open_exempt(bench)
    bench.delete_database()
    bench.slack.submit(**choose_all(view), reason=REASON, until="2026-02-01")
    bench.slack.wait_view("Nothing was saved. The database")


@pytest.mark.parametrize("what", ["altcontact_set_aside", "altcontact_verify"])
def test_an_account_that_is_gone(
    bench: SlackBench, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """Where an account is not known any more, that is said: in the form, and of a row."""
    check(bench)
    row = post_menu(bench, what)
    bench.slack.press(what, message=row)
    view = bench.slack.wait_view("Exempt findings" if what.endswith("aside") else "What you saw")
    monkeypatch.setattr(bench.store.accounts, "get", lambda _: None)
    bench.slack.submit(**choose_all(view), reason=REASON)
    bench.slack.wait_view("no longer known")
    bench.slack.close()
    bench.slack.press(what, message=row)
    bench.slack.wait_ephemeral("no longer known")


# From rows and cards


def post_menu(bench: SlackBench, what: str, text: str = "row") -> dict[str, Any]:
    """A message for all with a button that does what a row's menu does."""
    button = {
        "type": "button",
        "action_id": f"{what}:0",
        "text": {"type": "plain_text", "text": "Go"},
        "value": f"{what}:{WEB.id}:SECURITY",
    }
    bench.slack.wait_connected()
    bench.client.chat_postMessage(
        channel="#security-alerts", text=text, blocks=[{"type": "actions", "elements": [button]}]
    )
    return bench.slack.wait_message(text)


def test_a_row_opens_the_form_with_its_findings(bench: SlackBench) -> None:
    """From a row the findings of its contact are chosen; once alone for each delivery."""
    check(bench)
    row = post_menu(bench, "altcontact_set_aside")
    bench.slack.press("altcontact_set_aside", message=row)
    view = bench.slack.wait_view(FORM_SHOWN)
    assert view["values"][boxes(view)["block_id"]] == [f"{standing(bench).id}:0"]
    assert bench.slack.deliver_again()["acked"]
    assert len(bench.slack.calls("views.open")) == 1
    bench.slack.press("altcontact_set_aside", message=row, user=BOB)
    bench.slack.wait_ephemeral("have permission", BOB)


def test_a_row_shows_the_account_to_who_asked(bench: SlackBench) -> None:
    """**Show account** answers one person, and leaves the message of all as it is."""
    row = post_menu(bench, "altcontact_show")
    bench.slack.press("altcontact_show", message=row)
    bench.slack.wait_ephemeral("Web production")
    assert bench.slack.messages()[-1]["text"] == "row"


def test_a_modals_row_shows_the_account_on_top(bench: SlackBench) -> None:
    """In a modal the card goes on top, and its buttons act there."""
    bench.gateway.listed[:] = [account(number) for number in range(1, 46)]
    alert = bench.announce()
    bench.slack.press("altcontact_show_all", message=alert)
    bench.slack.wait_view("Page 1 of 3")
    bench.slack.press("altcontact_menu", f"altcontact_show:{WEB.id}:SECURITY")
    bench.slack.wait_view("Check again")
    assert len(bench.slack.views()) == 2
    bench.gateway.hold(1, OTHER)
    bench.slack.press("altcontact_check")
    bench.slack.wait_view(OTHER.email)
    bench.slack.press("altcontact_fix:")
    bench.slack.wait_view(SHOWN)
    assert bench.slack.refusals() == []


def test_an_account_without_an_api_is_verified(bench: SlackBench) -> None:
    """A manual verification is recorded from the card, and the card says so."""
    bench.gateway.say(1, *[NO_API] * 9)
    check(bench)
    bench.slack.command("/altcontact check web")
    card = bench.slack.wait_private("verify it manually")
    bench.slack.press("altcontact_verify", message=card)
    view = bench.slack.wait_view("What you saw")
    bench.slack.submit(**choose_all(view), reason="sec@corp.internal, read by two.")
    bench.slack.wait_view("Verified manually, valid until")
    held = standing(bench).exemption
    assert held is not None
    assert held.request.reason == "sec@corp.internal, read by two."
    bench.slack.close()
    bench.slack.press("altcontact_check", message=card)
    bench.slack.wait_private("Verify again")


def test_what_is_wrong_with_a_verification(bench: SlackBench) -> None:
    """An observation is required; a finding that was resolved in the meantime is reported."""
    bench.gateway.say(1, NO_API)
    check(bench)
    row = post_menu(bench, "altcontact_verify")
    bench.slack.press("altcontact_verify", message=row)
    view = bench.slack.wait_view("What you saw")
    asked = choose_all(view)
    assert set(bench.slack.submit(**asked, reason=" " * 12)["errors"]) == {"reason"}
    bench.slack.command("/altcontact check web")
    bench.slack.wait_private("Missing")
    bench.slack.submit(**asked, reason="Seen in the console.")
    bench.slack.wait_view("was resolved in the meantime")


# The list


@pytest.fixture
def exempted(bench: SlackBench) -> SlackBench:
    """The bot with one exempt finding."""
    set_aside(bench)
    return bench


def set_aside(bench: SlackBench) -> None:
    """Have alice exempt the one finding."""
    check(bench)
    view = open_exempt(bench)
    bench.slack.submit(**choose_all(view), reason=REASON, until="2026-02-01")
    bench.slack.wait_view("*Exempt until")
    bench.slack.close()


def test_the_list_ends_what_is_set_aside(exempted: SlackBench) -> None:
    """The list has each with its reason, and ends it; a second time says who ended it."""
    exempted.slack.command("/altcontact exemptions")
    view = exempted.slack.wait_view(REASON)
    exempted.slack.command("/altcontact exemptions", user=BOB)
    exempted.slack.wait_view(REASON, BOB)
    assert "Web production" in str(view)
    exempted.slack.press("altcontact_end_exemption")
    exempted.slack.wait_view("Exemption ended: *Web production")
    assert standing(exempted).exemption is None
    exempted.slack.press("altcontact_end_exemption", user=BOB)
    assert f"<!subteam^{GROUP}>" in str(exempted.slack.wait_view("have permission", BOB))


def test_ended_by_two(everyone: SlackBench) -> None:
    """Who ends what already ended on hears by whom."""
    set_aside(everyone)
    for user in (ALICE, BOB):
        everyone.slack.command("/altcontact exemptions", user=user)
        everyone.slack.wait_view(REASON, user)
    everyone.slack.press("altcontact_end_exemption")
    everyone.slack.wait_view("Exemption ended: *Web production")
    assert everyone.slack.deliver_again()["acked"]
    everyone.slack.press("altcontact_end_exemption", user=BOB)
    view = everyone.slack.wait_view("already ended on", BOB)
    assert f"<@{ALICE}>" in str(view)


def test_ended_on_the_card(exempted: SlackBench) -> None:
    """On a card, what was ended is open again; who can't end it learns that beside it."""
    exempted.slack.command("/altcontact check web")
    card = exempted.slack.wait_private("End: missing")
    exempted.slack.command("/altcontact check web", user=BOB)
    theirs = exempted.slack.wait_private("End: missing", BOB)
    exempted.slack.press("altcontact_end_exemption", message=theirs, user=BOB)
    exempted.slack.wait_ephemeral("have permission", BOB)
    exempted.slack.press("altcontact_end_exemption", message=card)
    exempted.slack.wait(lambda _: standing(exempted).exemption is None, 60, "an open finding")
    exempted.slack.wait_private("Exempt…")


def test_pages_of_the_list(exempted: SlackBench) -> None:
    """More than a page are turned, and the last page shows where its rows were ended."""
    (first,), _ = exempted.store.exemptions.page(1)
    for number in range(3, 23):
        made = account(number)
        exempted.store.accounts.remember([made])
        exempted.store.exemptions.grant([replace(first.request, account_id=made.id)], made.name)
    exempted.slack.command("/altcontact exemptions")
    exempted.slack.wait_view("Page 1 of 2")
    exempted.slack.press("altcontact_exemptions_page:next")
    exempted.slack.wait_view("Page 2 of 2")
    exempted.slack.press("altcontact_end_exemption")
    exempted.slack.wait_view("20 in total")


# Reloading


def test_the_policy_is_reloaded(bench: SlackBench) -> None:
    """A fixer applies the file, and reads what holds now; nobody else may."""
    bench.slack.command("/altcontact reload")
    bench.slack.wait_private("Policy reloaded: ")
    bench.slack.command("/altcontact reload", user=BOB)
    bench.slack.wait_private("Only fixers can reload the policy.", BOB)


def test_a_policy_that_is_wrong_is_not_applied(bench: SlackBench) -> None:
    """Each mistake is shown with its line, and that the previous policy stays in use."""
    problems = (
        SettingProblem("", "invalid value “<sometimes>”", key="policy.billing", line=4),
        SettingProblem("", "unknown key", key="policy.chanel", line=9),
    )
    bench.reloading = SettingsError("It is wrong.", problems)
    bench.slack.command("/altcontact reload")
    told = str(bench.slack.wait_private("previous policy stays in use"))
    assert "*Line 4*  `policy.billing`: invalid value “&lt;sometimes&gt;”" in told
    assert "*Line 9*  `policy.chanel`: unknown key" in told
