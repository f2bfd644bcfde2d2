"""Runs as CSV, in which nothing is a formula."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.contacts import AlternateContact, ContactType
from bot.domain.failures import FailureCode, failure
from bot.domain.run_csv import preview_csv, results_csv
from bot.domain.runs import ItemState, RunItem
from tests.unit.fakes import CONTACT, OTHER

ITEM = RunItem(
    1,
    12,
    "000000000001",
    "Web production",
    ContactType.SECURITY,
    CONTACT,
    OTHER,
    state=ItemState.VERIFIED,
    fix_id=7,
)


def rows(content: bytes) -> list[dict[str, str]]:
    """What a spreadsheet reads."""
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_results_have_no_contact_details() -> None:
    """They stand in a thread that everybody in the channel reads."""
    denied = failure(FailureCode.DENIED)
    failed = replace(ITEM, state=ItemState.FAILED, reason=denied.message, failure=denied, attempt=2)
    content = results_csv([ITEM, failed])
    verified, denied_row = rows(content)
    assert verified == {
        "account id": "000000000001",
        "account": "Web production",
        "type": "SECURITY",
        "outcome": "verified",
        "reason": "",
        "to fix this": "",
        "fix": "7",
        "attempt": "1",
    }
    assert denied_row["reason"] == denied.message
    assert denied_row["to fix this"] == denied.remedy
    for contact in (CONTACT, OTHER):
        for value in (contact.name, contact.email, contact.phone):
            assert value.encode() not in content


def test_a_preview_has_every_field_before_and_after() -> None:
    """What is left out has nothing after it."""
    kept = replace(ITEM, state=ItemState.LEFT_OUT, reason="Already right.")
    planned, left_out = rows(preview_csv([replace(ITEM, state=ItemState.PLANNED), kept]))
    assert (planned["email before"], planned["email after"]) == (OTHER.email, CONTACT.email)
    assert (left_out["reason"], left_out["email after"]) == ("Already right.", "")


def test_what_begins_like_a_formula_is_text() -> None:
    """An apostrophe comes before it, and line breaks are spaces."""
    [row] = rows(results_csv([replace(ITEM, account_name='=HYPERLINK("x")\n\tB')]))
    assert row["account"] == '\'=HYPERLINK("x") B'


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_stays_in_its_cell(name: str, field: str) -> None:
    """Whatever separators and quotation marks it has; no cell begins a formula."""
    contact = AlternateContact(field, field, field, field)
    [row] = rows(preview_csv([replace(ITEM, account_name=name, wanted=contact)]))
    assert len(row) == 13
    assert not any(cell.lstrip(" ").startswith(("=", "+", "-", "@")) for cell in row.values())
    assert row["account id"] == ITEM.account_id
