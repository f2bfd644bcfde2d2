"""The use case *remove*: removes a contact that the policy forbids.

A removal is a fix whose wanted contact is none, with the same permission, record, read-back and
recovery.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.errors import FixError
from bot.domain.policy.account_policy import Presence
from bot.domain.rule_catalog import Rule

if TYPE_CHECKING:
    from bot.domain.actors import Actor
    from bot.domain.fixes import FixRequest
    from bot.domain.policy.account_policy import ManagedBy
    from bot.services.account_policy import AccountPolicies
    from bot.services.fix import FixService
    from bot.services.fix_result import FixResult
    from bot.services.ports.store import ExemptionRepository


class RemoveService:
    """Removes forbidden contacts. Safe to call from several threads.

    Args:
        fixes: makes the fixes that remove contacts.
        policies: look up what accounts should have.
        exemptions: the exemptions in force.
    """

    def __init__(
        self, fixes: FixService, policies: AccountPolicies, exemptions: ExemptionRepository
    ) -> None:
        self._fixes = fixes
        self._policies = policies
        self._exemptions = exemptions

    def remove(self, request: FixRequest, account_name: str, actor: Actor) -> FixResult:
        """Remove a contact.

        Args:
            request: whose contact, and what the person was shown; its `wanted` is None.
            account_name: for the record.
            actor: who requests it; their permission is checked now, and again before the write.

        Raises:
            FixError: the policy doesn't forbid the contact, or isn't known; nothing was changed.
            NotAllowed: the person isn't a fixer, or Slack couldn't say.
            StoreError: the database can't be read; nothing was changed.
        """
        still_allowed = self._fixes.authorize(actor, request.account_id)
        self._require_forbidden(request)
        return self._fixes.make(request, account_name, still_allowed)

    def tool(self, account_id: str) -> ManagedBy | None:
        """The tool that keeps an account's contacts as code, if one is known to.

        Raises:
            StoreError: the database can't be read.
        """
        return self._policies.tool(account_id)

    def _require_forbidden(self, request: FixRequest) -> None:
        """Refuse to remove a contact that the account may have, or has to have."""
        policy = self._policies.known(request.account_id)
        if policy is None:
            raise FixError(
                "The contact wasn't removed, because the policy of this account isn't known: its "
                "OUs or tags couldn't be read.",
                "Run /altcontact check, then try again.",
            )
        exempt = self._exemptions.in_force().get(request.account_id, {})
        is_forbidden = policy.presence[request.type] is Presence.FORBIDDEN
        if not is_forbidden or (request.type, Rule.FORBIDDEN) in exempt:
            label = request.type.label
            why = "an exemption allows" if is_forbidden else "the policy allows"
            raise FixError(
                f"The contact wasn't removed, because {why} a {label} contact in this account.",
                f"To see the account, type: /altcontact check {request.account_id}",
            )
