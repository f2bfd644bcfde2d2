"""Every account's contacts as last read, with what the last check found in them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from bot.domain.runs import LastReading
from bot.store.columns import to_contact, to_failure

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from bot.domain.contacts import AlternateContact, ContactType
    from bot.domain.failures import Failure
    from bot.store.transaction import Transaction

_CONTACTS: Final = """
SELECT contacts.account_id, type, contact, read_at
FROM contacts JOIN accounts ON accounts.id = contacts.account_id
WHERE accounts.gone_at IS NULL
"""

_FINDINGS: Final = """
SELECT account_id, type, exemption_id IS NULL AS is_open,
    CASE WHEN rule IN ('unreadable', 'unsupported') THEN failure END AS failure
FROM findings WHERE resolved_at IS NULL
"""
"""Other rules may have failed for want of other data, such as the workspace's members."""


def last_readings(
    db: Transaction, types: Collection[ContactType]
) -> Mapping[tuple[str, ContactType], LastReading]:
    """The contacts of these types that are known of, by (account id, type)."""
    wanted = {contact_type.value: contact_type for contact_type in types}
    # Thousands of accounts share a few contacts, so equal ones are parsed once.
    parsed: dict[str | None, AlternateContact | None] = {None: None}
    read: dict[tuple[str, str], tuple[AlternateContact | None, datetime]] = {}
    for row in db.stream(_CONTACTS):
        if row["type"] in wanted:
            contact = row["contact"]
            if contact not in parsed:
                parsed[contact] = to_contact(contact)
            moment = datetime.fromisoformat(row["read_at"])
            read[row["account_id"], row["type"]] = parsed[contact], moment
    is_open: dict[tuple[str, str], bool] = {}
    failures: dict[tuple[str, str], Failure] = {}
    for row in db.stream(_FINDINGS):
        key = row["account_id"], row["type"]
        is_open[key] = is_open.get(key, False) or bool(row["is_open"])
        failure = to_failure(row["failure"])
        if failure is not None:
            failures[key] = failure
    found = {}
    for key in read.keys() | {each for each in is_open if each[1] in wanted}:
        contact, read_at = read.get(key, (None, None))
        found[key[0], wanted[key[1]]] = LastReading(
            contact,
            read_at,
            failures.get(key),
            is_open=is_open.get(key, False),
            is_exempt=is_open.get(key) is False,
        )
    return found
