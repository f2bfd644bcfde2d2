"""The use case *exempt*: set findings aside for a time, verify by hand, and end either early.

Who may change contacts may do this; nobody else may. What was shown to the person is compared with
what stands, so that nobody sets aside, unknowingly, what somebody else did or mended meanwhile.
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
    from bot.domain.contacts import ContactType
    from bot.domain.exemptions import Exemption
    from bot.domain.findings import Finding
    from bot.services.account_policy import AccountPolicies
    from bot.services.ports.clock import Clock
    from bot.services.ports.slack import Actor, Authorizer
    from bot.services.ports.store import Store

_log = structlog.get_logger(__name__)

DEFAULT_DAYS: Final = 90
"""Days for which a finding is set aside unless the person chooses others, or may not."""

FINDINGS, TYPES, REASON, UNTIL = "findings", "types", "reason", "until"
"""The fields of the forms."""

_NOON: Final = time(12, tzinfo=UTC)
"""When a day's exemptions end: it is that day then almost everywhere."""


class ExemptionService:
    """Sets findings aside. Safe to call from several threads.

    Args:
        store: what is remembered.
        fixers: who may change contacts, and so set aside what is said of them.
        policies: look up what accounts should have.
        clock: the time.
        on_recorded: called when something changed what is announced.
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
        """For how many days this account's findings may be set aside at most."""
        return min(self._limit(account, "exemption_days"), LONGEST_EXEMPTION)

    def verified_days(self, account: Account) -> int:
        """For how many days a look at this account by hand is good."""
        return self._limit(account, "verification_days")

    def grant(
        self, actor: Actor, account_id: str, shown: Mapping[int, int], reason: str, until: date
    ) -> list[Exemption]:
        """Set findings of an account aside, all or none.

        Args:
            actor: who asks; their right is asked for anew.
            account_id: whose findings.
            shown: {id of a finding: id of what set it aside when it was shown, 0 for nothing}.
            reason: why.
            until: the day on which they are open again.

        Raises:
            NotAllowed: the person is not a fixer, or Slack could not say.
            ExemptionRefused: the form is not right, or something else stands than was shown.
            StoreError: it could not be recorded.
        """
        self._fixers.require_fixer(actor, fresh=True)
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
                # Slack handed the same form in twice.
                return repeated
            for finding, exemption_id in zip(found, shown.values(), strict=True):
                _refuse_if_other(finding, exemption_id)
            # A rule of a contact may be undecided and broken at once: that is one to set aside.
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
        """Record that a person looked at contacts by hand, where AWS has no API for that.

        Args:
            actor: who looked; their right is asked for anew.
            account_id: whose contacts.
            shown: {type: id of the finding that it cannot be checked, 0 where there was none}.
            observation: what the person saw.

        Raises:
            NotAllowed: the person is not a fixer, or Slack could not say.
            ExemptionRefused: the form is not right, or a finding was resolved meanwhile.
            StoreError: it could not be recorded.
        """
        self._fixers.require_fixer(actor, fresh=True)
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
                # Slack handed the same form in twice.
                return repeated
            requests = [
                ExemptionRequest(kind, account_id, contact_type, rule, reason, user_id, until)
                for contact_type in shown
            ]
            return self._record(requests, account)

    def end(self, actor: Actor, exemption_id: int) -> Exemption:
        """End an exemption or a verification ahead of its day.

        Raises:
            NotAllowed: the person is not a fixer, or Slack could not say.
            ExemptionRefused: it has ended already, or there is none.
            StoreError: it could not be recorded.
        """
        self._fixers.require_fixer(actor, fresh=True)
        user_id = actor.user_id
        with self._lock:
            before = self._store.exemptions.get(exemption_id)
            if before is not None and before.ended_at is not None:
                raise _ended(before)
            ended = self._store.exemptions.end(exemption_id, user_id)
        if ended is None:
            raise ExemptionRefused("There is no such exemption.")
        if ended.ended_by != user_id:
            raise _ended(ended)
        _log.info("exemption ended", exemption=exemption_id, user=user_id)
        self._on_recorded()
        return ended

    def _account(self, account_id: str) -> Account:
        account = self._store.accounts.get(account_id)
        if account is None:
            raise ExemptionRefused("This account is not known any more.", "Look for it by its id.")
        return account

    def _limit(self, account: Account, key: str) -> int:
        """What the policy says of an account; the least of all tables where that is not known."""
        found = self._policies.of(account)
        if found.known is not None:
            return int(getattr(found.known, key))
        values = (table.values.get(key) for table in found.policy.tables)
        return min(value for value in values if isinstance(value, int))

    def _end_of(self, until: date, days: int) -> datetime:
        now = self._clock.now()
        if until <= now.date():
            raise ExemptionRefused("Choose a day that is still to come.", field=UNTIL)
        last = now.date() + timedelta(days=days)
        if until > last:
            raise ExemptionRefused(
                f"The policy lets findings of this account be set aside for {days} days at most: "
                f"until {last:%Y-%m-%d}.",
                field=UNTIL,
            )
        return min(datetime.combine(until, _NOON), now + timedelta(days=days))

    def _record(self, requests: Sequence[ExemptionRequest], account: Account) -> list[Exemption]:
        granted = self._store.exemptions.grant(requests, account.name)
        for request in requests:
            _log.info(
                "set aside",
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
    # A line separator is what some programs put where a line ends.
    stripped = tidy("\n".join(typed.splitlines()))
    if len(visible(stripped)) < SHORTEST_REASON:
        words = f"Please say more: at least {SHORTEST_REASON} characters, for who reads it later."
        raise ExemptionRefused(words, field=REASON)
    if is_reordered(stripped):
        words = "Please type this anew: it has hidden characters that show text in another order."
        raise ExemptionRefused(words, field=REASON)
    if len(stripped) > LONGEST_REASON:
        raise ExemptionRefused(f"At most {LONGEST_REASON} characters, please.", field=REASON)
    return stripped


def _same(
    exemption: Exemption,
    user_id: str,
    reason: str,
    until: datetime,
    kind: ExemptionKind = ExemptionKind.EXEMPTION,
) -> bool:
    request = exemption.request
    # By the day: the longest time that is allowed ends at another moment each time it is asked.
    wanted = (kind, user_id, reason, until.date())
    return (request.kind, request.user_id, request.reason, request.until.date()) == wanted


def _refuse_if_other(finding: Finding | None, shown: int) -> None:
    """Refuse to set aside a finding that is no longer as the person was shown it."""
    if finding is None:
        raise _resolved()
    now = finding.exemption
    if (now.id if now is not None else 0) == shown:
        return
    if now is None:
        raise ExemptionRefused("What set a finding aside was ended meanwhile.", "Look again below.")
    raise ExemptionRefused(
        "Somebody else set a finding aside meanwhile, "
        f"until {now.request.until:%Y-%m-%d}; that stands.",
        "Look again below.",
        by=now.request.user_id,
    )


def _resolved() -> ExemptionRefused:
    return ExemptionRefused(
        "A finding was resolved meanwhile: there is nothing left to set aside of it.",
        "Look again below.",
    )


def _ended(exemption: Exemption) -> ExemptionRefused:
    noun = "verification" if exemption.request.kind is ExemptionKind.VERIFICATION else "exemption"
    return ExemptionRefused(
        f"This {noun} has ended already, {exemption.ended_at:%Y-%m-%d %H:%M} UTC.",
        by=exemption.ended_by,
    )
