"""The part of Organizations about the tree of OUs, and the tags of the accounts in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from altcontact_sandbox.aws.organizations.shapes import shown_account, shown_root, shown_unit
from altcontact_sandbox.aws.protocol.messages import Call, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from altcontact_sandbox.aws.organizations.paging import Pages
    from altcontact_sandbox.aws.state.simulated_aws import SimulatedAws
    from altcontact_sandbox.aws.sts.callers import Caller


class UnitsApi:
    """The operations, by name in `operations`."""

    def __init__(self, aws: SimulatedAws, pages: Pages) -> None:
        self._aws = aws
        self._pages = pages
        self.operations: dict[str, Callable[[Caller, Call], dict[str, Any]]] = {
            "ListRoots": self._list_roots,
            "ListOrganizationalUnitsForParent": self._list_units,
            "ListAccountsForParent": self._list_accounts,
            "ListParents": self._list_parents,
            "ListTagsForResource": self._list_tags,
        }

    def _list_roots(self, caller: Caller, call: Call) -> dict[str, Any]:
        roots = [self._aws.identity.root_id]
        return self._pages.page_of(
            call, "Roots", roots, lambda _root: shown_root(self._aws, caller.partition)
        )

    def _list_units(self, caller: Caller, call: Call) -> dict[str, Any]:
        units = self._aws.organization.units.children(self._parent(call))
        return self._pages.page_of(
            call,
            "OrganizationalUnits",
            units,
            lambda unit: shown_unit(self._aws, caller.partition, unit),
        )

    def _list_accounts(self, caller: Caller, call: Call) -> dict[str, Any]:
        members = self._aws.organization.members_in(self._parent(call))
        return self._pages.page_of(
            call,
            "Accounts",
            members,
            lambda member: shown_account(self._aws, caller.partition, member),
        )

    def _list_parents(self, _caller: Caller, call: Call) -> dict[str, Any]:
        child = call.text("ChildId")
        organization = self._aws.organization
        unit = organization.units.get(child)
        if unit is not None:
            parent = unit.parent_id
        elif child in organization.members:
            parent = organization.parent(organization.members[child])
        else:
            raise Refusal("ChildNotFoundException", "You specified a child that doesn't exist.")
        return self._pages.page_of(call, "Parents", [parent], self._shown_parent)

    def _list_tags(self, _caller: Caller, call: Call) -> dict[str, Any]:
        resource = call.text("ResourceId")
        organization = self._aws.organization
        if resource in organization.members:
            tags = list(organization.members[resource].tags.items())
        elif resource in organization.units:
            tags = []
        else:
            raise Refusal("TargetNotFoundException", "You specified a target that doesn't exist.")
        return self._pages.page_of(call, "Tags", tags, lambda tag: {"Key": tag[0], "Value": tag[1]})

    def _parent(self, call: Call) -> str:
        parent = call.text("ParentId")
        if parent not in self._aws.organization.units:
            raise Refusal("ParentNotFoundException", "You specified a parent that doesn't exist.")
        return parent

    def _shown_parent(self, parent: str) -> dict[str, Any]:
        is_root = parent == self._aws.identity.root_id
        return {"Id": parent, "Type": "ROOT" if is_root else "ORGANIZATIONAL_UNIT"}
