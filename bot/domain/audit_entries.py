"""What goes into the audit log about starts, policies and exemptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.audit import BOT, AuditAction, AuditEntry
from bot.domain.exemptions import ExemptionKind

if TYPE_CHECKING:
    from bot.domain.exemptions import Exemption


def bot_started(version: str) -> AuditEntry:
    """A bot started to use this database."""
    return AuditEntry(AuditAction.BOT_STARTED, BOT, details={"version": version})


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
