"""Makes the forms that set aside and verify from what stands of an account now."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot.domain.contacts import ContactType
from bot.domain.errors import ExemptionRefused
from bot.domain.rule_catalog import Rule
from bot.services.exempt import USUAL_DAYS
from bot.slack.views import exemption_forms
from bot.slack.views.exemption_list import refused_message
from bot.slack.views.problem import note

if TYPE_CHECKING:
    from bot.domain.contacts import Account
    from bot.domain.findings import Finding
    from bot.services.exempt import ExemptionService
    from bot.services.ports.clock import Clock
    from bot.services.ports.store import AccountRepository, FindingRepository
    from bot.slack.views.exemption_forms import Asked

    View = dict[str, Any]


class ExemptionForms:
    """Makes forms at first, and again where one was not taken.

    Args:
        accounts: the accounts as last listed.
        findings: what stands of them.
        exemptions: knows for how long findings may be set aside.
        clock: the time.
    """

    def __init__(
        self,
        accounts: AccountRepository,
        findings: FindingRepository,
        exemptions: ExemptionService,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._findings = findings
        self._exemptions = exemptions
        self._clock = clock

    def set_aside(self, account_id: str, contact_type: ContactType | None) -> View:
        """The form that sets an account's findings aside; what stands in its place if none does.

        Args:
            account_id: whose findings.
            contact_type: the contact whose findings are chosen at first; None for the only one,
                if it is.

        Raises:
            ExemptionRefused: the account is not known.
        """
        account = self._account(account_id)
        findings = self._standing(account_id)
        mine = [each for each in findings if each.key.type is contact_type or len(findings) == 1]
        # What is set aside is chosen only where that is all there is: to set it aside for longer.
        chosen = [each.id for each in mine if each.exemption is None] or [each.id for each in mine]
        return self._set_aside(account, contact_type, findings, chosen)

    def set_aside_again(self, asked: Asked, why: ExemptionRefused) -> View:
        """The same form as it was filled in, as things stand now, and why it was not taken."""
        try:
            account = self._account(asked.account_id)
        except ExemptionRefused as error:
            return exemption_forms.note_view(refused_message(error))
        findings = self._standing(asked.account_id)
        held = {each.id: each.exemption.id if each.exemption else 0 for each in findings}
        chosen = [each for each, before in asked.findings.items() if held.get(each) == before]
        return self._set_aside(account, asked.type, findings, chosen, asked=asked, why=why)

    def verify(self, account_id: str, contact_type: ContactType) -> View:
        """The form that records what was seen of contacts that AWS cannot be asked for.

        Raises:
            ExemptionRefused: the account is not known.
        """
        account = self._account(account_id)
        return self._verify(
            account, {contact_type: 0} | self._unsupported(account_id), [contact_type]
        )

    def verify_again(self, asked: Asked, why: ExemptionRefused) -> View:
        """The same form as it was filled in, as things stand now, and why it was not taken."""
        offered = {each: 0 for each, finding in asked.types.items() if not finding}
        offered |= self._unsupported(asked.account_id)
        if not offered:
            return exemption_forms.note_view(refused_message(why))
        try:
            account = self._account(asked.account_id)
        except ExemptionRefused as error:
            return exemption_forms.note_view(refused_message(error))
        return self._verify(account, offered, list(asked.types), asked=asked, why=why)

    def _set_aside(
        self,
        account: Account,
        contact_type: ContactType | None,
        findings: list[Finding],
        chosen: list[int],
        *,
        asked: Asked | None = None,
        why: ExemptionRefused | None = None,
    ) -> View:
        if not findings:
            named = account.name or account.id
            told = f"Nothing stands against {named}: there is nothing to set aside."
            if why is not None:
                told = f"{why} {told}"
            return exemption_forms.note_view(note(told))
        today, days = self._clock.now().date(), self._exemptions.days(account)
        until = today + timedelta(days=min(USUAL_DAYS, days))
        return exemption_forms.set_aside_view(
            account.name,
            account.id,
            findings,
            chosen,
            until=asked.until if asked is not None and asked.until is not None else until,
            last=today + timedelta(days=days),
            contact_type=contact_type,
            reason=asked.reason if asked is not None else "",
            notice=why,
            revision=asked.revision + 1 if asked is not None else 0,
        )

    def _verify(
        self,
        account: Account,
        offered: dict[ContactType, int],
        chosen: list[ContactType],
        *,
        asked: Asked | None = None,
        why: ExemptionRefused | None = None,
    ) -> View:
        days = self._exemptions.verified_days(account)
        return exemption_forms.verify_view(
            account.name,
            account.id,
            {
                contact_type: offered[contact_type]
                for contact_type in ContactType
                if contact_type in offered
            },
            chosen,
            good_until=self._clock.now().date() + timedelta(days=days),
            seen=asked.reason if asked is not None else "",
            notice=why,
            revision=asked.revision + 1 if asked is not None else 0,
        )

    def _account(self, account_id: str) -> Account:
        account = self._accounts.get(account_id)
        if account is None:
            raise ExemptionRefused("This account is not known any more.")
        return account

    def _standing(self, account_id: str) -> list[Finding]:
        order = list(ContactType)
        found = self._findings.unresolved(account_id)
        return sorted(found, key=lambda each: (order.index(each.key.type), each.key.rule.value))

    def _unsupported(self, account_id: str) -> dict[ContactType, int]:
        """The contacts that cannot be checked for want of an API, by what says so."""
        return {
            each.key.type: each.id
            for each in self._findings.unresolved(account_id)
            if each.key.rule is Rule.UNSUPPORTED
        }
