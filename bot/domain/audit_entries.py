"""What goes into the audit log about starts, policies, exemptions and fixes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.audit import BOT, AuditAction, AuditEntry
from bot.domain.exemptions import ExemptionKind
from bot.domain.fixes import FixState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.domain.contacts import AlternateContact
    from bot.domain.exemptions import Exemption
    from bot.domain.fixes import Fix


def bot_started(version: str) -> AuditEntry:
    """A bot started to use this database."""
    return AuditEntry(AuditAction.BOT_STARTED, BOT, details={"version": version})


def database_restored(snapshot: str, newest: str) -> AuditEntry:
    """The database was restored from a snapshot: what was recorded after it is lost.

    Args:
        snapshot: its name.
        newest: the name of the newest snapshot; another one if that wasn't intact.
    """
    details = {"snapshot": snapshot, "newest": newest}
    return AuditEntry(AuditAction.DATABASE_RESTORED, BOT, details=details)


def policy_loaded(actor: str, digest: str, sections: int) -> AuditEntry:
    """A policy is in use from now on.

    Args:
        actor: who had it loaded.
        digest: the SHA-256 of its file; empty if there is none.
        sections: how many sections it has.
    """
    details = {"sha256": digest, "sections": str(sections)}
    return AuditEntry(AuditAction.POLICY_LOADED, actor, details=details)


def exemption_granted(exemption: Exemption) -> AuditEntry:
    """A finding was exempted, or a contact verified manually.

    The reason isn't included, since it may hold personal data. It stays with the exemption.
    """
    is_verification = exemption.request.kind is ExemptionKind.VERIFICATION
    action = AuditAction.VERIFIED_MANUALLY if is_verification else AuditAction.EXEMPTION_GRANTED
    return _about_exemption(action, exemption.request.user_id, exemption)


def exemption_ended(exemption: Exemption, user_id: str) -> AuditEntry:
    """An exemption or a verification ended: by a person, or else on its day."""
    action = AuditAction.EXEMPTION_ENDED if user_id else AuditAction.EXEMPTION_EXPIRED
    return _about_exemption(action, user_id or BOT, exemption)


def fix_planned(fix: Fix) -> AuditEntry:
    """A fix was recorded; AWS wasn't asked yet. `after` is the contact that is wanted."""
    return _about_fix(AuditAction.FIX_PLANNED, fix, _purpose(fix), after=fix.request.wanted)


def write_sent(fix: Fix) -> AuditEntry:
    """The write is about to be sent: recorded before it is, with what AWS has now."""
    wanted = fix.request.wanted
    return _about_fix(AuditAction.WRITE_SENT, fix, _purpose(fix), before=fix.before, after=wanted)


def fix_taken_over(fix: Fix) -> AuditEntry:
    """The process that worked on the fix is gone; another finds out what became of it."""
    return _about_fix(AuditAction.FIX_TAKEN_OVER, fix, actor=BOT)


def fix_advanced(fix: Fix, *, aws_request_id: str = "", by_reading: bool = False) -> AuditEntry:
    """A fix came further, or ended. Once it is verified, `after` is what AWS has.

    Args:
        fix: the fix as it is now.
        aws_request_id: AWS's id of the request that it answered, if it just did.
        by_reading: whether this was found out by reading AWS afterwards.
    """
    actor, details = "", dict[str, str]()
    if by_reading:
        actor, details["found_by"] = BOT, "reading AWS later"
    match fix.state:
        case FixState.CONFIRMED:
            if fix.already_there:
                details["already_there"] = "yes"
            return _about_fix(
                AuditAction.VERIFIED,
                fix,
                details,
                actor=actor,
                after=fix.request.wanted,
                request_id=aws_request_id,
            )
        case FixState.APPLIED:
            is_over = fix.ended_at is not None
            action = AuditAction.NOT_VERIFIED if is_over else AuditAction.WRITE_ACCEPTED
        case _:
            action = AuditAction.FIX_FAILED
            if fix.failure is not None:
                details |= {"cause": fix.failure.cause.value, "message": fix.failure.message}
                details |= {"code": fix.failure.code} if fix.failure.code else {}
            if fix.in_doubt_since is not None:
                details["in_doubt"] = "yes"
    return _about_fix(action, fix, details, actor=actor, request_id=aws_request_id)


def _about_fix(
    action: AuditAction,
    fix: Fix,
    details: Mapping[str, str] | None = None,
    *,
    actor: str = "",
    before: AlternateContact | None = None,
    after: AlternateContact | None = None,
    request_id: str = "",
) -> AuditEntry:
    request = fix.request
    return AuditEntry(
        action,
        actor or request.user_id,
        account_id=request.account_id,
        type=request.type,
        fix_id=fix.id,
        run_id=request.run_id,
        before=before,
        after=after,
        request_id=request_id,
        details=details or {},
    )


def _purpose(fix: Fix) -> dict[str, str]:
    """What the fix is for, if not to set a contact, and what its requester confirmed."""
    purpose = {} if fix.request.wanted is not None else {"removes": "yes"}
    if fix.request.undoes is not None:
        purpose["undoes"] = str(fix.request.undoes)
    if fix.request.confirmed_tool:
        purpose["confirmed_tool"] = fix.request.confirmed_tool
    return purpose


def _about_exemption(action: AuditAction, actor: str, exemption: Exemption) -> AuditEntry:
    request = exemption.request
    return AuditEntry(
        action,
        actor,
        account_id=request.account_id,
        type=request.type,
        details={
            "exemption": str(exemption.id),
            "kind": request.kind.value,
            "rule": request.rule.value,
            "until": f"{request.until:%Y-%m-%d}",
        },
    )
