"""The sandbox's organization: its accounts, who administers what, and what is denied to whom."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from bot.sandbox.aws.answers import Refusal
from bot.sandbox.aws.callers import (
    DELEGATED_ID,
    DELEGATED_OTHER_ID,
    MANAGEMENT_ID,
    MEMBER_ID,
    Caller,
)
from bot.sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Iterable

ORGANIZATION_ID: Final = "o-sandbox0000"
ACCOUNT_SERVICE: Final = "account.amazonaws.com"
OTHER_SERVICE: Final = "guardduty.amazonaws.com"


class Standing(StrEnum):
    """What a calling account is to the organization."""

    MANAGEMENT = "management"
    DELEGATED = "delegated"
    DELEGATED_OTHER = "delegated_other"
    MEMBER = "member"
    STANDALONE = "standalone"


@dataclass(frozen=True, slots=True)
class Member:
    """An account of the organization, without its contacts."""

    id: str
    name: str
    state: str = "ACTIVE"
    email: str = field(default="", repr=False)

    def as_json(self) -> dict[str, str]:
        """For the control interface."""
        return {"id": self.id, "name": self.name, "state": self.state, "email": self.email}


@dataclass(frozen=True, slots=True)
class Denial:
    """An action that is denied, by `iam` (the caller's own policy) or by an `scp`.

    `action` is an IAM action or `*`; `account_id` is the account acted on, None for any.
    """

    action: str
    by: str
    account_id: str | None = None

    def covers(self, action: str, account_id: str) -> bool:
        """Whether it denies this action on this account."""
        return self.action in {"*", action} and self.account_id in {None, account_id}

    def as_json(self) -> dict[str, Any]:
        """For the control interface."""
        return {"action": self.action, "by": self.by, "account_id": self.account_id}


def founders() -> list[Member]:
    """The accounts of the callers that belong to the organization."""
    names = {
        MANAGEMENT_ID: "Management",
        DELEGATED_ID: "Security tooling",
        DELEGATED_OTHER_ID: "Audit",
        MEMBER_ID: "Workload",
    }
    return [Member(each, name, email=f"root+{each}@example.com") for each, name in names.items()]


class Organization:
    """The accounts in the order in which they are listed, and the switches around them."""

    def __init__(self) -> None:
        self.members: dict[str, Member] = {}
        self.trusted_access = True
        self.all_features = True
        self.denials: list[Denial] = []
        self.seed(founders())

    def seed(self, members: Iterable[Member]) -> None:
        """Replace all accounts; the management account is added where it is not among them."""
        self.members = {member.id: member for member in members}
        if MANAGEMENT_ID not in self.members:
            self.members = {MANAGEMENT_ID: founders()[0], **self.members}

    def remove(self, account_id: str) -> None:
        """Let an account leave the organization.

        Raises:
            SandboxError: it is the management account, without which there is none.
        """
        if account_id == MANAGEMENT_ID:
            raise SandboxError("The management account cannot leave its organization.")
        self.members.pop(account_id, None)

    def standing(self, account_id: str) -> Standing:
        """What an account is; one that is not listed is in no organization."""
        if account_id not in self.members:
            return Standing.STANDALONE
        if not self.all_features and account_id != MANAGEMENT_ID:
            return Standing.MEMBER  # nothing is delegated in consolidated billing
        known = {
            MANAGEMENT_ID: Standing.MANAGEMENT,
            DELEGATED_ID: Standing.DELEGATED,
            DELEGATED_OTHER_ID: Standing.DELEGATED_OTHER,
        }
        return known.get(account_id, Standing.MEMBER)

    def require_allowed(self, caller: Caller, action: str, account_id: str) -> None:
        """Let pass what no policy denies.

        Raises:
            Refusal: denied, in the words in which AWS tells an SCP from an IAM policy.
        """
        for denial in self.denials:
            if not denial.covers(action, account_id):
                continue
            if denial.by == "scp":
                why = "with an explicit deny in a service control policy"
            else:
                why = f"because no identity-based policy allows the {action} action"
            resource = self._resource(caller, action, account_id)
            raise access_denied(caller, action, f" on resource: {resource} {why}")

    def _resource(self, caller: Caller, action: str, account_id: str) -> str:
        if not action.startswith("account:"):
            return "*"
        own = f"arn:{caller.partition}:account::{caller.account_id}:account"
        if account_id == caller.account_id:
            return own
        return f"{own}/{ORGANIZATION_ID}/{account_id}"


def access_denied(caller: Caller, action: str, why: str = "") -> Refusal:
    """AWS's `AccessDeniedException`, whose first half is always the same."""
    return Refusal(
        "AccessDeniedException",
        f"User: {caller.arn} is not authorized to perform: {action}{why}",
        403,
    )
