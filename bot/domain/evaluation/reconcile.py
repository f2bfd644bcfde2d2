"""What a reading means for the known findings: which ones open, end, or stay open.

Pure: makes a plan from what is known about an account and a result; the store applies it. A
contact that could not be read proves nothing, so it ends no finding.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.domain.contacts import fingerprint
from bot.domain.evaluation.plan import (
    ChangedContact,
    FindingDetails,
    KeptContact,
    OpenedFinding,
    Plan,
    RefreshedFinding,
    ResolvedFinding,
)
from bot.domain.evaluation.resolution import (
    FIXED,
    NOT_REQUIRED,
    is_informative,
    is_resolved,
    resolution_of,
    resolution_of_all,
)
from bot.domain.findings import FindingKey, Outcome
from bot.domain.fixes import FixState
from bot.domain.policy.destination import DEFAULT_DESTINATION, Destination
from bot.domain.rule_catalog import Rule
from bot.domain.rules.changed import changed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from bot.domain.evaluation.known_account import KnownAccount, KnownFinding, ReadingTime
    from bot.domain.findings import AccountResult, Resolution, TypeResult, Verdict
    from bot.domain.fixes import Fix
    from bot.domain.policy.account_policy import AccountPolicy


def reconcile(
    known: KnownAccount, result: AccountResult, time: ReadingTime, *, by_scan: bool
) -> Plan:
    """What one account's result changes.

    Args:
        known: what is known about the account.
        result: the result; one of an account that was not scanned changes nothing.
        time: when it was read.
        by_scan: whether a scan read it. Viewing one account opens no finding, and may read fewer
            or more types than the policy requires.
    """
    if not result.was_scanned:
        return Plan()
    ending = resolution_of_all(result)
    if ending is not None:
        return Plan(resolved=_resolve_all(known.findings, ending))
    read_at = result.read_at or time.began
    plans = []
    for item in result.results:
        before = known.contacts.get(item.type)
        # A later reading that is kept takes precedence, unless it is in the future: then the clock
        # was set back.
        if before is None or not read_at < before.read_at <= time.now:
            plans.append(_reconcile_contact(known, result, item, time, by_scan=by_scan))
    if by_scan:
        judged = {item.type for item in result.results}
        unasked = (finding for finding in known.findings if finding.key.type not in judged)
        plans.append(Plan(resolved=_resolve_all(unasked, NOT_REQUIRED)))
    return Plan.of(plans)


def reconcile_fix(
    findings: Iterable[KnownFinding],
    fix: Fix,
    result: TypeResult | None,
    resolution: Resolution,
    now: datetime,
) -> Plan:
    """What a fix that was verified in AWS changes.

    Args:
        findings: those of the account that are not resolved.
        fix: the fix.
        result: the evaluated contact: rules that it still violates stay open; None resolves all
            findings.
        resolution: how they ended.
        now: when it was verified.
    """
    resolved, refreshed = [], []
    for finding in findings:
        if finding.key.type != fix.request.type:
            continue
        verdicts = result.verdicts if result is not None else ()
        violated = [verdict for verdict in verdicts if verdict.rule is finding.key.rule]
        if not violated:
            resolved.append(ResolvedFinding(finding, resolution, fix.request.user_id))
        refreshed += [
            RefreshedFinding(finding, _details_again(finding, verdict), now)
            for verdict in violated
            # A rule that was not evaluated this time says nothing new.
            if verdict.outcome is finding.key.outcome and verdict.failure is None
        ]
    return Plan(resolved=tuple(resolved), refreshed=tuple(refreshed))


def _resolve_all(
    findings: Iterable[KnownFinding], resolution: Resolution
) -> tuple[ResolvedFinding, ...]:
    return tuple(ResolvedFinding(finding, resolution) for finding in findings)


def _reconcile_contact(
    known: KnownAccount,
    result: AccountResult,
    item: TypeResult,
    time: ReadingTime,
    *,
    by_scan: bool,
) -> Plan:
    read_at = result.read_at or time.began
    fix = known.fixes.get(item.type)
    shows_fix = fix is not None and item.was_read and item.contact == fix.request.wanted
    was_reread = fix is not None and item.type in result.reread and _was_verified(fix, read_at)
    if fix is not None and not (shows_fix or was_reread) and _is_too_early(fix, read_at, time):
        return Plan()
    user_id, confirmed = _credit(fix) if fix is not None and shows_fix else ("", ())
    late = known.doubtful.get(item.type)
    if late is not None and item.was_read and item.contact == late.request.wanted:
        # AWS applied it after all, although it seemed to have failed.
        user_id, confirmed = late.request.user_id, (late.id,)
    kept = _keep(known, item, read_at, by_scan=by_scan) if item.was_read else None
    is_changed = kept is not None and kept.is_changed
    resolved, refreshed = [], []
    verdicts = {(verdict.rule, verdict.outcome): verdict for verdict in item.verdicts}
    for finding in known.findings:
        key = finding.key
        if key.type is not item.type:
            continue
        verdict = verdicts.pop((key.rule, key.outcome), None)
        if verdict is not None:
            if is_informative(verdict):
                details = _details_again(finding, verdict, result)
                refreshed.append(RefreshedFinding(finding, details, read_at))
        elif is_resolved(key, item):
            resolution = FIXED if user_id else resolution_of(key, item, result, changed=is_changed)
            resolved.append(ResolvedFinding(finding, resolution, user_id))
    return Plan(
        (kept,) if kept is not None else (),
        confirmed,
        tuple(resolved),
        tuple(refreshed),
        tuple(_opened(known, result, item, verdicts.values(), read_at)) if by_scan else (),
        _changes(known, result, item, read_at) if kept and by_scan and not user_id else (),
    )


def _is_too_early(fix: Fix, read_at: datetime, time: ReadingTime) -> bool:
    """Whether AWS may have returned the value from before a fix."""
    applied = fix.applied_at
    if applied is None and fix.state is FixState.CONFIRMED:
        applied = fix.ended_at
    return applied is not None and applied <= time.now and read_at < applied + time.consistency


def _was_verified(fix: Fix, read_at: datetime) -> bool:
    """Whether AWS had returned what a fix wrote before this was read."""
    verified = fix.state is FixState.CONFIRMED
    return verified and fix.ended_at is not None and read_at >= fix.ended_at


def _credit(fix: Fix) -> tuple[str, tuple[int, ...]]:
    """The user whose fix AWS returns, unless that was known, and the fix that this confirms."""
    if fix.state is FixState.APPLIED and fix.ended_at is not None:
        return fix.request.user_id, (fix.id,)
    return (fix.request.user_id if fix.ended_at is None else ""), ()


def _keep(
    known: KnownAccount, item: TypeResult, read_at: datetime, *, by_scan: bool
) -> KeptContact:
    # A change is announced only once the contact is known to be compliant, by this or a later scan.
    checked = by_scan and item.outcome is not Outcome.UNKNOWN
    before = known.contacts.get(item.type)
    return KeptContact(item.type, item.contact, fingerprint(item.contact), read_at, checked, before)


def _changes(
    known: KnownAccount, result: AccountResult, item: TypeResult, read_at: datetime
) -> tuple[ChangedContact, ...]:
    before, policy = known.contacts.get(item.type), result.policy
    fixed_to = known.fixed_to.get(item.type)
    if before is None or not changed(policy, item, before.checked_fingerprint, fixed_to):
        return ()
    key = FindingKey(result.account.id, item.type, item.outcome, Rule.CHANGED)
    return (ChangedContact(key, _destination(policy), before.checked, item.contact, read_at),)


def _opened(
    known: KnownAccount,
    result: AccountResult,
    item: TypeResult,
    verdicts: Iterable[Verdict],
    seen_at: datetime,
) -> Iterator[OpenedFinding]:
    for verdict in filter(is_informative, verdicts):
        key = FindingKey(result.account.id, item.type, verdict.outcome, verdict.rule)
        exemption_id = known.exemptions.get((item.type, verdict.rule))
        yield OpenedFinding(key, _details(result, verdict), seen_at, exemption_id)


def _details(result: AccountResult, verdict: Verdict) -> FindingDetails:
    """The details of a new finding."""
    policy, tags = result.policy, result.account.tags or {}
    owner = tags.get(policy.owner_tag, "") if policy is not None and policy.owner_tag else ""
    return FindingDetails(verdict, _destination(policy), owner)


def _details_again(
    finding: KnownFinding, verdict: Verdict, result: AccountResult | None = None
) -> FindingDetails:
    """The details of a finding that was found again; what is unknown this time stays the same."""
    if result is None or result.policy is None:
        return FindingDetails(verdict, finding.destination, finding.owner)
    details = _details(result, verdict)
    if result.policy.owner_tag and result.account.tags is None:
        return replace(details, owner=finding.owner)
    return details


def _destination(policy: AccountPolicy | None) -> Destination:
    if policy is None:
        return DEFAULT_DESTINATION
    return Destination(policy.channel, policy.mention)
