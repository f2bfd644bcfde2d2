"""The input of a rule: a contact, its account and policy, and the facts about them.

The facts are Slack's members, the primary contact, earlier readings, and exemptions.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Self

from bot.domain.policy.account_policy import Presence
from bot.domain.rules.mail_addresses import mailbox

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from bot.domain.accounts import Account
    from bot.domain.contacts import AlternateContact, ContactType
    from bot.domain.exemptions import Exemption
    from bot.domain.failures import Failure
    from bot.domain.policy.account_policy import AccountPolicy
    from bot.domain.rule_catalog import Rule


class MemberState(StrEnum):
    """Whether a member of the Slack workspace is active."""

    ACTIVE = "active"
    DEACTIVATED = "deactivated"


@dataclass(frozen=True, slots=True)
class Members:
    """The members of the workspace by digests of their email addresses."""

    _active: frozenset[bytes] = field(repr=False)
    _deactivated: frozenset[bytes] = field(repr=False)

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, MemberState]]) -> Self:
        """From (address, state) pairs; an address with both states counts as active."""
        states: dict[MemberState, set[bytes]] = {state: set() for state in MemberState}
        for email, state in pairs:
            states[state].add(_digest(email))
        active = frozenset(states[MemberState.ACTIVE])
        return cls(active, frozenset(states[MemberState.DEACTIVATED]) - active)

    def __len__(self) -> int:
        return len(self._active) + len(self._deactivated)

    def state_of(self, email: str) -> MemberState | None:
        """The state of the member with this address; None if there is none."""
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
    """An account's primary contact, as far as rules need it; AWS stores no email address for it."""

    name: str = field(repr=False)
    phone: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PastContact:
    """A contact as it was read since a given time; None if there was none."""

    contact: AlternateContact | None
    since: datetime


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What rules need to know about one account besides its contacts.

    `members` is None if their rules are off because the Slack app lacks a scope; `primary` is None
    if it was not requested. A `Failure` says why something is unknown. `history` has the contacts
    of the last `HISTORY` days, oldest first, for types that changed often.
    """

    primary: PrimaryContact | Failure | None = None
    members: Members | Failure | None = None
    history: Mapping[ContactType, tuple[PastContact, ...]] = field(default_factory=dict)
    exemptions: Mapping[tuple[ContactType, Rule], Exemption] = field(default_factory=dict)

    def member_state(self, email: str) -> MemberState | Failure | None:
        """The state of the member with this address, with or without its tag."""
        if not isinstance(self.members, Members):
            return self.members
        state = self.members.state_of(email)
        if state is None and "+" in email:
            return self.members.state_of(mailbox(email))
        return state


NO_FACTS: Final = AccountFacts()


@dataclass(frozen=True, slots=True)
class RuleInput:
    """One contact to be evaluated, with everything that rules need.

    `contacts` are the account's contacts that were read and are set; `unread` says why others
    could not be read.
    """

    account: Account
    contact_type: ContactType
    contacts: Mapping[ContactType, AlternateContact]
    policy: AccountPolicy
    facts: AccountFacts = NO_FACTS
    unread: Mapping[ContactType, Failure] = field(default_factory=dict)

    @property
    def contact(self) -> AlternateContact | None:
        """The contact to be evaluated; None if none is set."""
        return self.contacts.get(self.contact_type)

    @property
    def is_forbidden(self) -> bool:
        """Whether the policy forbids a contact of this type."""
        return self.policy.presence[self.contact_type] is Presence.FORBIDDEN


HISTORY: Final = 30
"""Days within which a contact that alternates is noticed."""

FLIPS: Final = 3
"""Changes back and forth between the same two values that make a contact contested."""
