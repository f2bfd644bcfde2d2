"""Which permission a call needs, and whether the caller's identity policy grants it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from altcontact_sandbox.aws.iam.policy import Decision, PolicyRequest, read_policy
from altcontact_sandbox.aws.protocol.messages import ACCOUNT, STS, Call, Refusal
from altcontact_sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from altcontact_sandbox.aws.iam.policy import IdentityPolicy
    from altcontact_sandbox.aws.organizations.identity import Identity
    from altcontact_sandbox.aws.sts.callers import Caller

_FREE: Final = frozenset({"sts:GetCallerIdentity"})
"""What needs no permission, and can't be denied."""

_PARENTS: Final = {"r-": "root", "ou": "ou"}


class Policies:
    """The identity policies of roles and users, by ARN; without one, everything is allowed."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._policies: dict[str, IdentityPolicy] = {}

    def attach(self, principal: str, document: Any) -> None:  # noqa: ANN401 - JSON of any shape
        """Give a role or a user its only policy.

        Args:
            principal: the ARN of the role or user.
            document: the policy.

        Raises:
            SandboxError: there is no such policy.
        """
        if not principal.startswith("arn:"):
            raise SandboxError("A policy is attached to the ARN of a role or a user.")
        self._policies[principal] = read_policy(document)

    def detach(self, principal: str = "") -> None:
        """Remove the policy of a role or a user; all policies if none is named."""
        if principal:
            self._policies.pop(principal, None)
        else:
            self._policies.clear()

    def attached(self) -> list[str]:
        """The ARNs of the roles and users that have a policy."""
        return list(self._policies)

    def require(self, caller: Caller, call: Call) -> None:
        """Let a call pass if the caller's policy allows it.

        Raises:
            Refusal: in AWS's words, which say whether a statement denies it or none allows it.
        """
        policy = self._policies.get(caller.principal)
        if policy is None or call.action in _FREE:
            return
        resource = self.resource(caller, call)
        decision = policy.decide(PolicyRequest(call.action, resource, _context(call)))
        if decision is Decision.ALLOWED:
            return
        why = (
            "with an explicit deny in an identity-based policy"
            if decision is Decision.DENIED
            else f"because no identity-based policy allows the {call.action} action"
        )
        raise Refusal(
            "AccessDenied" if call.service == STS else "AccessDeniedException",
            f"User: {caller.arn} is not authorized to perform: {call.action} on resource: "
            f"{resource} {why}",
            403,
        )

    def resource(self, caller: Caller, call: Call) -> str:
        """The ARN that a call acts on, by AWS's service authorization reference.

        An account of an organization has the management account's id in its ARN, whoever calls.
        """
        prefix, management = f"arn:{caller.partition}", self._identity.management_id
        if call.service == STS:
            return call.text("RoleArn") or "*"
        if call.service == ACCOUNT:
            account_id = call.text("AccountId")
            if not account_id:
                return f"{prefix}:account::{caller.account_id}:account"
            organization = self._identity.organization_id
            return f"{prefix}:account::{management}:account/{organization}/{account_id}"
        target = call.target
        if not target:
            return "*"
        kind = _PARENTS.get(target[:2], "account")
        organization = self._identity.organization_id
        return f"{prefix}:organizations::{management}:{kind}/{organization}/{target}"


def _context(call: Call) -> Mapping[str, tuple[str, ...]]:
    """The condition keys of a call that altcontact's policies use."""
    given = {
        "account:alternatecontacttypes": call.text("AlternateContactType"),
        "sts:rolesessionname": call.text("RoleSessionName"),
        "sts:externalid": call.text("ExternalId"),
    }
    return {key: (value,) for key, value in given.items() if value}
