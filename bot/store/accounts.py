"""Accounts as last listed, with their OUs and tags, and the search for them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bot.domain.accounts import Account, AccountPlacement
from bot.domain.pasted_ids import account_id_part, parse_account_id
from bot.domain.rules.mail_addresses import domain_of
from bot.services.ou_tree import MAX_STALE_AGE
from bot.store.columns import (
    folded,
    maybe_time_text,
    tags_json,
    text,
    time_text,
    to_contact,
    to_tags,
    to_time,
    to_units,
    units_json,
)
from bot.store.contact_history import changed_often
from bot.store.mappers import to_account
from bot.store.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from bot.domain.accounts import Unit
    from bot.domain.contacts import AlternateContact, ContactType
    from bot.domain.rules.facts import PastContact
    from bot.services.ports.clock import Clock
    from bot.store.transaction import Connections, Row, Transaction, Value

_KEEP: Final = """
INSERT INTO accounts (id, name, folded, state, email, organization)
VALUES (:id, :name, :folded, :state, :email, :organization)
ON CONFLICT (id) DO UPDATE SET
    name = excluded.name, folded = excluded.folded, state = excluded.state,
    email = excluded.email, organization = excluded.organization, gone_at = NULL,
    units = CASE WHEN accounts.organization = excluded.organization THEN accounts.units END,
    tags = CASE WHEN accounts.organization = excluded.organization THEN accounts.tags END
WHERE (accounts.name, accounts.state, accounts.email, accounts.organization)
        != (excluded.name, excluded.state, excluded.email, excluded.organization)
    OR accounts.gone_at IS NOT NULL
"""
"""OUs and tags belong to an organization: an account that moves to another one loses them."""

_FIND: Final = """
SELECT * FROM accounts
WHERE gone_at IS NULL
    AND (id = :id OR instr(folded, :name) > 0 OR (:part != '' AND instr(id, :part) > 0))
ORDER BY id != :id, folded != :name, :part = '' OR instr(id, :part) != 1, folded, id
LIMIT :limit
"""

_ALL: Final = "SELECT * FROM accounts WHERE gone_at IS NULL ORDER BY folded, id"

_PLACEMENTS: Final = """
SELECT id, units, units_at, tags, tags_at FROM accounts
WHERE organization = :organization AND gone_at IS NULL
"""

_CONTACTS: Final = """
SELECT contacts.account_id, contacts.contact
FROM contacts JOIN accounts ON accounts.id = contacts.account_id
WHERE contacts.contact IS NOT NULL AND accounts.gone_at IS NULL
"""

_COMMON: Final = """
SELECT min(contacts.contact) AS contact, count(*) AS number
FROM contacts JOIN accounts ON accounts.id = contacts.account_id
WHERE contacts.type = :type AND contacts.contact IS NOT NULL
    AND accounts.gone_at IS NULL AND accounts.state = 'ACTIVE' AND accounts.id != :account_id
GROUP BY contacts.fingerprint HAVING count(*) > 1
ORDER BY number DESC, contacts.fingerprint
LIMIT :limit
"""
"""AWS doesn't let contacts of inactive accounts be read, so what is stored may be outdated."""

_PLACE: Final = """
WITH placed (id, units, units_at, tags, tags_at) AS (
    VALUES (:id, :units, :units_at, :tags, :tags_at)
)
UPDATE accounts SET
    units = coalesce(placed.units, accounts.units),
    units_at = CASE WHEN placed.units IS NULL THEN accounts.units_at ELSE placed.units_at END,
    tags = coalesce(placed.tags, accounts.tags),
    tags_at = CASE WHEN placed.tags IS NULL THEN accounts.tags_at ELSE placed.tags_at END
FROM placed WHERE accounts.id = placed.id
"""


def keep_accounts(db: Transaction, accounts: Iterable[Account]) -> None:
    """Store accounts as listed. `Accounts.keep_placements` stores their OUs and tags."""
    db.run_each(
        _KEEP,
        (
            {
                "id": account.id,
                "name": text(account.name),
                "folded": folded(account.name),
                "state": account.state,
                "email": text(account.email),
                "organization": text(account.organization),
            }
            # One that is listed twice is one row.
            for account in {account.id: account for account in accounts}.values()
        ),
    )


class Accounts(Repository):
    """Accounts as last listed, with their OUs and tags.

    Args:
        connections: the database.
        clock: the time.
    """

    def __init__(self, connections: Connections, clock: Clock) -> None:
        super().__init__(connections, clock)
        self._domains: tuple[float, Mapping[str, AbstractSet[str]]] = (float("-inf"), {})

    def remember(self, accounts: Sequence[Account]) -> None:
        """Store accounts that were listed outside of a scan."""
        with self._connections.writing() as db:
            keep_accounts(db, accounts)

    def get(self, account_id: str) -> Account | None:
        """One account as last listed, even if it has left the organization since.

        It has the OUs and tags that were stored last, unless they are too old.
        """
        with self._connections.reading() as db:
            row = db.row("SELECT * FROM accounts WHERE id = :id", id=text(account_id))
            return self._placed(row) if row is not None else None

    def find(self, text: str, limit: int) -> list[Account]:
        """Accounts whose id or name contains `text`, or whose id `text` contains.

        Case doesn't matter. An exact id or name comes first, then ids that begin with the text,
        then the others by name.
        """
        sought = text.strip()
        if not sought:
            return []
        name = folded(sought)
        with self._connections.reading() as db:
            found = db.rows(
                _FIND,
                id=parse_account_id(sought) or "",
                part=account_id_part(sought),
                name=name,
                limit=limit,
            )
            return [self._placed(row) for row in found]

    def all(self) -> list[Account]:
        """Every account as last listed, with its OUs and tags, in the order of names."""
        # Thousands of accounts share a few hundred OUs, so equal paths are parsed once.
        paths: dict[str | None, tuple[Unit, ...] | None] = {None: None}
        oldest = time_text(self._clock.now() - MAX_STALE_AGE)
        found = []
        with self._connections.reading() as db:
            for row in db.stream(_ALL):
                units = row["units"] if (row["units_at"] or "") > oldest else None
                if units not in paths:
                    paths[units] = to_units(units)
                tags = to_tags(row["tags"]) if (row["tags_at"] or "") > oldest else None
                found.append(
                    Account(
                        row["id"],
                        row["name"],
                        row["state"],
                        row["email"],
                        row["organization"],
                        paths[units],
                        tags,
                    )
                )
        return found

    def _placed(self, row: Row) -> Account:
        """The account without OUs or tags that are too old."""
        account, oldest = to_account(row), time_text(self._clock.now() - MAX_STALE_AGE)
        return replace(
            account,
            units=account.units if (row["units_at"] or "") > oldest else None,
            tags=account.tags if (row["tags_at"] or "") > oldest else None,
        )

    def names(self) -> list[str]:
        """Every account's name, to suggest one after a typo."""
        with self._connections.reading() as db:
            sql = (
                "SELECT name FROM accounts WHERE gone_at IS NULL"
                " GROUP BY folded, name ORDER BY folded, name"
            )
            return [row["name"] for row in db.rows(sql)]

    def placements(self, organization: str) -> Mapping[str, AccountPlacement]:
        """The stored OUs and tags of an organization's accounts: {account id: …}."""
        # Thousands of accounts share a few hundred OUs, so equal paths are held in memory once.
        paths: dict[str | None, tuple[Unit, ...] | None] = {None: None}
        kept: dict[str, AccountPlacement] = {}
        with self._connections.reading() as db:
            for row in db.stream(_PLACEMENTS, organization=text(organization)):
                if row["units"] not in paths:
                    paths[row["units"]] = to_units(row["units"])
                kept[row["id"]] = AccountPlacement(
                    paths[row["units"]],
                    to_time(row["units_at"]),
                    to_tags(row["tags"]),
                    to_time(row["tags_at"]),
                )
        return kept

    def keep_placements(self, placements: Mapping[str, AccountPlacement]) -> None:
        """Store OUs and tags of known accounts; None leaves them unchanged."""
        with self._connections.writing() as db:
            db.run_each(
                _PLACE,
                (
                    {
                        "id": account_id,
                        "units": units_json(placement.units),
                        "units_at": maybe_time_text(placement.units_at),
                        "tags": tags_json(placement.tags),
                        "tags_at": maybe_time_text(placement.tags_at),
                    }
                    for account_id, placement in placements.items()
                ),
            )

    def email_domains(self, max_age: float = 0.0) -> Mapping[str, AbstractSet[str]]:
        """{domain: ids of the accounts with a contact there}, as last read."""
        now = self._clock.monotonic()
        counted_at, known = self._domains
        if now - counted_at < max_age:
            return known
        found: dict[str, set[str]] = {}
        with self._connections.reading() as db:
            for row in db.stream(_CONTACTS):
                contact = to_contact(row["contact"])
                if contact is not None:
                    found.setdefault(domain_of(contact.email), set()).add(row["account_id"])
        self._domains = now, found
        return found

    def common_contacts(
        self, contact_type: ContactType, account_id: str, limit: int
    ) -> list[tuple[AlternateContact, int]]:
        """The contacts that at least two other active accounts share, the most frequent first."""
        values: dict[str, Value] = {"type": contact_type, "account_id": account_id, "limit": limit}
        with self._connections.reading() as db:
            rows = db.rows(_COMMON, **values)
        found = ((to_contact(row["contact"]), row["number"]) for row in rows)
        return [(contact, number) for contact, number in found if contact is not None]

    def contact_history(
        self, since: datetime, changes: int
    ) -> Mapping[tuple[str, ContactType], tuple[PastContact, ...]]:
        """The readings of each contact that changed this often since then, oldest first.

        The key is (account id, type). The last reading before that time comes first.
        """
        with self._connections.reading() as db:
            return changed_often(db, since, changes)
