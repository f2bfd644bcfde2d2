"""Organizations, as far as the bot asks it: the organization, its accounts, its administrators."""

from __future__ import annotations

import base64
import binascii
import itertools
import secrets
from typing import TYPE_CHECKING, Any, Final

from bot.sandbox.aws.answers import Call, Refusal
from bot.sandbox.aws.callers import DELEGATED_ID, DELEGATED_OTHER_ID, MANAGEMENT_ID, Caller
from bot.sandbox.aws.organization import (
    ACCOUNT_SERVICE,
    ORGANIZATION_ID,
    OTHER_SERVICE,
    Member,
    Standing,
)

if TYPE_CHECKING:
    from bot.sandbox.aws.world import World

MOST_A_PAGE: Final = 20
"""AWS's limit on `MaxResults` of `ListAccounts`, and its default."""

_LONG_AGO: Final = 1_600_000_000.0
_STATUS: Final = {"ACTIVE": "ACTIVE", "PENDING_CLOSURE": "PENDING_CLOSURE"}
_ADMINISTRATORS: Final = {DELEGATED_ID: ACCOUNT_SERVICE, DELEGATED_OTHER_ID: OTHER_SERVICE}


class OrganizationsApi:
    """The operations; everything but `DescribeOrganization` is closed to a plain member."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._nonce = secrets.token_hex(8)
        self._operations = {
            "DescribeOrganization": self._describe_organization,
            "DescribeAccount": self._describe_account,
            "ListAccounts": self._list_accounts,
            "ListAWSServiceAccessForOrganization": self._list_service_access,
            "ListDelegatedAdministrators": self._list_delegated_administrators,
        }

    def answer(self, caller: Caller, call: Call) -> dict[str, Any]:
        """Carry out a call.

        Raises:
            Refusal: as AWS would.
        """
        operation = self._operations.get(call.operation)
        if operation is None:
            raise Refusal("UnknownOperationException", "The sandbox has no such operation.")
        organization = self._world.organization
        organization.require_allowed(caller, call.action, call.text("AccountId"))
        standing = organization.standing(caller.account_id)
        if standing is Standing.STANDALONE:
            raise Refusal(
                "AWSOrganizationsNotInUseException",
                "Your account is not a member of an organization.",
            )
        if standing is Standing.MEMBER and call.operation != "DescribeOrganization":
            raise Refusal(
                "AccessDeniedException", "You don't have permissions to access this resource."
            )
        return operation(caller, call)

    def _describe_organization(self, caller: Caller, _call: Call) -> dict[str, Any]:
        prefix = f"arn:{caller.partition}:organizations::{MANAGEMENT_ID}"
        organization = self._world.organization
        return {
            "Organization": {
                "Id": ORGANIZATION_ID,
                "Arn": f"{prefix}:organization/{ORGANIZATION_ID}",
                "FeatureSet": "ALL" if organization.all_features else "CONSOLIDATED_BILLING",
                "MasterAccountArn": f"{prefix}:account/{ORGANIZATION_ID}/{MANAGEMENT_ID}",
                "MasterAccountId": MANAGEMENT_ID,
                "MasterAccountEmail": organization.members[MANAGEMENT_ID].email,
                "AvailablePolicyTypes": [],
            }
        }

    def _describe_account(self, caller: Caller, call: Call) -> dict[str, Any]:
        member = self._world.organization.members.get(call.text("AccountId"))
        if member is None:
            raise Refusal(
                "AccountNotFoundException", "You specified an account that doesn't exist."
            )
        return {"Account": self._shown(caller, member)}

    def _list_accounts(self, caller: Caller, call: Call) -> dict[str, Any]:
        most = call.params.get("MaxResults", MOST_A_PAGE)
        if not isinstance(most, int) or not 1 <= most <= MOST_A_PAGE:
            raise _invalid("You specified an invalid value for MaxResults.", "INVALID_PAGINATION")
        start, page = self._position(call)
        sizes = self._world.settings.page_sizes
        end = start + min(most, sizes[page % len(sizes)])
        members = self._world.organization.members
        listed = itertools.islice(members.values(), start, end)
        answer: dict[str, Any] = {"Accounts": [self._shown(caller, each) for each in listed]}
        if end < len(members):
            answer["NextToken"] = self._token(end, page + 1)
        return answer

    def _list_service_access(self, _caller: Caller, _call: Call) -> dict[str, Any]:
        organization = self._world.organization
        services = [OTHER_SERVICE] if organization.all_features else []
        if organization.all_features and organization.trusted_access:
            services.insert(0, ACCOUNT_SERVICE)
        return {
            "EnabledServicePrincipals": [
                {"ServicePrincipal": each, "DateEnabled": _LONG_AGO} for each in services
            ]
        }

    def _list_delegated_administrators(self, caller: Caller, call: Call) -> dict[str, Any]:
        wanted = call.text("ServicePrincipal")
        members = self._world.organization.members
        return {
            "DelegatedAdministrators": [
                {**self._shown(caller, members[each]), "DelegationEnabledDate": _LONG_AGO}
                for each, service in _ADMINISTRATORS.items()
                if self._delegates(each) and wanted in {"", service}
            ]
        }

    def _delegates(self, account_id: str) -> bool:
        standing = self._world.organization.standing(account_id)
        return standing in {Standing.DELEGATED, Standing.DELEGATED_OTHER}

    def _shown(self, caller: Caller, member: Member) -> dict[str, Any]:
        prefix = f"arn:{caller.partition}:organizations::{MANAGEMENT_ID}"
        shown: dict[str, Any] = {
            "Id": member.id,
            "Arn": f"{prefix}:account/{ORGANIZATION_ID}/{member.id}",
            "Email": member.email,
            "Name": member.name,
            "JoinedMethod": "CREATED",
            "JoinedTimestamp": _LONG_AGO,
        }
        fields = self._world.settings.state_fields
        if "State" in fields:
            shown["State"] = member.state
        if "Status" in fields:
            shown["Status"] = _STATUS.get(member.state, "SUSPENDED")
        return shown

    def _token(self, start: int, page: int) -> str:
        return base64.urlsafe_b64encode(f"{self._nonce}:{start}:{page}".encode()).decode()

    def _position(self, call: Call) -> tuple[int, int]:
        if call.params.get("NextToken") is None:
            return 0, 0
        try:
            nonce, start, page = (
                base64.urlsafe_b64decode(call.text("NextToken")).decode().split(":")
            )
        except (binascii.Error, ValueError):
            nonce, start, page = "", "0", "0"
        if nonce != self._nonce:
            raise _invalid("You specified an invalid value for NextToken.", "INVALID_NEXT_TOKEN")
        return int(start), int(page)


def _invalid(message: str, reason: str) -> Refusal:
    return Refusal("InvalidInputException", message, 400, {"Reason": reason})
