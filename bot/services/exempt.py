"""The use case *exempt*: exempt findings for a time, record manual verifications, end either early.

Only fixers may do this. The findings that the person saw are compared with the current ones, so
that nobody unknowingly exempts what somebody else has exempted or fixed in the meantime.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

import structlog

from bot.domain.errors import ExemptionRefused
from bot.domain.exemptions import LONGEST_REASON, SHORTEST_REASON, ExemptionKind, ExemptionRequest
from bot.domain.policy.account_policy import LONGEST_EXEMPTION
from bot.domain.rule_catalog import Rule
from bot.domain.visible_text import is_reordered, tidy, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from bot.domain.accounts import Account
    from bot.domain.actors import Actor
    from bot.domain.contacts import ContactType
    from bot.domain.exemptions import Exemption
    from bot.domain.findings import Finding
    from bot.services.account_policy import AccountPolicies
    from bot.services.ports.clock import Clock
    from bot.services.ports.slack import Authorizer
    from bot.services.ports.store import Store

_log = structlog.get_logger(__name__)

DEFAULT_DAYS: Final = 90
"""Days of an exemption unless the person chooses otherwise, or the policy allows fewer."""

_LIST: Final = "To see all exemptions, type /altcontact exemptions."
_SEARCH: Final = "It may have left the organization. To search for it, type /altcontact check <id>."
_REVIEW: Final = "Review the findings that are left, then submit again."

FINDINGS, TYPES, REASON, UNTIL = "findings", "types", "reason", "until"
"""The fields of the forms."""

_NOON: Final = time(12, tzinfo=UTC)
"""When exemptions end on their last day: it is that day then almost everywhere on earth."""


class ExemptionService:
    """Grants and ends exemptions and verifications. Safe to use from several threads.

    Args:
        store: findings, accounts and exemptions.
        fixers: who may change contacts, and so exempt findings.
        policies: look up what accounts should have.
        clock: the time.
        on_recorded: called after a change that alerts have to show.
    """

    def __init__(
        self,
        store: Store,
        fixers: Authorizer,
        policies: AccountPolicies,
        clock: Clock,
        *,
        on_recorded: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._fixers = fixers
        self._policies = policies
        self._clock = clock
        self._on_recorded = on_recorded
        self._lock = threading.Lock()

    def days(self, account: Account) -> int:
        """For how many days this account's findings can be exempt at most."""
        return min(self._limit(account, "exemption_days"), LONGEST_EXEMPTION)

    def verified_days(self, account: Account) -> int:
        """For how many days a manual verification of this account is valid."""
        return self._limit(account, "verification_days")

    def grant(
        self, actor: Actor, account_id: str, shown: Mapping[int, int], reason: str, until: date
    ) -> list[Exemption]:
        """Exempt findings of an account, all or none.

        Args:
            actor: who asks; Slack is asked again whether they are a fixer.
            account_id: the account.
            shown: {id of a finding: id of its exemption when it was shown, 0 for none}.
            reason: why.
            until: the day on which the findings are open again.

        Raises:
            NotAllowed: the person isn't a fixer, or Slack couldn't say.
            ExemptionRefused: a field is invalid, or the findings changed since they were shown.
            StoreError: it couldn't be recorded.
        """
        self._fixers.require_fixer(actor, account_id, fresh=True)
        user_id = actor.user_id
        account = self._account(account_id)
        if not shown:
            raise ExemptionRefused("Choose at least one finding.", field=FINDINGS)
        reason = _reason(reason)
        end = self._end_of(until, self.days(account))
        with self._lock:
            unresolved = {
                finding.id: finding for finding in self._store.findings.unresolved(account_id)
            }
            found = [unresolved.get(finding_id) for finding_id in shown]
            made = [
                finding.exemption for finding in found if finding is not None and finding.exemption
            ]
            repeated = [exemption for exemption in made if _same(exemption, user_id, reason, end)]
            if len(repeated) == len(found):
                # Slack submitted the same form twice.
                return repeated
            for finding, exemption_id in zip(found, shown.values(), strict=True):
                _refuse_if_other(finding, exemption_id)
            # A rule can be violated and impossible to evaluate at once; that is one exemption.
            keys = dict.fromkeys(
                (finding.key.type, finding.key.rule) for finding in found if finding
            )
            requests = [
                ExemptionRequest(
                    ExemptionKind.EXEMPTION,
                    account_id,
                    contact_type,
                    rule,
                    reason,
                    user_id,
                    end,
                )
                for contact_type, rule in keys
            ]
            return self._record(requests, account)

    def verify(
        self, actor: Actor, account_id: str, shown: Mapping[ContactType, int], observation: str
    ) -> list[Exemption]:
        """Record that a person verified contacts manually, if AWS has no API for that.

        Args:
            actor: who verified; Slack is asked again whether they are a fixer.
            account_id: the account.
            shown: {type: id of the finding that it can't be checked, 0 if there was none}.
            observation: what the person saw.

        Raises:
            NotAllowed: the person isn't a fixer, or Slack couldn't say.
            ExemptionRefused: a field is invalid, or a finding was resolved in the meantime.
            StoreError: it couldn't be recorded.
        """
        self._fixers.require_fixer(actor, account_id, fresh=True)
        user_id = actor.user_id
        account = self._account(account_id)
        if not shown:
            raise ExemptionRefused("Choose at least one contact.", field=TYPES)
        reason = _reason(observation)
        until = self._clock.now() + timedelta(days=self.verified_days(account))
        with self._lock:
            unresolved = {finding.id for finding in self._store.findings.unresolved(account_id)}
            if any(finding_id and finding_id not in unresolved for finding_id in shown.values()):
                raise _resolved()
            kind, rule = ExemptionKind.VERIFICATION, Rule.UNSUPPORTED
            in_force = self._store.exemptions.in_force().get(account_id, {})
            made = [in_force.get((contact_type, rule)) for contact_type in shown]
            repeated = [each for each in made if each and _same(each, user_id, reason, until, kind)]
            if len(repeated) == len(made):
                # Slack submitted the same form twice.
                return repeated
            requests = [
                ExemptionRequest(kind, account_id, contact_type, rule, reason, user_id, until)
                for contact_type in shown
            ]
            return self._record(requests, account)

    def end(self, actor: Actor, exemption_id: int) -> Exemption:
        """End an exemption or a verification early.

        Raises:
            NotAllowed: the person isn't a fixer, or Slack couldn't say.
            ExemptionRefused: it has already ended, or doesn't exist.
            StoreError: it couldn't be recorded.
        """
        known = self._store.exemptions.get(exemption_id)
        account_id = known.request.account_id if known is not None else ""
        self._fixers.require_fixer(actor, account_id, fresh=True)
        user_id = actor.user_id
        with self._lock:
            before = self._store.exemptions.get(exemption_id)
            if before is not None and before.ended_at is not None:
                raise _ended(before)
            ended = self._store.exemptions.end(exemption_id, user_id)
        if ended is None:
            raise ExemptionRefused("This exemption no longer exists.", _LIST)
        if ended.ended_by != user_id:
            raise _ended(ended)
        _log.info("exemption ended", exemption=exemption_id, user=user_id)
        self._on_recorded()
        return ended

    def _account(self, account_id: str) -> Account:
        account = self._store.accounts.get(account_id)
        if account is None:
            raise ExemptionRefused("This account is no longer known.", _SEARCH)
        return account

    def _limit(self, account: Account, key: str) -> int:
        """A limit of the policy for an account; the lowest of all sections if that is unknown."""
        found = self._policies.of(account)
        if found.known is not None:
            return int(getattr(found.known, key))
        values = (table.values.get(key) for table in found.policy.tables)
        return min(value for value in values if isinstance(value, int))

    def _end_of(self, until: date, days: int) -> datetime:
        now = self._clock.now()
        if until <= now.date():
            raise ExemptionRefused("Choose a day in the future.", field=UNTIL)
        last = now.date() + timedelta(days=days)
        if until > last:
            raise ExemptionRefused(
                f"The policy allows at most {days} days for this account: until {last:%Y-%m-%d}.",
                field=UNTIL,
            )
        return min(datetime.combine(until, _NOON), now + timedelta(days=days))

    def _record(self, requests: Sequence[ExemptionRequest], account: Account) -> list[Exemption]:
        granted = self._store.exemptions.grant(requests, account.name)
        for request in requests:
            _log.info(
                "exemption granted",
                kind=request.kind.value,
                account=request.account_id,
                type=request.type.value,
                rule=request.rule.value,
                until=f"{request.until:%Y-%m-%d}",
                user=request.user_id,
            )
        self._on_recorded()
        return granted


def _reason(typed: str) -> str:
    # Some programs end lines with a line separator instead of a line feed.
    stripped = tidy("\n".join(typed.splitlines()))
    if len(visible(stripped)) < SHORTEST_REASON:
        words = f"Enter at least {SHORTEST_REASON} characters, so that others understand it later."
        raise ExemptionRefused(words, field=REASON)
    if is_reordered(stripped):
        words = "Type this again: it has hidden characters that change the order of the text."
        raise ExemptionRefused(words, field=REASON)
    if len(stripped) > LONGEST_REASON:
        raise ExemptionRefused(f"Enter at most {LONGEST_REASON} characters.", field=REASON)
    return stripped


def _same(
    exemption: Exemption,
    user_id: str,
    reason: str,
    until: datetime,
    kind: ExemptionKind = ExemptionKind.EXEMPTION,
) -> bool:
    request = exemption.request
    # Compared by day, because the latest moment that is allowed changes with every call.
    wanted = (kind, user_id, reason, until.date())
    return (request.kind, request.user_id, request.reason, request.until.date()) == wanted


def _refuse_if_other(finding: Finding | None, shown: int) -> None:
    """Refuse to exempt a finding that has changed since the person saw it."""
    if finding is None:
        raise _resolved()
    now = finding.exemption
    if (now.id if now is not None else 0) == shown:
        return
    if now is None:
        raise ExemptionRefused("The exemption of a finding ended in the meantime.", _REVIEW)
    raise ExemptionRefused(
        "Somebody else exempted a finding in the meantime, "
        f"until {now.request.until:%Y-%m-%d}. Nothing was changed.",
        _REVIEW,
        by=now.request.user_id,
    )


def _resolved() -> ExemptionRefused:
    return ExemptionRefused(
        "A finding was resolved in the meantime.",
        _REVIEW,
    )


def _ended(exemption: Exemption) -> ExemptionRefused:
    noun = "verification" if exemption.request.kind is ExemptionKind.VERIFICATION else "exemption"
    return ExemptionRefused(
        f"This {noun} already ended on {exemption.ended_at:%Y-%m-%d at %H:%M} UTC.",
        by=exemption.ended_by,
    )
