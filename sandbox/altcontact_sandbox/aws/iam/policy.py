"""An identity policy: read as AWS reads it, and evaluated for one request."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from altcontact_sandbox.aws.iam.conditions import matches, read_conditions, texts_of
from altcontact_sandbox.errors import SandboxError

if TYPE_CHECKING:
    from altcontact_sandbox.aws.iam.conditions import Condition, Context

_VERSION: Final = "2012-10-17"
_KEYS: Final = frozenset(
    {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}
)


class Decision(StrEnum):
    """What a policy says to a request."""

    ALLOWED = "allowed"
    NOT_ALLOWED = "not_allowed"
    """No statement allows it, so it is denied."""
    DENIED = "denied"
    """A statement denies it, whatever others allow."""


@dataclass(frozen=True, slots=True)
class PolicyRequest:
    """What a policy is asked.

    Args:
        action: `account:GetAlternateContact`.
        resource: the ARN that is acted on; `*` for an action that has no resources.
        context: the condition keys that the request has, in lower case.
    """

    action: str
    resource: str
    context: Context


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement; either names what it covers or, with `not_`, what it doesn't."""

    allows: bool
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[Condition, ...] = ()
    not_actions: bool = False
    not_resources: bool = False

    def covers(self, request: PolicyRequest) -> bool:
        """Whether it says anything to a request."""
        action = request.action.lower()  # actions have no case, resources have
        named = any(matches(each.lower(), action) for each in self.actions)
        within = any(matches(each, request.resource) for each in self.resources)
        return (
            named is not self.not_actions
            and within is not self.not_resources
            and all(each.holds(request.context) for each in self.conditions)
        )


@dataclass(frozen=True, slots=True)
class IdentityPolicy:
    """All statements of a role."""

    statements: tuple[Statement, ...]

    def decide(self, request: PolicyRequest) -> Decision:
        """What it says to a request: a denial wins, and what nothing allows is denied."""
        covering = [each for each in self.statements if each.covers(request)]
        if any(not each.allows for each in covering):
            return Decision.DENIED
        return Decision.ALLOWED if covering else Decision.NOT_ALLOWED


def read_policy(document: Any) -> IdentityPolicy:  # noqa: ANN401 - JSON of any shape
    """An identity policy from its JSON.

    Raises:
        SandboxError: IAM has no such policy, or it has something that the sandbox doesn't know.
    """
    if not isinstance(document, dict) or document.get("Version") != _VERSION:
        raise SandboxError(f"A policy is an object whose Version is {_VERSION}.")
    statements = document.get("Statement")
    statements = [statements] if isinstance(statements, dict) else statements
    if not isinstance(statements, list) or not statements:
        raise SandboxError("A policy has a Statement.")
    return IdentityPolicy(tuple(_statement(each) for each in statements))


def _statement(document: Any) -> Statement:  # noqa: ANN401 - JSON of any shape
    if not isinstance(document, dict) or document.get("Effect") not in {"Allow", "Deny"}:
        raise SandboxError("A statement is an object whose Effect is Allow or Deny.")
    if unknown := sorted(set(document) - _KEYS):
        raise SandboxError(f"A statement of an identity policy has no {', '.join(unknown)}.")
    action, resource = _one_of(document, "Action"), _one_of(document, "Resource")
    return Statement(
        allows=document["Effect"] == "Allow",
        actions=texts_of(document[action], action),
        resources=texts_of(document[resource], resource),
        conditions=read_conditions(document.get("Condition", {})),
        not_actions=action == "NotAction",
        not_resources=resource == "NotResource",
    )


def _one_of(document: dict[str, Any], name: str) -> str:
    found = [each for each in (name, f"Not{name}") if each in document]
    if len(found) != 1:
        raise SandboxError(f"A statement has either {name} or Not{name}.")
    return found[0]
