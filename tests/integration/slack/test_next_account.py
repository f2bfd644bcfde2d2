"""From a saved contact to the form of the next account, with the same values."""

from __future__ import annotations

from typing import Any

from bot.domain.failures import FailureCode
from bot.domain.fixes import FixState
from bot.domain.policy.policy import Policy, PolicyTable
from sandbox.tests.slack.fixtures import slack, slack_server
from tests.integration.slack.bench import (
    ALICE,
    BOB,
    FORM,
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
from tests.unit.fakes import OTHER, SECURITY, account, fix_request, unreadable

__all__ = ["bench", "everyone", "hurried", "slack", "slack_server"]

NEXT = "altcontact_next"
SAVED = "Saved and verified"
FILLED = "Filled in with the contact that you saved for"


def save(bench: SlackBench, heading: str = "no security contact") -> dict[str, Any]:
    """Check both accounts, and have alice save the lake's contact."""
    bench.announce(heading)
    bench.open_form(LAKE)
    bench.slack.submit(**FORM)
    return bench.slack.wait_view(SAVED)


def test_one_account_after_the_other(bench: SlackBench) -> None:
    """Next opens the form of the worst finding left, filled in; after the last there is none."""
    view = save(bench)["view"]
    assert view["close"]["text"] == "Done"
    assert "Next account: Web production" in str(view)
    bench.slack.press(NEXT)
    form = bench.slack.wait_view(FILLED)
    assert form["values"] == IN_FORM
    assert WEB.id in str(form["view"]["blocks"][0])
    bench.slack.submit()
    last = bench.slack.wait_view(SAVED)["view"]
    assert "Next account" not in str(last)
    assert last["close"]["text"] == "Done"
    assert "white_check_mark" in str(last)
    assert {account_id for account_id, _ in bench.gateway.held} == {WEB.id, LAKE.id}


def test_next_pressed_twice(bench: SlackBench) -> None:
    """The second press, and a repeated delivery, change nothing."""
    save(bench)
    bench.slack.press(NEXT)
    form = bench.slack.wait_view(FILLED)
    assert bench.slack.deliver_again()["acked"]
    bench.slack.command("/altcontact help")
    bench.slack.wait_private("/altcontact fix")
    assert bench.slack.view(ALICE) == form
    assert bench.slack.dms() == []


def test_two_presses_before_the_form_comes(bench: SlackBench) -> None:
    """The slower press finds another view than the one that it was made in."""
    done = save(bench)
    gate = bench.gateway.gate(1)
    bench.slack.press(NEXT)
    bench.slack.wait_view("Reading the contact")
    with gate.held():
        again = bench.slack.deliver(press_in(done, bench.slack.trigger()))
        assert again["acked"]
        bench.slack.wait(lambda _: "hash_conflict" in [r["error"] for r in bench.slack.refusals()])
    bench.slack.wait_view(FILLED)
    assert bench.slack.dms() == []


def press_in(done: dict[str, Any], trigger: dict[str, Any]) -> dict[str, Any]:
    """A press on Next in a result, as Slack would deliver it."""
    block = next(each for each in done["view"]["blocks"] if each["type"] == "actions")
    button = block["elements"][0]
    view = {**done["view"], "id": done["id"], "hash": done["hash"], "state": {"values": {}}}
    return {
        "type": "block_actions",
        "team": {"id": "T0SANDBOX1"},
        "user": {"id": ALICE, "team_id": "T0SANDBOX1"},
        "trigger_id": trigger["trigger_id"],
        "container": {"type": "view", "view_id": done["id"]},
        "view": view,
        "actions": [{"type": "button", "action_id": NEXT, "value": button["value"]}],
    }


def test_a_next_account_that_somebody_else_fixed(everyone: SlackBench) -> None:
    """Who did is said, and the account after it is offered; nobody ends up in another form."""
    slack = everyone.slack
    third = account(3, "Zoo")
    everyone.gateway.listed.append(third)
    save(everyone)
    slack.command(f"/altcontact fix {WEB.name}", user=BOB)
    slack.wait_view(SHOWN, BOB)
    slack.submit(BOB, **FORM)
    slack.wait_view(SAVED, BOB)
    slack.press(NEXT)
    view = slack.wait_view(f"<@{BOB}> already fixed the Security contact.")["view"]
    assert WEB.name in str(view)
    assert "submit" not in view
    assert view["close"]["text"] == "Done"
    assert "Next account: Zoo" in str(view)
    slack.press(NEXT)
    assert slack.wait_view(FILLED)["values"] == IN_FORM
    slack.submit()
    slack.wait_view(SAVED)
    assert (third.id, SECURITY) in everyone.gateway.held


def test_a_next_account_that_is_being_fixed(bench: SlackBench) -> None:
    """Two people don't fix one contact at a time; without another account that is said."""
    save(bench)
    fix, _ = bench.store.fixes.plan(fix_request(number=1), WEB.name)
    bench.slack.press(NEXT)
    view = bench.slack.wait_view("no longer needs a fix")["view"]
    assert "No other account needs a Security contact." in str(view)
    assert NEXT not in str(view)
    bench.store.fixes.advance(fix.id, FixState.FAILED, ended=True)


def test_a_closed_window_brings_next_as_a_message(hurried: SlackBench) -> None:
    """There it opens a window of its own."""
    slack = hurried.slack
    hurried.announce()
    gate = shut(hurried)
    hurried.open_form(LAKE)
    slack.submit(**FORM)
    slack.close()
    gate.open()
    told = slack.wait_dm("Next account: Web production")
    assert "Saved and verified in AWS." in told["text"]
    slack.press(NEXT, message=told)
    assert slack.wait_view(FILLED)["values"] == IN_FORM


def test_what_aws_has_is_shown_beside_the_copied_values(bench: SlackBench) -> None:
    """A value that the next account's policy expects takes the place of a copied one."""
    table = PolicyTable("policy", {"security.title": ("Duty",)})
    bench.gateway.hold(1, OTHER)
    bench.policy = Policy.requiring(tables=[table])
    bench.slack.command("/altcontact check")
    bench.slack.wait(lambda _: bench.store.scans.last() is not None)
    bench.open_form(LAKE)
    bench.slack.submit(**{**FORM, "title": "Duty"})
    bench.slack.wait_view(SAVED)
    bench.policy = Policy.requiring(tables=[PolicyTable("policy", {"security.title": ("Desk",)})])
    bench.slack.press(NEXT)
    form = bench.slack.wait_view(FILLED)
    assert form["values"] == IN_FORM | {"title": "Desk"}
    assert f"AWS has: {OTHER.title}" in str(form["view"])
    assert f"Email: {OTHER.email}" in str(form["view"])


def test_a_next_account_that_cannot_be_read(bench: SlackBench) -> None:
    """The person reads which account, and why."""
    save(bench)
    bench.gateway.say(1, unreadable(FailureCode.DENIED_BY_SCP))
    bench.slack.press(NEXT)
    view = bench.slack.wait_view("service control policy")["view"]
    assert WEB.name in str(view)


def test_values_of_another_person_are_not_copied(everyone: SlackBench) -> None:
    """Whoever gets hold of another's button starts from what AWS has."""
    save(everyone)
    everyone.client.chat_postMessage(
        channel="#security-alerts",
        text="A button",
        blocks=[
            {
                "type": "actions",
                "elements": [
                    {
                        "type": "button",
                        "action_id": NEXT,
                        "text": {"type": "plain_text", "text": "Next"},
                        "value": f"1:{WEB.id}:SECURITY",
                    }
                ],
            }
        ],
    )
    message = everyone.slack.wait_message("A button")
    everyone.slack.press(NEXT, message=message, user=BOB)
    assert everyone.slack.wait_view(SHOWN, BOB)["values"]["name"] == ""


def test_who_is_no_fixer_any_more_goes_no_further(bench: SlackBench) -> None:
    """The right is checked at the press; the result stays."""
    save(bench)
    bench.slack.set_group("S0SECOPS01", members=[BOB])
    bench.clock.tick(3600)
    bench.slack.press(NEXT)
    bench.slack.wait_dm("have permission")
    assert SAVED in str(bench.slack.view(ALICE))


def test_a_saved_contact_whose_account_is_still_open(bench: SlackBench) -> None:
    """It gets no check mark, and what is left is said."""
    bench.policy = Policy.requiring(
        tables=[PolicyTable("policy", {"billing.presence": "required"})]
    )
    told = str(save(bench, "are missing")["view"])
    assert "This account still needs attention: Billing contact." in told
    assert "white_check_mark" not in told
