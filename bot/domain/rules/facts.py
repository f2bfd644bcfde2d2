"""What a contact is judged by besides itself.

That is Slack's members, the account's primary contact, what was read before, what is set aside.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from bot.domain.contacts import Account, AlternateContact, ContactType
    from bot.domain.exemptions import Exemption
    from bot.domain.failures import Failure
    from bot.domain.policy.policy import AccountPolicy
    from bot.domain.rule_catalog import Rule


class MemberState(StrEnum):
    """Of a member of the Slack workspace."""

    ACTIVE = "active"
    DEACTIVATED = "deactivated"


@dataclass(frozen=True, slots=True)
class Members:
    """The members of the workspace by their email addresses, of which only digests are held."""

    _active: frozenset[bytes] = field(repr=False)
    _deactivated: frozenset[bytes] = field(repr=False)

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, MemberState]]) -> Self:
        """From (address, state) pairs; an address of both states counts as active."""
        states: dict[MemberState, set[bytes]] = {state: set() for state in MemberState}
        for email, state in pairs:
            states[state].add(_digest(email))
        active = frozenset(states[MemberState.ACTIVE])
        return cls(active, frozenset(states[MemberState.DEACTIVATED]) - active)

    def __len__(self) -> int:
        return len(self._active) + len(self._deactivated)

    def state_of(self, email: str) -> MemberState | None:
        """What the member with this address is; None where there is none."""
        digest = _digest(email)
        if digest in self._active:
            return MemberState.ACTIVE
        return MemberState.DEACTIVATED if digest in self._deactivated else None


def _digest(email: str) -> bytes:
    return hashlib.blake2b(
        email.strip().casefold().encode("utf-8", "replace"), digest_size=16
    ).digest()


@dataclass(frozen=True, slots=True)
class PrimaryContact:
    """An account's primary contact, as far as rules need it: AWS holds no email address of it."""

    name: str = field(repr=False)
    phone: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PastContact:
    """A contact as it was read from a moment on; None is one that was not there."""

    contact: AlternateContact | None
    since: datetime


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What one account is judged by besides its contacts.

    `members` is None where the rules about them are off since Slack does not let the bot ask;
    `primary` is None where it was not asked for. A `Failure` says why a thing is not known.
    `history` has what was read of a contact in the last `HISTORY` days, oldest first, where that
    changed often; `exemptions` what is set aside.
    """

    primary: PrimaryContact | Failure | None = None
    members: Members | Failure | None = None
    history: Mapping[ContactType, tuple[PastContact, ...]] = field(default_factory=dict)
    exemptions: Mapping[tuple[ContactType, Rule], Exemption] = field(default_factory=dict)


NOTHING_ELSE: Final = AccountFacts()


@dataclass(frozen=True, slots=True)
class RuleInput:
    """One account with all that its contacts are judged by.

    `contacts` are those that were read and are there, `unread` why others could not be read.
    """

    account: Account
    contacts: Mapping[ContactType, AlternateContact]
    policy: AccountPolicy
    evidence: AccountFacts = NOTHING_ELSE
    unread: Mapping[ContactType, Failure] = field(default_factory=dict)


HISTORY: Final = 30
"""Days within which a contact that flips to and fro is noticed."""

FLIPS: Final = 3
"""Changes between the same two contacts, each back to the one before, that make it contested."""
