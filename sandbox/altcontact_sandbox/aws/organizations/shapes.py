"""How Organizations shows accounts, OUs and the root: with its own members, ids and ARNs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from altcontact_sandbox.aws.organizations.organization import Member
    from altcontact_sandbox.aws.organizations.units import Unit
    from altcontact_sandbox.aws.state.simulated_aws import SimulatedAws

LONG_AGO: Final = 1_600_000_000.0
"""When everything joined and was turned on, in seconds since 1970."""

_STATUS: Final = {"ACTIVE": "ACTIVE", "PENDING_CLOSURE": "PENDING_CLOSURE"}


def arn(aws: SimulatedAws, partition: str, kind: str, name: str = "") -> str:
    """The ARN of a thing of the organization, or of the organization itself."""
    identity = aws.identity
    prefix = f"arn:{partition}:organizations::{identity.management_id}"
    return f"{prefix}:{kind}/{identity.organization_id}" + (f"/{name}" if name else "")


def shown_account(aws: SimulatedAws, partition: str, member: Member) -> dict[str, Any]:
    """An account in a listing or a description."""
    described = shown_member(aws, partition, member)
    if aws.settings.paths:
        organization = aws.organization
        described["Paths"] = [f"{organization.units.ids(organization.parent(member))}{member.id}/"]
    return described


def shown_member(aws: SimulatedAws, partition: str, member: Member) -> dict[str, Any]:
    """An account as administrators are listed: without its place."""
    described: dict[str, Any] = {
        "Id": member.id,
        "Arn": arn(aws, partition, "account", member.id),
        "Email": member.email,
        "Name": member.name,
        "JoinedMethod": "CREATED",
        "JoinedTimestamp": LONG_AGO,
    }
    fields = aws.settings.state_fields
    if "State" in fields:
        described["State"] = member.state
    if "Status" in fields:
        described["Status"] = _STATUS.get(member.state, "SUSPENDED")
    return described


def shown_unit(aws: SimulatedAws, partition: str, unit: Unit) -> dict[str, Any]:
    """An OU in a listing."""
    described = {"Id": unit.id, "Arn": arn(aws, partition, "ou", unit.id), "Name": unit.name}
    if aws.settings.paths:
        described["Path"] = aws.organization.units.ids(unit.id)
    return described


def shown_root(aws: SimulatedAws, partition: str) -> dict[str, Any]:
    """The root in a listing."""
    root = aws.identity.root_id
    root_arn = arn(aws, partition, "root", root)
    return {"Id": root, "Arn": root_arn, "Name": "Root", "PolicyTypes": []}
