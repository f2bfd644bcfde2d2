"""The form from Fix to its result, through Bolt and back, with a made-up AWS."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.contacts import AlternateContact, ContactType
from bot.domain.errors import ContactRefused
from bot.domain.failures import FailureCode, failure
from bot.domain.policy.account_policy import ApprovalRule, Presence, Value
from bot.domain.policy.policy import Policy, PolicyTable
from bot.domain.readings import Absent, Unreadable, Unsupported
from bot.domain.rule_catalog import Severity
from sandbox.tests.slack.fixtures import slack, slack_server
from tests.integration.slack.bench import (
    ALICE,
    BOB,
    FIX,
    FORM,
    GROUP,
    IN_FORM,
    LAKE,
    SHOWN,
    WEB,
    SlackBench,
    bench,
    everyone,
    hurried,
    shut,
)
from tests.unit.fakes import CONTACT, OTHER, Gate, account, gateway_error

__all__ = ["bench", "everyone", "hurried", "slack", "slack_server"]

REFUSED = {"email": "AWS does not take this address."}


def test_fix_in_a_message_is_refused_beside_it(bench: SlackBench) -> None:
    """Who may not change contacts learns who may, where they pressed."""
    alert = bench.announce()
    bench.slack.press(FIX, message=alert, user=BOB)
    told = bench.slack.wait_ephemeral("have permission", BOB)
    assert f"<!subteam^{GROUP}>" in str(told["blocks"])
    assert bench.slack.view(BOB) is None


def test_a_form_that_slack_does_not_open(bench: SlackBench) -> None:
    """The person learns where Slack takes no view."""
    alert = bench.announce()
    bench.slack.fault("views.open", "error", count=9)
    bench.slack.press(FIX, message=alert)
    bench.slack.wait_ephemeral("an internal error")


@pytest.mark.parametrize(
    "reading",
    [
        Unreadable(failure(FailureCode.DENIED_BY_SCP)),
        Unsupported(failure(FailureCode.DENIED_BY_SCP)),
    ],
)
def test_a_form_whose_contact_cannot_be_read(
    bench: SlackBench, reading: Unreadable | Unsupported
) -> None:
    """Where AWS does not say what it holds there is no form, but why."""
    bench.gateway.say(1, reading)
    bench.slack.command("/altcontact fix Web production")
    view = bench.slack.wait_view("service control policy")
    assert "submit" not in view["view"]


def test_a_form_that_was_closed_while_it_was_filled(bench: SlackBench) -> None:
    """Nobody is written to where a form that was only being filled is gone."""
    gate = bench.gateway.gate(1)
    bench.slack.command("/altcontact fix Web production")
    bench.slack.wait_view("Reading the contact from AWS")
    with gate.held():
        bench.slack.close()
    bench.slack.wait(
        lambda _: any(r["method"] == "views.update" for r in bench.slack.refusals()), 20
    )
    assert bench.slack.dms() == []


def test_reading_that_breaks_is_told_in_the_view(bench: SlackBench) -> None:
    """A defect behind the form is reported there by its reference."""
    bench.gateway.say(1, ZeroDivisionError())
    bench.slack.command("/altcontact fix Web production")
    bench.slack.wait_view("reference")


def test_a_fix_from_wrong_input_to_confirmed(bench: SlackBench) -> None:
    """Wrong input shows under its field; right input is written, and said to be confirmed."""
    bench.open_form(WEB)
    assert set(bench.slack.submit(**{**FORM, "phone": "12345"})["errors"]) == {"phone"}
    assert bench.gateway.writes == []
    bench.slack.submit(**FORM)
    bench.slack.wait_view("Saved and verified")
    assert [contact.email for contact in bench.gateway.writes] == [FORM["email"]]


def test_what_aws_refuses_stands_under_its_field(bench: SlackBench) -> None:
    """A field that AWS names is reported under its input while the window waits."""
    bench.gateway.fail_write(ContactRefused(failure(FailureCode.REFUSED), REFUSED))
    bench.open_form(WEB)
    assert bench.slack.submit(**FORM)["errors"] == REFUSED


def test_what_aws_refuses_late_stands_under_its_field_too(hurried: SlackBench) -> None:
    """After the ack, the form comes back as typed, the refusal right under its input."""
    hurried.gateway.fail_write(ContactRefused(failure(FailureCode.REFUSED), REFUSED))
    gate = shut(hurried)
    hurried.open_form(WEB)
    assert "Saving and verifying" in str(hurried.slack.submit(**FORM))
    gate.open()
    view = hurried.slack.wait_view(REFUSED["email"])
    blocks = view["view"]["blocks"]
    email = [block.get("block_id") for block in blocks].index("email")
    assert REFUSED["email"] in str(blocks[email + 1])
    assert view["values"] == IN_FORM


def test_a_closed_window_brings_a_message_and_a_way_back(hurried: SlackBench) -> None:
    """A failure comes as a message; Try again is filled as typed for who typed it alone."""
    slack = hurried.slack
    hurried.gateway.fail_write(gateway_error(FailureCode.DENIED_BY_SCP))
    gate = shut(hurried)
    hurried.open_form(WEB)
    slack.submit(**FORM)
    slack.close()
    gate.open()
    failed = slack.wait_dm("Try again")
    slack.press("altcontact_try_again", message=failed)
    assert slack.wait_view(SHOWN)["values"] == IN_FORM
    assert slack.deliver_again()["acked"]
    assert len(slack.calls("views.open")) == 2


def test_another_persons_try_again_shows_what_aws_holds(everyone: SlackBench) -> None:
    """What one person typed is not shown to another; a fix that is not known opens nothing."""
    slack = everyone.slack
    everyone.gateway.fail_write(gateway_error(FailureCode.DENIED_BY_SCP))
    everyone.open_form(WEB)
    slack.submit(**FORM)
    slack.wait_view("service control policy")
    slack.close()
    everyone.gateway.hold(1, CONTACT)
    message = post_button(everyone, "1")
    slack.press("altcontact_try_again", message=message, user=BOB)
    assert slack.wait_view(SHOWN, BOB)["values"]["name"] == CONTACT.name
    unknown = post_button(everyone, "99")
    assert slack.press("altcontact_try_again", message=unknown)["acked"]
    assert slack.view(ALICE) is None


def post_button(bench: SlackBench, fix_id: str) -> dict[str, Any]:
    """A message with **Try again** for a fix, for everybody to press."""
    button = {
        "type": "button",
        "action_id": "altcontact_try_again",
        "text": {"type": "plain_text", "text": "Try again"},
        "value": fix_id,
    }
    bench.slack.wait_connected()
    bench.client.chat_postMessage(
        channel="#security-alerts",
        text=f"Fix {fix_id}",
        blocks=[{"type": "actions", "elements": [button]}],
    )
    return bench.slack.wait_message(f"Fix {fix_id}")


def test_a_contact_that_changed_is_not_overwritten(bench: SlackBench) -> None:
    """Where somebody else was quicker the form says what AWS holds, and asks again."""
    bench.policy = asking(approval=ApprovalRule.NEVER)
    bench.open_form(WEB)
    bench.gateway.hold(1, OTHER)
    bench.slack.submit(**FORM)
    view = bench.slack.wait_view("changed in AWS while the form was open")
    assert OTHER.email in str(view)
    assert view["values"] == IN_FORM
    bench.slack.submit(**FORM)
    bench.slack.wait_view("Saved and verified")


def test_a_write_that_aws_does_not_show_is_not_confirmed(bench: SlackBench) -> None:
    """Where AWS took a write but does not show it, it is not said to be confirmed."""
    bench.gateway.say(1, *[Absent()] * 9)
    bench.open_form(WEB)
    bench.gateway.on_write = bench.fixes.stop
    told = str(bench.slack.submit(**FORM))
    assert "doesn't show it yet" in told
    assert "verified" not in told


def test_a_fix_that_a_stop_left_open_is_not_confirmed(hurried: SlackBench) -> None:
    """Where a stop leaves open whether AWS took a write, that is what the person hears."""
    hurried.gateway.say(1, *[Absent()] * 9)
    hurried.gateway.fail_write(gateway_error(FailureCode.TIMED_OUT))
    gate = shut(hurried)
    hurried.open_form(WEB)
    assert "Saving and verifying" in str(hurried.slack.submit(**FORM))
    hurried.slack.close()
    hurried.fixes.stop()
    gate.open()
    told = hurried.slack.wait_dm("may have been saved in AWS")
    assert "verified" not in str(told)


def test_a_fix_that_is_not_recorded_is_told(hurried: SlackBench) -> None:
    """Where AWS took the contact and the database is gone, the person hears both, and of whom."""
    hurried.gateway.on_write = hurried.store.close
    hurried.open_form(WEB)
    hurried.slack.submit(**FORM)
    view = str(hurried.slack.wait_view("isn't recorded yet"))
    assert "Saved and verified" in view
    assert WEB.name in view
    assert "The database is closed." in view


def test_a_fix_that_cannot_be_recorded_first_changes_nothing(bench: SlackBench) -> None:
    """Where the database is gone, nothing is changed, and the form stands as it was typed."""
    bench.open_form(WEB)
    bench.store.close()
    bench.slack.submit(**FORM)
    view = bench.slack.wait_view("Nothing was changed in AWS")
    assert view["values"] == IN_FORM
    assert bench.gateway.writes == []


def test_a_contact_of_another_type_by_its_accounts_id(bench: SlackBench) -> None:
    """An id with a type after it opens the form of that type."""
    bench.slack.command(f"/altcontact fix {LAKE.id} operations")
    assert "Operations contact" in str(bench.slack.wait_view(SHOWN))


def test_a_contact_of_another_type(bench: SlackBench) -> None:
    """The form of one type writes that type alone."""
    bench.slack.command("/altcontact fix lake operations")
    bench.slack.wait_view(SHOWN)
    bench.slack.submit(**FORM)
    bench.slack.wait_view("Saved and verified")
    assert list(bench.gateway.held) == [(LAKE.id, ContactType.OPERATIONS)]


# What the policy says


def test_the_form_is_filled_with_what_the_policy_expects(bench: SlackBench) -> None:
    """Where AWS holds nothing, the policy's values stand there; where it does, AWS's."""
    bench.policy = asking(security__email=("@corp.internal", "aws@corp.internal"))
    assert bench.open_form(WEB)["values"]["email"] == "aws@corp.internal"
    bench.slack.close()
    bench.gateway.hold(1, OTHER)
    assert bench.open_form(WEB)["values"]["email"] == OTHER.email


def test_what_the_next_check_would_alert_on_is_refused(bench: SlackBench) -> None:
    """What the policy has against a contact stands under its fields, and nothing is written."""
    bench.policy = asking(security__title=("Duty",), rules__free_mail=Severity.LOW)
    bench.open_form(WEB)
    errors = bench.slack.submit(**{**FORM, "email": "sec@gmail.com"})["errors"]
    assert errors["title"] == "The policy expects Duty."
    assert "email" in errors
    assert bench.gateway.writes == []
    bench.slack.submit(**{**FORM, "title": "Duty"})
    bench.slack.wait_view("Saved and verified")


def test_what_the_policy_refuses_late_stands_in_the_form(
    hurried: SlackBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the ack, the form comes back as typed, with what the policy asks for."""
    gate = Gate()

    def slow() -> Any:  # noqa: ANN401 - what the store gives
        gate.stand()
        return {}

    hurried.open_form(WEB)
    monkeypatch.setattr(hurried.store.exemptions, "in_force", slow)
    hurried.policy = asking(security__title=("Duty",))
    hurried.slack.submit(**FORM)
    gate.open()
    view = hurried.slack.wait_view("comply with the policy")
    assert view["values"] == IN_FORM
    assert "The policy expects Duty." in str(view)


def test_a_number_newer_than_the_table_is_taken(bench: SlackBench) -> None:
    """What the check calls as it should be the form takes, and says what to look at."""
    bench.open_form(WEB)
    told = str(bench.slack.submit(**{**FORM, "phone": "+1 436 234 5678"}))
    assert "area code" in told
    assert "white_check_mark" not in told
    assert [contact.phone for contact in bench.gateway.writes] == ["+1 436-234-5678"]


def test_only_what_was_changed_can_be_refused(bench: SlackBench) -> None:
    """A title is changed though the form, or the policy, would take neither of the others again."""
    held = AlternateContact("S\u202e", "On call", "sec@corp.internal", "020 7946 0958")
    bench.policy = asking(security__email=("@corp.example",))
    bench.gateway.hold(1, held)
    bench.open_form(WEB)
    form = {"name": held.name, "title": "Duty", "email": held.email, "phone": held.phone}
    assert "email" in bench.slack.submit(**{**form, "title": held.title})["errors"]
    told = str(bench.slack.submit(**form))
    assert "The policy expects any address at corp.example." in told
    assert "white_check_mark" not in told
    assert [contact.title for contact in bench.gateway.writes] == ["Duty"]
    assert bench.gateway.writes[0].phone == held.phone


def test_a_domain_that_nobody_uses_is_saved_on_a_second_press(bench: SlackBench) -> None:
    """The form warns of it and names it; what is typed instead is warned of again, or saved."""
    for number in range(3, 6):
        bench.gateway.listed.append(account(number))
        bench.gateway.hold(number)
    bench.announce()
    bench.open_form(WEB)
    for domain in ("agency.internal", "partner.internal"):
        bench.slack.submit(**{**FORM, "email": f"sec@{domain}"})
        view = bench.slack.wait_view(f"no other account has an address at {domain}")["view"]
        assert view["submit"]["text"] == "Save anyway"
        assert bench.gateway.writes == []
    bench.slack.submit(**{**FORM, "email": "sec@partner.internal"})
    bench.slack.wait_view("Saved and verified")
    bench.announcer.deliver()
    told = bench.slack.wait_message("Few or no other accounts have an address at partner.internal")
    assert "Before: none. Now: an address at partner.internal." in str(told["blocks"])


def test_every_write_is_announced(bench: SlackBench) -> None:
    """Who overwrites a compliant contact is named in the channel, with where mail went before."""
    bench.policy = asking(channel="#general", approval=ApprovalRule.NEVER)
    bench.gateway.hold(1, AlternateContact("Bo", "Partner", "bo@agency.internal", "+46 8 506 390"))
    bench.open_form(WEB)
    bench.slack.submit(**FORM)
    bench.slack.wait_view("Saved and verified")
    bench.announcer.deliver()
    told = bench.slack.wait_message("changed the Security contact", "C0GENERAL4")
    assert f"<@{ALICE}> changed the *Security contact*." in str(told["blocks"])
    places = "Before: an address at agency.internal. Now: an address at corp.internal."
    assert places in str(told["blocks"])
    for personal in ("bo@", "Partner", *FORM.values()):
        assert personal not in str(told)


def test_hidden_characters_are_left_out_or_refused(bench: SlackBench) -> None:
    """A pasted number is taken; a name that nobody can see has to be filled in."""
    bench.open_form(WEB)
    pasted = {**FORM, "phone": f"\u202d{FORM['phone']}\u202c"}
    assert set(bench.slack.submit(**{**pasted, "name": "\u200b"})["errors"]) == {"name"}
    bench.slack.submit(**{**pasted, "email": "aws@b\u00fccher.internal"})
    bench.slack.wait_view("xn--bcher-kva.internal")
    assert [contact.phone for contact in bench.gateway.writes] == [FORM["phone"]]


def test_another_contact_is_chosen_in_the_form(bench: SlackBench) -> None:
    """The form is filled again for the contact that was chosen, and writes that one."""
    bench.gateway.held[WEB.id, ContactType.BILLING] = OTHER
    bench.open_form(WEB)
    bench.slack.press("altcontact_type", "BILLING", values={"name": "Typed before"})
    view = bench.slack.wait_view(OTHER.email)
    assert view["view"]["title"]["text"] == "Billing contact"
    assert view["values"]["name"] == OTHER.name
    bench.slack.submit(**FORM)
    bench.slack.wait_view("Saved and verified")
    assert bench.gateway.held[WEB.id, ContactType.BILLING].email == FORM["email"]


def test_a_choice_that_slack_repeats_is_made_once(bench: SlackBench) -> None:
    """The slower of two deliveries of one choice is left out; a refusal is reported."""
    bench.open_form(WEB)
    bench.slack.press("altcontact_type", "BILLING")
    bench.slack.wait_view("Billing contact")
    assert bench.slack.deliver_again()["acked"]
    bench.slack.wait(lambda _: "hash_conflict" in [r["error"] for r in bench.slack.refusals()])
    bench.slack.wait_view(SHOWN)
    bench.slack.fault("views.update", "error", count=9)
    bench.slack.press("altcontact_type", "SECURITY")
    bench.slack.wait_dm("an internal error")


def test_a_forbidden_contact_has_no_form(bench: SlackBench) -> None:
    """It can be removed instead, and another contact can be chosen."""
    bench.policy = asking(billing__presence=Presence.FORBIDDEN)
    bench.gateway.held[WEB.id, ContactType.BILLING] = OTHER
    bench.slack.command("/altcontact fix Web production billing")
    view = bench.slack.wait_view("Remove contact")
    assert "submit" not in view["view"]
    bench.slack.press("altcontact_type", "SECURITY")
    bench.slack.wait_view(SHOWN)


def test_the_form_is_for_the_contact_that_is_asked_for(bench: SlackBench) -> None:
    """Without a type, the form is for the first that the policy requires, or looks at."""
    bench.policy = asking(
        security__presence=Presence.IGNORED, operations__presence=Presence.OPTIONAL
    )
    bench.slack.command("/altcontact fix lake")
    assert "Operations contact" in str(bench.slack.wait_view(SHOWN))


def asking(**values: Value) -> Policy:
    """A policy that requires a security contact, and these values; `__` for a dot."""
    given = {key.replace("__", "."): value for key, value in values.items()}
    return Policy.requiring(tables=[PolicyTable("policy", given)])
