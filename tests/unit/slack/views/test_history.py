"""The history of an account: who did what and when, within Slack's limits, whatever is in it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bot.domain.audit import GENESIS, AuditAction, AuditEntry, seal
from bot.domain.contacts import AlternateContact, ContactType
from bot.slack.payloads import PayloadError
from bot.slack.views.history import ROWS, TURN, history_view, page_count, parse_turn
from tests.unit.domain.test_audit import ANA, AT, BO, SALT, WIPED
from tests.unit.slack.views.assertions import assert_sound_view

if TYPE_CHECKING:
    from bot.domain.audit import AuditRecord

WHO = "444444444444"


def logged(*entries: AuditEntry) -> list[AuditRecord]:
    """These entries, newest first."""
    numbered = enumerate(entries, 1)
    return [seal(each, number, AT, GENESIS, SALT) for number, each in numbered][::-1]


def about_fix(action: AuditAction, **values: Any) -> AuditEntry:  # noqa: ANN401 - columns differ
    """An entry about the first fix of the security contact."""
    known = AuditEntry(action, "U1", account_id=WHO, type=ContactType.SECURITY, fix_id=1)
    return replace(known, **values)


FIX = (
    about_fix(AuditAction.FIX_PLANNED, after=BO),
    about_fix(AuditAction.WRITE_SENT, before=ANA, after=BO),
    about_fix(AuditAction.WRITE_ACCEPTED, request_id="aws-1"),
    about_fix(AuditAction.VERIFIED, after=BO, request_id="aws-1"),
)


def shown(records: list[AuditRecord], **values: Any) -> str:  # noqa: ANN401 - as above
    """The texts of a page, a line each."""
    arguments: dict[str, Any] = {"show_contacts": True, "total": len(records), "page": 0}
    view = history_view(WHO, "Data lake", records, **{**arguments, **values})
    assert_sound_view(view)
    texts = []
    for block in view["blocks"]:
        texts += [block["text"]["text"]] if "text" in block else []
        texts += [each["text"] for each in block.get("elements", []) if each["type"] == "mrkdwn"]
        texts += [each["text"]["text"] for each in block.get("elements", []) if "value" in each]
    return "\n".join(texts)


def test_the_steps_of_a_fix_are_one_row() -> None:
    """What came of it, who and when, the fields that changed, and its steps below."""
    text = shown(logged(*FIX))
    assert "*Data lake*  `444444444444`" in text
    assert "4 entries, newest first" in text
    assert "*Security contact changed: verified*\n<@U1> · <!date^" in text
    assert text.endswith(
        "Name: Ana Lima → Bo Berg\nEmail: sec@example.com → ops@example.com\n"
        "Fix #1 · Fix planned → Write sent → Write accepted → Verified · AWS request aws-1"
    )


def test_a_contact_that_is_set_or_removed() -> None:
    """Its fields once, without what isn't there."""
    text = shown(logged(about_fix(AuditAction.WRITE_SENT, after=BO, run_id=7)))
    assert "*Security contact set: write sent*" in text
    assert "Name: Bo Berg\n" in text
    assert "Fix #1 · Run #7 · Write sent" in text
    text = shown(logged(about_fix(AuditAction.WRITE_SENT, before=BO)))
    assert "*Security contact removed: write sent*" in text
    assert "Name: Bo Berg\n" in text


def test_a_fix_that_failed_says_why() -> None:
    """The cause and what AWS said, and no contact that was never written."""
    failed = about_fix(AuditAction.FIX_FAILED, details={"cause": "denied", "message": "No."})
    text = shown(logged(FIX[0], failed))
    assert "*Security contact: fix failed*" in text
    assert "Fix planned → Fix failed · cause: denied · message: No." in text
    assert "Bo Berg" not in text


def test_whoever_may_not_see_contacts_sees_which_fields_changed() -> None:
    """No name, email or phone, and why not."""
    text = shown(logged(*FIX), show_contacts=False, note="Ask <@U9>.")
    for private in ("Ana", "Bo Berg", "example.com", "210"):
        assert private not in text
    assert "Fields: name, email" in text
    assert text.endswith("Ask <@U9>.")


def test_redacted_contacts_are_said_to_be() -> None:
    """Which fields changed is known all the same."""
    wiped = [replace(each, **WIPED) if each.has_contacts else each for each in logged(*FIX)]
    text = shown(wiped)
    assert "Ana" not in text
    assert "Fields: name, email\n" in text
    assert "AWS request aws-1" in text
    assert "contact details redacted" in text


def test_other_entries_are_rows_of_their_own() -> None:
    """Exemptions, refusals, what the bot and the command line did."""
    text = shown(
        logged(
            AuditEntry(AuditAction.REFUSED, "U2", account_id=WHO, details={"reason": "No right."}),
            AuditEntry(AuditAction.EXEMPTION_EXPIRED, "bot", account_id=WHO),
            AuditEntry(AuditAction.REDACTED, "cli:root", account_id=WHO),
        )
    )
    assert "*Refused*\n<@U2> · " in text
    assert "reason: No right." in text
    assert "*Exemption expired*\nthe bot · " in text
    assert "*Redacted*\n`cli:root` · " in text


def test_an_account_without_entries() -> None:
    """It says so."""
    assert "Nothing is on record about this account yet." in shown([])
    assert "`444444444444`" in str(
        history_view(WHO, "", [], 0, 0, show_contacts=True, note="Hidden.")["blocks"]
    )


def test_pages() -> None:
    """Buttons lead to newer and older entries."""
    records = logged(*FIX)
    assert [page_count(total) for total in (0, ROWS, ROWS + 1)] == [1, 1, 2]
    first = shown(records, total=3 * ROWS)
    assert "Page 1 of 3 · 60 entries" in first
    assert first.endswith("Older")
    assert shown(records, total=3 * ROWS, page=1).endswith("Newer\nOlder")
    assert shown(records, total=3 * ROWS, page=2).endswith("Newer")


def test_text_from_outside_is_shown_as_typed() -> None:
    """No mention, link or formatting comes of names, reasons, actors or tampered columns."""
    evil = "<!channel> *bold* `x` <https://evil.example|x>\u202e" * 9
    contact = AlternateContact(evil, evil, evil, evil)
    records = [
        *logged(
            about_fix(AuditAction.WRITE_SENT, before=contact, after=BO, request_id=evil),
            AuditEntry(AuditAction.REFUSED, "<!here>", account_id=WHO, details={evil: evil}),
        ),
        replace(logged(FIX[0])[0], action=f"<!here> {evil}", at="<!here>", actor=evil, type=evil),
    ]
    text = shown(records)
    assert "<!channel>" not in text
    assert "<!here>" not in text
    assert "<https" not in text
    assert "\u202e" not in text


def test_the_longest_page_fits() -> None:
    """Every row with the longest contacts, none of them of the same fix."""
    long = AlternateContact("<" * 64, "&" * 50, "e" * 254, "+" * 25)
    other = AlternateContact(">" * 64, "<" * 50, "f" * 254, "-" * 25)
    entries = [
        about_fix(AuditAction.WRITE_SENT, fix_id=each, before=long, after=other)
        for each in range(ROWS)
    ]
    shown(logged(*entries), total=10**6, note="Hidden.", page=7)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"view": {"private_metadata": "{}"}, "actions": [{"value": "1"}]},
        {"view": {"private_metadata": '{"account": 7}'}, "actions": [{"value": "1"}]},
        {"view": {"private_metadata": '{"account": "1"}'}, "actions": [{"value": "-1"}]},
        {"view": {"private_metadata": '{"account": "1"}'}, "actions": []},
    ],
)
def test_a_forged_turn_is_refused(body: dict[str, Any]) -> None:
    """Only what this view carries is read."""
    with pytest.raises(PayloadError):
        parse_turn(body)


def test_a_turn_is_read() -> None:
    """The account is in the view, the page on the button."""
    view = history_view(WHO, "", logged(*FIX), 3 * ROWS, 1, show_contacts=True)
    assert view["callback_id"] == TURN
    older = view["blocks"][-1]["elements"][1]
    assert parse_turn({"view": view, "actions": [older]}) == (WHO, 2)
