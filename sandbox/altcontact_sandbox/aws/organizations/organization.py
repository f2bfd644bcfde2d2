"""The sandbox's organization: its accounts, who administers what, and what is denied to whom."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from altcontact_sandbox.aws.account.primary_contact import generated_primary_contact
from altcontact_sandbox.aws.organizations.identity import (
    DELEGATED_ID,
    DELEGATED_OTHER_ID,
    MANAGEMENT_ID,
    MEMBER_ID,
    Identity,
)
from altcontact_sandbox.aws.organizations.units import Units
from altcontact_sandbox.aws.protocol.messages import Refusal
from altcontact_sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from altcontact_sandbox.aws.sts.callers import Caller

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
    """An account of the organization, without its alternate contacts.

    Args:
        id: its id.
        name: its name.
        state: one of AWS's five.
        email: its root email address.
        unit: the id of the OU that it is right in; empty for the root.
        tags: by key.
        primary: what is set of its primary contact, by the members of AWS's API.
    """

    id: str
    name: str
    state: str = "ACTIVE"
    email: str = field(default="", repr=False)
    unit: str = ""
    tags: Mapping[str, str] = field(default_factory=dict, repr=False)
    primary: Mapping[str, str] = field(default_factory=dict, repr=False)

    def as_json(self) -> dict[str, str]:
        """For the control interface, without what has paths of its own there."""
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


def initial_members(identity: Identity) -> list[Member]:
    """The accounts of the callers that belong to the organization."""
    names = {
        MANAGEMENT_ID: "Management",
        DELEGATED_ID: "Security tooling",
        DELEGATED_OTHER_ID: "Audit",
        MEMBER_ID: "Workload",
    }
    ids = {identity.account(each): name for each, name in names.items()}
    return [Member(each, name, email=f"root+{each}@example.com") for each, name in ids.items()]


class Organization:
    """The accounts in the order in which they are listed, and the switches around them."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.members: dict[str, Member] = {}
        self.units = Units(identity)
        self.trusted_access = True
        self.all_features = True
        self.denials: list[Denial] = []
        self._standings = {
            identity.management_id: Standing.MANAGEMENT,
            identity.account(DELEGATED_ID): Standing.DELEGATED,
            identity.account(DELEGATED_OTHER_ID): Standing.DELEGATED_OTHER,
        }
        self.seed(initial_members(identity), self.units)

    def seed(self, members: Iterable[Member], units: Units) -> None:
        """Replace all accounts and OUs.

        The management account is added where it is not among them.
        """
        self.units = units
        self.members = {member.id: member for member in members}
        management_id = self.identity.management_id
        if management_id not in self.members:
            self.members = {management_id: initial_members(self.identity)[0], **self.members}

    def remove(self, account_id: str) -> None:
        """Let an account leave the organization.

        Raises:
            SandboxError: it is the management account, without which there is none.
        """
        if account_id == self.identity.management_id:
            raise SandboxError("The management account cannot leave its organization.")
        self.members.pop(account_id, None)

    def change(self, account_id: str, **changes: Any) -> None:  # noqa: ANN401 - fields of any type
        """Change fields of an account.

        Raises:
            SandboxError: there is no such account.
        """
        self.members[account_id] = replace(self.require(account_id), **changes)

    def require(self, account_id: str) -> Member:
        """An account.

        Raises:
            SandboxError: there is no such account.
        """
        member = self.members.get(account_id)
        if member is None:
            raise SandboxError("The organization has no such account.")
        return member

    def parent(self, member: Member) -> str:
        """The id of the OU that an account is right in, or of the root."""
        return member.unit or self.identity.root_id

    def primary(self, account_id: str) -> dict[str, str]:
        """An account's primary contact, also of one that is not in the organization."""
        member = self.members.get(account_id)
        held = member.primary if member else {}
        return dict(held) if held else generated_primary_contact(account_id)

    def members_in(self, parent_id: str) -> list[Member]:
        """The accounts right in an OU or the root."""
        return [each for each in self.members.values() if self.parent(each) == parent_id]

    def standing(self, account_id: str) -> Standing:
        """What an account is; one that is not listed is in no organization."""
        if account_id not in self.members:
            return Standing.STANDALONE
        if not self.all_features and account_id != self.identity.management_id:
            return Standing.MEMBER  # nothing is delegated in consolidated billing
        return self._standings.get(account_id, Standing.MEMBER)

    def delegated(self) -> dict[str, Standing]:
        """The accounts that may administer something, and what."""
        return {
            each: standing
            for each in self._standings
            if (standing := self.standing(each)) in {Standing.DELEGATED, Standing.DELEGATED_OTHER}
        }

    def denies(self, action: str, account_id: str) -> bool:
        """Whether a policy denies an action on an account."""
        return any(each.covers(action, account_id) for each in self.denials)

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
        prefix = f"arn:{caller.partition}:account"
        if account_id == caller.account_id:
            return f"{prefix}::{account_id}:account"
        organization = self.identity.organization_id
        return f"{prefix}::{self.identity.management_id}:account/{organization}/{account_id}"


def access_denied(caller: Caller, action: str, why: str = "") -> Refusal:
    """AWS's `AccessDeniedException`, whose first half is always the same."""
    return Refusal(
        "AccessDeniedException",
        f"User: {caller.arn} is not authorized to perform: {action}{why}",
        403,
    )
