"""Creates the forms for exemptions and verifications from an account's open findings."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot.domain.contacts import ContactType
from bot.domain.errors import ExemptionRefused
from bot.domain.rule_catalog import Rule
from bot.services.exempt import DEFAULT_DAYS
from bot.slack.views import exemption_forms
from bot.slack.views.exemption_list import refused_message
from bot.slack.views.problem import note

if TYPE_CHECKING:
    from bot.domain.accounts import Account
    from bot.domain.findings import Finding
    from bot.services.exempt import ExemptionService
    from bot.services.ports.clock import Clock
    from bot.services.ports.findings import FindingRepository
    from bot.services.ports.store import AccountRepository
    from bot.slack.views.exemption_forms import ExemptionInput

    View = dict[str, Any]


class ExemptionForms:
    """Creates forms, and creates them again if a submission is rejected.

    Args:
        accounts: the accounts as last listed.
        findings: the open findings.
        exemptions: knows how long findings can be exempt.
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

    def exempt(self, account_id: str, contact_type: ContactType | None) -> View:
        """The form that exempts an account's findings; a message if there are none.

        Args:
            account_id: the account.
            contact_type: the contact whose findings are preselected; if None, a finding is
                preselected if it is the only one.

        Raises:
            ExemptionRefused: the account is unknown.
        """
        account = self._account(account_id)
        findings = self._open_findings(account_id)
        of_type = [
            finding
            for finding in findings
            if finding.key.type is contact_type or len(findings) == 1
        ]
        # Exempt findings are preselected only if there are no others: to exempt them for longer.
        chosen = [finding.id for finding in of_type if finding.exemption is None] or [
            finding.id for finding in of_type
        ]
        return self._exempt(account, contact_type, findings, chosen)

    def exempt_again(self, form: ExemptionInput, why: ExemptionRefused) -> View:
        """The form as it was filled in, with the current findings, and why it was rejected."""
        try:
            account = self._account(form.account_id)
        except ExemptionRefused as error:
            return exemption_forms.note_view(refused_message(error))
        findings = self._open_findings(form.account_id)
        held = {
            finding.id: finding.exemption.id if finding.exemption else 0 for finding in findings
        }
        chosen = [
            finding_id
            for finding_id, before in form.findings.items()
            if held.get(finding_id) == before
        ]
        return self._exempt(account, form.type, findings, chosen, form=form, why=why)

    def verify(self, account_id: str, contact_type: ContactType) -> View:
        """The form that records a manual verification, for contacts without an API.

        Raises:
            ExemptionRefused: the account is unknown.
        """
        account = self._account(account_id)
        return self._verify(
            account, {contact_type: 0} | self._unsupported(account_id), [contact_type]
        )

    def verify_again(self, form: ExemptionInput, why: ExemptionRefused) -> View:
        """The form as it was filled in, with the current findings, and why it was rejected."""
        offered = {contact_type: 0 for contact_type, finding in form.types.items() if not finding}
        offered |= self._unsupported(form.account_id)
        if not offered:
            return exemption_forms.note_view(refused_message(why))
        try:
            account = self._account(form.account_id)
        except ExemptionRefused as error:
            return exemption_forms.note_view(refused_message(error))
        return self._verify(account, offered, list(form.types), form=form, why=why)

    def _exempt(
        self,
        account: Account,
        contact_type: ContactType | None,
        findings: list[Finding],
        chosen: list[int],
        *,
        form: ExemptionInput | None = None,
        why: ExemptionRefused | None = None,
    ) -> View:
        if not findings:
            named = account.name or account.id
            text = f"{named} has no open findings."
            if why is not None:
                text = f"{why} {text}"
            return exemption_forms.note_view(note(text))
        today, days = self._clock.now().date(), self._exemptions.days(account)
        until = today + timedelta(days=min(DEFAULT_DAYS, days))
        return exemption_forms.exemption_view(
            account.name,
            account.id,
            findings,
            chosen,
            until=form.until if form is not None and form.until is not None else until,
            last=today + timedelta(days=days),
            contact_type=contact_type,
            reason=form.reason if form is not None else "",
            notice=why,
            revision=form.revision + 1 if form is not None else 0,
        )

    def _verify(
        self,
        account: Account,
        offered: dict[ContactType, int],
        chosen: list[ContactType],
        *,
        form: ExemptionInput | None = None,
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
            valid_until=self._clock.now().date() + timedelta(days=days),
            seen=form.reason if form is not None else "",
            notice=why,
            revision=form.revision + 1 if form is not None else 0,
        )

    def _account(self, account_id: str) -> Account:
        account = self._accounts.get(account_id)
        if account is None:
            raise ExemptionRefused(
                "This account is no longer known.",
                "It may have left the organization. To search for it, type /altcontact check <id>.",
            )
        return account

    def _open_findings(self, account_id: str) -> list[Finding]:
        order = list(ContactType)
        found = self._findings.unresolved(account_id)
        return sorted(
            found, key=lambda finding: (order.index(finding.key.type), finding.key.rule.value)
        )

    def _unsupported(self, account_id: str) -> dict[ContactType, int]:
        """The contacts that can't be checked because AWS has no API: {type: id of the finding}."""
        return {
            finding.key.type: finding.id
            for finding in self._findings.unresolved(account_id)
            if finding.key.rule is Rule.UNSUPPORTED
        }
