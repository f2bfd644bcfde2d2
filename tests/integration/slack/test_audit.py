"""What people do in Slack is on record: commands, and requests that were refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import structlog

from bot.domain.audit import AuditAction, AuditEntry
from bot.domain.audit_chain import verify
from bot.domain.errors import StoreError
from bot.slack.views.history import ROWS
from sandbox.tests.slack.fixtures import slack, slack_server
from tests.integration.slack.bench import ALICE, BOB, FORM, LAKE, WEB, SlackBench, bench
from tests.integration.slack.deliveries import Known, valid
from tests.unit.fakes import CONTACT, OTHER

if TYPE_CHECKING:
    from pathlib import Path

    from altcontact_sandbox.slack.sandbox import SlackSandbox

    from bot.domain.audit import AuditRecord

__all__ = ["bench", "slack", "slack_server"]


def entries(bench: SlackBench) -> list[AuditRecord]:
    """The whole log."""
    return list(bench.store.audit.entries())


def recorded(bench: SlackBench, *actions: str, number: int = 1) -> list[tuple[str, ...]]:
    """Who did what to which account, with all details, of entries with these actions.

    Waits until there are so many: what isn't begun when the bot stops isn't done.
    """
    bench.slack.wait(lambda _: sum(each.action in actions for each in entries(bench)) >= number)
    bench.settle()
    assert verify(entries(bench)).is_intact
    return [
        (each.actor, each.action, each.account_id, *each.details_by_name().values())
        for each in entries(bench)
        if each.action in actions
    ]


def test_commands_are_recorded_without_what_is_free_text(bench: SlackBench) -> None:
    """The command's name and the account that it names; a typo is no command."""
    slack = bench.slack
    slack.command("/altcontact")
    slack.wait_private("/altcontact fix")
    slack.command("/altcontact check Ana Lima, +351 210 000 000", user=BOB)
    slack.wait_private("No account matches", BOB)
    slack.command(f"/altcontact check {LAKE.id}")
    slack.wait_private("Check again")
    slack.command("/altcontact fix web billing")
    slack.wait_view("Billing contact")
    slack.close()
    slack.command("/altcontact chekc web")
    slack.wait_private("Did you mean")
    assert recorded(bench, "command", number=4) == [
        (ALICE, "command", "", "help"),
        (BOB, "command", "", "check"),
        (ALICE, "command", LAKE.id, "check"),
        (ALICE, "command", WEB.id, "fix"),
    ]


def test_what_slack_repeats_is_recorded(bench: SlackBench) -> None:
    """The command acts once, and its repetition is on record as refused."""
    bench.slack.command("/altcontact help")
    bench.slack.wait_private("/altcontact fix")
    assert bench.slack.deliver_again()["acked"]
    assert recorded(bench, "command", "payload_refused", number=2) == [
        (ALICE, "command", "", "help"),
        (ALICE, "payload_refused", "", "repeated", "/altcontact"),
    ]


def test_a_log_that_cannot_be_written_holds_up_no_answer(
    bench: SlackBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is changed by a command, so it is answered, and the failure is in bot's own log."""

    def full(_: AuditEntry) -> None:
        raise StoreError("The disk is full.")

    monkeypatch.setattr(bench.store.audit, "record", full)
    with structlog.testing.capture_logs() as logged:
        bench.slack.command("/altcontact help")
        bench.slack.wait_private("/altcontact fix")
    (line,) = (line for line in logged if line["event"] == "audit entry not recorded")
    assert (line["action"], line["actor"], line["problem"]) == (
        "command",
        ALICE,
        "The disk is full.",
    )


def forged(name: str, **action: str) -> tuple[str, dict[str, Any]]:
    """A payload of this name, whose action has other values."""
    kind, payload = valid(Known(account=WEB.id), BOB, {"trigger_id": "", "response_url": ""})[name]
    if action:
        payload["actions"][0] |= action
    return kind, payload


@pytest.mark.parametrize(
    ("name", "action", "reason", "request_name"),
    [
        ("altcontact_fix:1", {"value": "x"}, "unreadable", "altcontact_fix"),
        ("altcontact_run", {"value": "drop +351 210 000 000"}, "unreadable", "altcontact_run"),
        ("altcontact_end_exemption:1", {"value": "-1"}, "unreadable", "altcontact_end_exemption"),
        ("altcontact_try_again", {"value": "999"}, "stale", "altcontact_try_again"),
        ("altcontact_of_an_older_version", {}, "outdated", "altcontact_of_an_older_version"),
        (
            "altcontact_form_of_an_older_version",
            {},
            "outdated",
            "altcontact_form_of_an_older_version",
        ),
        ("altcontact_fix in a result", {}, "stale", "altcontact_fix"),
    ],
)
def test_refused_payloads_are_recorded(
    bench: SlackBench, name: str, action: dict[str, str], reason: str, request_name: str
) -> None:
    """By what they are called and why they were refused, never by what they carry."""
    kind, payload = forged(name, **action)
    assert bench.slack.deliver({**payload, **bench.slack.trigger(BOB)}, kind)["acked"]
    assert recorded(bench, "payload_refused") == [
        (BOB, "payload_refused", "", reason, request_name)
    ]


def test_refused_people_are_recorded(bench: SlackBench) -> None:
    """Whoever has no right is on record once for each request, with the account."""
    alert = bench.announce()
    bench.slack.press("altcontact_fix", message=alert, user=BOB)
    bench.slack.wait_private("You don't have permission to change contacts.", BOB)
    bench.slack.command("/altcontact doctor", user=BOB)
    bench.slack.wait_private("You don't have permission to change contacts.", BOB)
    bench.slack.command("/altcontact check web", user=BOB)
    bench.slack.wait_private("Check again", BOB)
    reason = "You don't have permission to change contacts."
    found = recorded(bench, "refused", number=2)
    assert [entry[3:] for entry in found] == [(reason,), (reason,)]
    assert [entry[0] for entry in found] == [BOB, BOB]
    assert found[0][2] in {WEB.id, LAKE.id}
    assert found[1][2] == ""


def test_outsiders_are_recorded(bench: SlackBench) -> None:
    """A person of another workspace is refused, and that is on record; their Home isn't."""
    bench.slack.set_origin(ALICE, team_id="T0FOREIGN1", home_team_id="T0FOREIGN1")
    bench.slack.open_home(ALICE)
    bench.slack.command("/altcontact check web")
    bench.slack.wait_private("only answers people from its own Slack workspace")
    assert recorded(bench, "refused") == [
        (ALICE, "refused", "", "This bot only answers people from its own Slack workspace.")
    ]


def test_the_history_of_an_account(bench: SlackBench) -> None:
    """Who fixed what, by command and from the account's card; other accounts aren't in it."""
    slack = bench.slack
    bench.open_form(WEB)
    slack.submit(**FORM)
    slack.wait_view("Saved and verified")
    slack.close()
    slack.command("/altcontact history web", user=BOB)
    view = str(slack.wait_view("Security contact set: verified", BOB))
    assert f"<@{ALICE}>" in view
    assert f"Email: {FORM['email']}" in view
    slack.close(BOB)
    slack.command("/altcontact history lake")
    slack.wait_view("Nothing is on record about this account yet.")
    slack.close()
    slack.command("/altcontact check lake")
    slack.press("altcontact_history", message=slack.wait_private("Check again"))
    slack.wait_view("Nothing is on record about this account yet.")
    slack.close()
    slack.command("/altcontact history 999999999999")
    slack.wait_view("`999999999999`")
    slack.close()
    slack.command("/altcontact history")
    slack.wait_private("Which account? Type `/altcontact history")


def test_pages_of_a_history(bench: SlackBench) -> None:
    """Older entries and newer ones again; a page that is no longer there is the last one."""
    for number in range(ROWS + 1):
        details = {"exemption": f"number {number}"}
        bench.store.audit.record(
            AuditEntry(AuditAction.EXEMPTION_EXPIRED, "bot", account_id=WEB.id, details=details)
        )
    bench.slack.command("/altcontact history web")
    assert "number 0" not in str(bench.slack.wait_view("number 20"))
    bench.slack.press("altcontact_history_page:older")
    assert "number 1" not in str(bench.slack.wait_view("number 0"))
    bench.slack.press("altcontact_history_page:newer")
    bench.slack.wait_view("number 20")


def test_readers_alone_see_contacts_in_a_history(slack: SlackSandbox, tmp_path: Path) -> None:
    """Others see which fields changed, and whom to ask."""
    made = SlackBench(slack, tmp_path, WEB, LAKE, readers=(ALICE,))
    try:
        made.start()
        write = AuditEntry(
            AuditAction.WRITE_SENT,
            ALICE,
            account_id=WEB.id,
            fix_id=1,
            before=OTHER,
            after=CONTACT,
        )
        made.store.audit.record(write)
        slack.command("/altcontact history web", user=BOB)
        view = str(slack.wait_view("Write sent", BOB))
        assert OTHER.email not in view
        assert CONTACT.email not in view
        assert "Fields: name" in view
        assert f"<@{ALICE}>" in view
        slack.command("/altcontact history web")
        slack.wait_view(CONTACT.email)
    finally:
        made.stop()


@pytest.mark.parametrize(
    "name",
    [
        "altcontact_undo",
        "altcontact_undo_anyway",
        "altcontact_run_undo",
        "altcontact_run_again",
        "altcontact_run_csv",
        "altcontact_run_preview",
        "altcontact_run_stop",
        "altcontact_run_continue",
        "altcontact_run_retry",
        "altcontact_run_results",
    ],
)
def test_ids_that_name_nothing_are_recorded(bench: SlackBench, name: str) -> None:
    """Buttons carry ids of the store; one that names nothing there does nothing, on record."""
    kind, payload = valid(Known(fix=99, run=99), ALICE, bench.slack.trigger(ALICE))[name]
    assert bench.slack.deliver(payload, kind)["acked"]
    refused = recorded(bench, "payload_refused", "refused")
    assert [entry[0] for entry in refused] == [ALICE]
    assert bench.gateway.writes == []
