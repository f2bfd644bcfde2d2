"""Entries of the audit log: who did what to which account, each chained to the one before.

The hash of an entry covers everything except the contacts themselves. Of those it covers salted
digests, so that contacts can be wiped later without breaking the chain.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from bot.domain.contacts import FIELDS, AlternateContact
from bot.domain.masking import mask

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.domain.contacts import ContactType

BOT: Final = "bot"
"""The actor of what the bot does by itself."""

ACTOR: Final = re.compile(r"[UW][A-Z0-9]{1,20}|bot|cli:.+")
"""What an actor looks like. A payload that is forged can name anybody in any form."""

UNKNOWN: Final = "unknown"
"""The actor of a request that names nobody in this form."""

GENESIS: Final = "0" * 64
"""What the first entry has in place of the hash before it."""

_FORM: Final = "altcontact-audit-1"
"""The version of the canonical form. A new form needs a new name."""


class AuditAction(StrEnum):
    """What an entry is about."""

    COMMAND = "command"
    REFUSED = "refused"
    PAYLOAD_REFUSED = "payload_refused"

    BOT_STARTED = "bot_started"
    DATABASE_RESTORED = "database_restored"
    POLICY_LOADED = "policy_loaded"
    POLICY_REFUSED = "policy_refused"

    FIX_PLANNED = "fix_planned"
    WRITE_SENT = "write_sent"
    WRITE_ACCEPTED = "write_accepted"
    VERIFIED = "verified"
    NOT_VERIFIED = "not_verified"
    FIX_FAILED = "fix_failed"
    FIX_TAKEN_OVER = "fix_taken_over"

    REQUESTED = "requested"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    VOIDED = "voided"
    BYPASSED = "bypassed"

    RUN_PREVIEWED = "run_previewed"
    RUN_STARTED = "run_started"
    RUN_INTERRUPTED = "run_interrupted"
    RUN_STOPPED = "run_stopped"
    RUN_ENDED = "run_ended"
    RUN_CANCELED = "run_canceled"
    AUTO_FIX_PAUSED = "auto_fix_paused"

    EXEMPTION_GRANTED = "exemption_granted"
    EXEMPTION_ENDED = "exemption_ended"
    EXEMPTION_EXPIRED = "exemption_expired"
    VERIFIED_MANUALLY = "verified_manually"

    REDACTED = "redacted"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Something to put on record.

    Attributes:
        action: what happened.
        actor: who caused it: a Slack user id (`U…`, `W…`), `bot`, or `cli:<user of the system>`.
        account_id: the account that it is about; empty if none.
        type: the contact type that it is about, if any.
        fix_id: the fix that it belongs to, if any.
        run_id: the run that it belongs to, if any.
        before: the contact before; None if there was none, or if the action has none.
        after: the contact after; None likewise.
        request_id: AWS's id of the request, to find it in CloudTrail; empty if unknown.
        details: more, as text by name. Must not contain personal data: it can't be wiped.
    """

    action: AuditAction
    actor: str
    account_id: str = ""
    type: ContactType | None = None
    fix_id: int | None = None
    run_id: int | None = None
    before: AlternateContact | None = field(default=None, repr=False)
    after: AlternateContact | None = field(default=None, repr=False)
    request_id: str = ""
    details: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """An entry as stored: the values of its columns, which may have been tampered with.

    `details` is JSON. `before` and `after` are JSON of the contacts, or None if there is none or if
    they were wiped; `salt` is None then too. The digests are JSON of a digest for each field, empty
    if there is no contact. `previous` is the hash of the entry before, `hash` the one of this.
    """

    number: int
    at: str
    action: str
    actor: str
    account_id: str
    type: str
    fix_id: int | None
    run_id: int | None
    request_id: str
    details: str
    before: str | None = field(repr=False)
    after: str | None = field(repr=False)
    salt: str | None = field(repr=False)
    before_digest: str
    after_digest: str
    previous: str
    hash: str

    @property
    def moment(self) -> datetime | None:
        """When it happened; None if the stored time can't be read."""
        try:
            return datetime.fromisoformat(self.at)
        except (TypeError, ValueError):
            return None

    @property
    def has_contacts(self) -> bool:
        """Whether it was recorded with a contact, which may have been wiped since."""
        return bool(self.before_digest or self.after_digest)

    @property
    def is_wiped(self) -> bool:
        """Whether its contacts were wiped."""
        return self.has_contacts and (self.before, self.after, self.salt) == (None, None, None)

    @property
    def changed_fields(self) -> tuple[str, ...]:
        """The contact fields that differ between before and after, which digests show too."""
        before, after = _parsed(self.before_digest), _parsed(self.after_digest)
        return tuple(name for name in FIELDS if before.get(name) != after.get(name))

    def details_by_name(self) -> Mapping[str, str]:
        """The details; empty if they can't be read."""
        return {str(name): str(value) for name, value in _parsed(self.details).items()}

    def contacts(self) -> tuple[AlternateContact | None, AlternateContact | None]:
        """The contacts before and after; None for one that is not there or can't be read."""
        return _to_contact(self.before), _to_contact(self.after)


COLUMNS: Final = tuple(column.name for column in fields(AuditRecord))
"""The columns of a record, in order."""


def seal(entry: AuditEntry, number: int, at: datetime, previous: str, salt: str) -> AuditRecord:
    """The record of an entry, with its hash.

    Args:
        entry: what happened.
        number: its place in the log, from 1.
        at: when.
        previous: the hash of the entry before; `GENESIS` for the first.
        salt: a random text, new for each entry. Without it nobody can guess a contact by its
            digests; it is wiped together with the contacts.
    """
    details = {name: mask(_stored(value)) for name, value in sorted(entry.details.items())}
    has_contacts = entry.before is not None or entry.after is not None
    unsealed = AuditRecord(
        number=number,
        at=at.astimezone(UTC).isoformat(timespec="microseconds"),
        action=entry.action.value,
        actor=_stored(entry.actor),
        account_id=_stored(entry.account_id),
        type=entry.type.value if entry.type is not None else "",
        fix_id=entry.fix_id,
        run_id=entry.run_id,
        request_id=_stored(entry.request_id),
        details=_json(details),
        before=_contact_text(entry.before),
        after=_contact_text(entry.after),
        salt=salt if has_contacts else None,
        before_digest=contact_digest(_contact_text(entry.before), salt),
        after_digest=contact_digest(_contact_text(entry.after), salt),
        previous=previous,
        hash="",
    )
    return replace(unsealed, hash=hash_of(unsealed))


def hash_of(record: AuditRecord) -> str:
    """The hash that a record should have: SHA-256 of its canonical form, as 64 hex digits.

    The canonical form is a JSON array of the form's name and all columns except `before`, `after`,
    `salt` and `hash`, in ASCII, without white space.
    """
    covered = [
        _FORM,
        record.number,
        record.at,
        record.action,
        record.actor,
        record.account_id,
        record.type,
        record.fix_id,
        record.run_id,
        record.request_id,
        record.details,
        record.before_digest,
        record.after_digest,
        record.previous,
    ]
    return hashlib.sha256(_json(covered).encode()).hexdigest()


def contact_digest(contact: str | None, salt: str) -> str:
    """The digests of a contact's fields, as JSON; empty if there is no contact.

    A field has the same digest before and after if it is the same, so that the digests show which
    fields changed even after the contacts were wiped.

    Args:
        contact: the contact as stored.
        salt: the salt of the entry.

    Raises:
        ValueError: the text is no contact.
    """
    if contact is None:
        return ""
    values = json.loads(contact)
    if not isinstance(values, list) or len(values) != len(FIELDS):
        raise ValueError("no contact")
    digests = {
        name: hashlib.sha256(_json([salt, name, value]).encode()).hexdigest()
        for name, value in zip(FIELDS, values, strict=True)
    }
    return _json(digests)


def _contact_text(contact: AlternateContact | None) -> str | None:
    if contact is None:
        return None
    return _json([contact.name, contact.title, contact.email, contact.phone])


def _to_contact(text: str | None) -> AlternateContact | None:
    try:
        return AlternateContact(*map(str, json.loads(text))) if text is not None else None
    except (TypeError, ValueError):
        return None


def _parsed(text: str) -> dict[str, object]:
    try:
        found = json.loads(text) if text else {}
    except (TypeError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _json(value: object) -> str:
    # ASCII, so that even a lone surrogate is stored; a tampered column may hold bytes.
    return json.dumps(value, separators=(",", ":"), default=repr)


def _stored(text: str) -> str:
    """Text as the database stores it: a lone surrogate, which it refuses, becomes `?`."""
    return text.encode("utf-8", "replace").decode()
