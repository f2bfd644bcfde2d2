"""Gathers what a form starts from: the contact in AWS, the policy, exemptions, a suggestion."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bot.domain.accounts import Account
from bot.domain.as_code.code_contact import CodeContact
from bot.domain.as_code.snippets import snippets
from bot.domain.contacts import FIELDS
from bot.domain.errors import GatewayError
from bot.domain.failures import failure
from bot.domain.policy.account_policy import Presence
from bot.domain.readings import Absent, Present, Unreadable, Unsupported
from bot.domain.rule_catalog import Rule
from bot.domain.rules.expected_values import prefill
from bot.services.ports.aws import Priority

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.as_code.snippets import Snippet
    from bot.domain.contacts import AlternateContact, ContactType
    from bot.domain.exemptions import Exemption
    from bot.domain.failures import Failure
    from bot.domain.policy.account_policy import AccountPolicy, ManagedBy
    from bot.services.account_policy import AccountPolicies
    from bot.services.fix_suggestions import CommonContact, FixSuggestions
    from bot.services.ports.aws import Contacts
    from bot.services.ports.clock import Clock
    from bot.services.ports.store import Store


@dataclass(frozen=True, slots=True)
class FormContent:
    """What a form starts from.

    `held` is the contact in AWS at `shown_at`, None if none is set. `values` is what the fields
    start with, None if they start empty; `from_policy` names the fields whose value comes from the
    policy. `policy` is None if it isn't known. `exemptions` are those of this contact, in force.
    `is_own_account`: AWS accepts the account's id only if it is left out.
    """

    account: Account
    type: ContactType
    shown_at: datetime
    held: AlternateContact | None = field(default=None, repr=False)
    values: AlternateContact | None = field(default=None, repr=False)
    from_policy: frozenset[str] = frozenset()
    policy: AccountPolicy | None = None
    exemptions: tuple[Exemption, ...] = ()
    suggestion: CommonContact | None = None
    is_own_account: bool = False

    @property
    def tool(self) -> ManagedBy | None:
        """The tool that keeps this contact as code, if any."""
        return self.policy.managed_by if self.policy is not None else None

    def as_code(self, contact: AlternateContact, *, exists: bool) -> tuple[Snippet, ...]:
        """What to paste into the tool's code; nothing if no tool keeps this contact.

        Args:
            contact: the contact as it should be.
            exists: whether AWS has a contact of this type.
        """
        if self.tool is None:
            return ()
        wanted = CodeContact(
            self.account.id,
            self.account.name,
            self.type,
            contact,
            exists=exists,
            is_own_account=self.is_own_account,
        )
        return snippets(self.tool, wanted)

    @property
    def is_forbidden(self) -> bool:
        """Whether the policy forbids this contact, and no exemption allows it."""
        if self.policy is None or self.policy.presence[self.type] is not Presence.FORBIDDEN:
            return False
        return not self._is_exempt(Rule.FORBIDDEN)

    @property
    def is_compared(self) -> bool:
        """Whether a value that the policy doesn't expect is non-compliant."""
        is_on = self.policy is not None and Rule.DIFFERENT in self.policy.severities
        return is_on and not self._is_exempt(Rule.DIFFERENT)

    def _is_exempt(self, rule: Rule) -> bool:
        return any(each.request.rule is rule for each in self.exemptions)


class FixForms:
    """Gathers what forms start from. Safe to call from several threads.

    Args:
        gateway: AWS.
        store: what is remembered.
        policies: look up what accounts should have.
        suggestions: suggest what to save.
        clock: the time.
    """

    def __init__(
        self,
        gateway: Contacts,
        store: Store,
        policies: AccountPolicies,
        suggestions: FixSuggestions,
        clock: Clock,
    ) -> None:
        self._gateway = gateway
        self._store = store
        self._policies = policies
        self._suggestions = suggestions
        self._clock = clock

    def load(
        self,
        account_id: str,
        contact_type: ContactType,
        *,
        typed: AlternateContact | None = None,
        copied: AlternateContact | None = None,
    ) -> FormContent:
        """Read a contact from AWS, and gather the rest.

        Args:
            account_id: whose contact.
            contact_type: which contact.
            typed: what the person typed before; it is kept as it is.
            copied: the contact of another account to start from, instead of the one in AWS.

        Raises:
            GatewayError: the contact couldn't be read.
            StoreError: the rest couldn't be looked up.
        """
        known = self._known(account_id, contact_type)
        held: AlternateContact | None = None
        match self._gateway.read(account_id, contact_type, Priority.INTERACTIVE):
            case Present(contact):
                held = contact
            case Absent():
                pass
            case Unreadable(why) | Unsupported(why):
                raise GatewayError(_of_state(known.account, why))
        values, from_policy = typed or copied or held, frozenset[str]()
        may_fill_in = typed is None and (values is None or known.is_compared)
        if may_fill_in and known.policy is not None:
            values, from_policy = prefill(values, known.policy.expected[contact_type])
        content = replace(known, held=held, values=values, from_policy=from_policy)
        return content if content.is_forbidden else self._with_suggestion(content)

    def load_shown(
        self, account_id: str, contact_type: ContactType, values: AlternateContact
    ) -> FormContent:
        """Gather everything but the contact in AWS, for a form that is on the screen already.

        Args:
            account_id: whose contact.
            contact_type: which contact.
            values: the values that are to be in the form.

        Raises:
            StoreError: it couldn't be looked up.
        """
        known = self._known(account_id, contact_type)
        return self._with_suggestion(replace(known, values=values))

    def _known(self, account_id: str, contact_type: ContactType) -> FormContent:
        """What is stored about an account and its contact."""
        exempt = self._store.exemptions.in_force().get(account_id, {})
        exemptions = {each.id: each for (of, _), each in exempt.items() if of is contact_type}
        scan = self._store.scans.last()
        return FormContent(
            self._store.accounts.get(account_id) or Account(account_id, account_id),
            contact_type,
            self._clock.now(),
            policy=self._policies.known(account_id),
            exemptions=tuple(exemptions.values()),
            is_own_account=scan is not None and account_id in scan.own_accounts,
        )

    def _with_suggestion(self, content: FormContent) -> FormContent:
        if content.from_policy.issuperset(FIELDS):
            return content
        suggestion = self._suggestions.common_contact(content.account.id, content.type)
        if suggestion is None or suggestion.contact == content.values:
            return content
        return replace(content, suggestion=suggestion)


def _of_state(account: Account, why: Failure) -> Failure:
    """Why a contact couldn't be read, with the account's state if that explains it."""
    if account.is_active or not why.cause.is_denial:
        return why
    state = account.state_words
    return failure(
        why.cause,
        code=why.code,
        message=f"This account is {state}, so AWS doesn't allow its contacts to be read or "
        "changed.",
        remedy="If it is active again, run /altcontact check, then open the form again.",
    )
