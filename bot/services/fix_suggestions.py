"""Suggests what to save, and which account to fix next."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from bot.domain.contacts import FIELDS, AlternateContact
from bot.domain.errors import StoreError
from bot.domain.validation import validate
from bot.services.fix_precheck import FixPrecheck, Prechecked

if TYPE_CHECKING:
    from bot.domain.accounts import Account
    from bot.domain.contacts import ContactType
    from bot.services.account_policy import AccountPolicies
    from bot.services.ports.store import Store

_CANDIDATES: Final = 50
"""How many shared contacts are checked, the most frequent first, to keep a form quick."""


@dataclass(frozen=True, slots=True)
class CommonContact:
    """A contact that other accounts share, and how many of them."""

    contact: AlternateContact = field(repr=False)
    accounts: int


class FixSuggestions:
    """Suggests what to save, and which account to fix next. Safe to call from several threads.

    Args:
        store: what is remembered.
        policies: look up what accounts should have.
        phone_region: the country in whose national format phone numbers may be typed, if any.
    """

    def __init__(
        self, store: Store, policies: AccountPolicies, phone_region: str | None = None
    ) -> None:
        self._store = store
        self._policies = policies
        self._phone_region = phone_region

    def common_contact(
        self, account_id: str, contact_type: ContactType, fingerprint: str = ""
    ) -> CommonContact | None:
        """The contact that most other accounts have, of those that could be saved here.

        A contact that the form or the policy would refuse, or whose email domain would need
        confirmation, is not suggested. Without a known policy nothing is.

        Args:
            account_id: the account that needs a contact.
            contact_type: which contact.
            fingerprint: look only at the contact with this fingerprint, if given.

        Raises:
            StoreError: it couldn't be looked up.
        """
        shared = self._store.accounts.common_contacts(contact_type, account_id, _CANDIDATES)
        if not shared:
            return None
        precheck = FixPrecheck.load(account_id, self._policies, self._store)
        if not precheck.is_policy_known:
            return None
        for contact, accounts in shared:
            if fingerprint and contact.fingerprint != fingerprint:
                continue
            typed = {name: getattr(contact, name) for name in FIELDS}
            valid = validate(typed, self._phone_region)
            if not isinstance(valid, AlternateContact):
                continue
            result = precheck.check(contact_type, valid)
            if isinstance(result, Prechecked) and not result.unusual_domain:
                return CommonContact(contact, accounts)
        return None

    def next_account(self, account_id: str, contact_type: ContactType) -> Account | None:
        """The account to fix after this one: the worst open finding, in the order of the alert.

        Raises:
            StoreError: it couldn't be looked up.
        """
        return self._store.findings.next_to_fix(contact_type, besides=account_id)

    def needs_fix(self, account_id: str, contact_type: ContactType) -> bool:
        """Whether a contact still has an open finding, and nobody is fixing or has fixed it.

        Raises:
            StoreError: it couldn't be looked up.
        """
        return self._store.findings.next_to_fix(contact_type, only=account_id) is not None

    def open_types(self, account_id: str) -> tuple[ContactType, ...]:
        """The contacts of an account that still have an open finding.

        Raises:
            StoreError: it couldn't be looked up.
        """
        findings = self._store.findings.unresolved(account_id)
        return tuple(sorted({each.key.type for each in findings if each.is_open}, key=_position))

    def known_open(self, account_id: str) -> tuple[ContactType, ...] | None:
        """The same; None if it couldn't be looked up."""
        try:
            return self.open_types(account_id)
        except StoreError:
            return None


def _position(contact_type: ContactType) -> int:
    return list(type(contact_type)).index(contact_type)
