"""The use case *undo*: puts back the contact from before a fix, or removes it if none was set.

An undo is a fix, with the same permission, quota, read-back, record and recovery. It overwrites
only what the fix wrote. If AWS has something else by now, the person sees that and decides.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from bot.domain.contacts import fingerprint
from bot.domain.errors import GatewayError, StoreError
from bot.domain.failures import failure
from bot.domain.fixes import FixRequest
from bot.domain.readings import Present, Unreadable, Unsupported
from bot.domain.stale_reads import held_after
from bot.domain.undo import NotUndone, UndoObstacle, obstacle_of
from bot.services.fix_result import FixOutcome, NotFixed, earlier_in_doubt
from bot.services.ports.aws import Priority
from bot.services.recent_fixes import RecentFixes

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from bot.domain.actors import Actor
    from bot.domain.contacts import AlternateContact, ContactType
    from bot.domain.failures import Failure
    from bot.domain.findings import TypeResult
    from bot.domain.fixes import Fix
    from bot.domain.policy.account_policy import ManagedBy
    from bot.services.account_policy import AccountPolicies
    from bot.services.fix import FixService
    from bot.services.fix_recovery import FixRecovery
    from bot.services.fix_result import FixResult
    from bot.services.ports.aws import ContactReader
    from bot.services.ports.clock import Clock
    from bot.services.ports.fixes import FixRepository

    Judge: TypeAlias = Callable[[str, ContactType, AlternateContact | None], TypeResult | None]

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class UndoQuestion:
    """The person has to confirm an undo: AWS no longer has what the fix wrote, or a tool has it.

    `held` is what AWS has now, None if no contact is set. `later` is a later fix of the contact, if
    one changed it; without one, somebody changed it in AWS. `tool` is the tool that keeps the
    account's contacts as code, if that is why.
    """

    fix: Fix
    held: AlternateContact | None = field(repr=False)
    later: Fix | None = None
    tool: ManagedBy | None = None

    @property
    def shown(self) -> str:
        """The fingerprint of what the person is shown, which the confirmation carries."""
        return fingerprint(self.held)


@dataclass(frozen=True, slots=True)
class UndoAttempt:
    """An undo that was attempted: the fix that was to be undone, and the result.

    `judged` is the evaluation of the contact that was put back: None if the policy has no rules for
    it, or if it couldn't be evaluated.
    """

    undone: Fix
    result: FixResult
    judged: TypeResult | None = None


UndoResult: TypeAlias = "UndoAttempt | UndoQuestion | NotUndone"


class UndoService:
    """Undoes fixes. Safe to call from several threads.

    Args:
        fixes: makes the fixes that undo others.
        records: the fixes that were made.
        gateway: reads contacts in AWS.
        recovery: finds out the result of abandoned fixes.
        policies: know which tool keeps an account's contacts as code.
        clock: the time.
        judge: evaluates a contact that is in AWS now.
    """

    def __init__(
        self,
        fixes: FixService,
        records: FixRepository,
        gateway: ContactReader,
        recovery: FixRecovery,
        *,
        policies: AccountPolicies,
        clock: Clock,
        judge: Judge = lambda *_: None,
    ) -> None:
        self._fixes = fixes
        self._records = records
        self._recent = RecentFixes(records, clock)
        self._gateway = gateway
        self._recovery = recovery
        self._policies = policies
        self._clock = clock
        self._judge = judge

    def undo(
        self, fix: Fix, actor: Actor, key: str, shown: str = "", confirmed_tool: str = ""
    ) -> UndoResult:
        """Undo a fix.

        Args:
            fix: the fix, as recorded.
            actor: who requests it; their permission is checked now, and again before the write.
            key: unique to this request, and the same if it is delivered twice.
            shown: `UndoQuestion.shown`, if the person confirmed that this contact is overwritten.
            confirmed_tool: `UndoQuestion.tool`, if they confirmed to change AWS despite it.

        Raises:
            NotAllowed: the person isn't a fixer, or Slack couldn't say.
            GatewayError: AWS couldn't be read; nothing was changed.
            StoreError: the record can't be used; nothing was changed.
        """
        still_allowed = self._fixes.authorize(actor, fix.request.account_id)
        request = fix.request
        unreadable = self._recovery.settle(request.account_id, request.type)
        if unreadable is not None:
            return UndoAttempt(fix, earlier_in_doubt(unreadable))
        fix = self._records.get(fix.id) or fix
        against = self._obstacle(fix)
        if against is not None:
            return against
        held = self._held(fix, shown)
        if isinstance(held, NotUndone | UndoQuestion):
            return held
        undoing = FixRequest(
            key,
            request.account_id,
            request.type,
            fix.before,
            actor.user_id,
            fingerprint(held),
            self._clock.now(),
            undoes=fix.id,
            confirmed_tool=confirmed_tool,
        )
        name = fix.account_name
        result = self._fixes.make(undoing, name, still_allowed, must_comply=False)
        if isinstance(result, NotFixed) and result.outcome is FixOutcome.MANAGED:
            tool = self._policies.tool(request.account_id)
            return UndoAttempt(fix, result) if tool is None else UndoQuestion(fix, held, tool=tool)
        return self._result(fix, result)

    def _obstacle(self, fix: Fix) -> NotUndone | None:
        obstacle = obstacle_of(fix)
        if obstacle is not None:
            by = fix.undone_by if obstacle is UndoObstacle.UNDONE else None
            return NotUndone(fix, obstacle, self._records.get(by) if by is not None else None)
        newest = self._records.newest(fix.request.account_id, fix.request.type)
        if newest is not None and newest.ended_at is None:
            return NotUndone(fix, UndoObstacle.UNDER_WAY, newest)
        return None

    def _held(self, fix: Fix, shown: str) -> AlternateContact | NotUndone | UndoQuestion | None:
        """What AWS has, if it may be overwritten: what the fix wrote, or what the person confirmed.

        Raises:
            GatewayError: AWS couldn't be read.
        """
        request = fix.request
        match self._gateway.read(request.account_id, request.type, Priority.INTERACTIVE):
            case Present(contact):
                held: AlternateContact | None = contact
            case Unreadable(why) | Unsupported(why):
                raise GatewayError(_not_read(why))
            case _:
                held = None
        held = held_after(held, self._recent.of(request.account_id, request.type))
        latest = self._records.latest(request.account_id, request.type)
        later = _later(fix, latest, held)
        if held == request.wanted:
            return held
        if held == fix.before:
            return NotUndone(fix, UndoObstacle.PUT_BACK, later)
        return held if fingerprint(held) == shown else UndoQuestion(fix, held, later)

    def _result(self, fix: Fix, result: FixResult) -> UndoResult:
        if isinstance(result, NotFixed):
            if result.outcome is FixOutcome.CHANGED:
                latest = self._records.latest(fix.request.account_id, fix.request.type)
                return UndoQuestion(fix, result.held, _later(fix, latest, result.held))
            if result.outcome is FixOutcome.UNDER_WAY:
                newest = self._records.newest(fix.request.account_id, fix.request.type)
                return NotUndone(fix, UndoObstacle.UNDER_WAY, newest)
            return UndoAttempt(fix, result)
        now = self._records.get(fix.id)
        if now is not None and now.undone_by not in {None, result.fix.id}:
            return self._obstacle(now) or UndoAttempt(fix, result)  # somebody else was faster
        return UndoAttempt(fix, result, self._judged(result.fix))

    def _judged(self, fix: Fix) -> TypeResult | None:
        """The evaluation of what AWS has after a fix; None if it can't be evaluated now."""
        request = fix.request
        try:
            return self._judge(request.account_id, request.type, request.wanted)
        except StoreError as error:
            _log.warning("undo not evaluated", fix=fix.id, problem=str(error))
            return None


def _later(fix: Fix, latest: Fix | None, held: AlternateContact | None) -> Fix | None:
    """The later fix by which a contact got into AWS, if there is one."""
    is_its = latest is not None and latest.id > fix.id and latest.request.wanted == held
    return latest if is_its else None


def _not_read(why: Failure) -> Failure:
    words = f"Nothing was changed, because AWS couldn't be read first. {why.message}"
    return failure(why.cause, code=why.code, message=words, remedy=why.remedy)
