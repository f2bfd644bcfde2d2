"""Organizations, as far as the bot asks it: the organization, its accounts, its administrators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from altcontact_sandbox.aws.organizations.input_model import OrganizationsModel
from altcontact_sandbox.aws.organizations.organization import (
    ACCOUNT_SERVICE,
    OTHER_SERVICE,
    Standing,
)
from altcontact_sandbox.aws.organizations.paging import Pages
from altcontact_sandbox.aws.organizations.shapes import LONG_AGO, arn, shown_account, shown_member
from altcontact_sandbox.aws.organizations.units_api import UnitsApi
from altcontact_sandbox.aws.protocol.messages import Call, Refusal

if TYPE_CHECKING:
    from altcontact_sandbox.aws.state.simulated_aws import SimulatedAws
    from altcontact_sandbox.aws.sts.callers import Caller

_SERVICES: Final = {Standing.DELEGATED: ACCOUNT_SERVICE, Standing.DELEGATED_OTHER: OTHER_SERVICE}
"""What a delegated administrator administers."""


class OrganizationsApi:
    """The operations; everything but `DescribeOrganization` is closed to a plain member."""

    def __init__(self, aws: SimulatedAws) -> None:
        self._aws = aws
        self._pages = Pages(aws)
        self._operations = {
            "DescribeOrganization": self._describe_organization,
            "DescribeAccount": self._describe_account,
            "ListAccounts": self._list_accounts,
            "ListAWSServiceAccessForOrganization": self._list_service_access,
            "ListDelegatedAdministrators": self._list_delegated_administrators,
            **UnitsApi(aws, self._pages).operations,
        }
        self._model = OrganizationsModel(self._operations)

    def answer(self, caller: Caller, call: Call) -> dict[str, Any]:
        """Carry out a call.

        Raises:
            Refusal: as AWS would.
        """
        operation = self._operations.get(call.operation)
        if operation is None:
            raise Refusal("UnknownOperationException", "The sandbox has no such operation.")
        organization = self._aws.organization
        organization.require_allowed(caller, call.action, call.target)
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
        self._model.check(call)
        return operation(caller, call)

    def _describe_organization(self, caller: Caller, _call: Call) -> dict[str, Any]:
        organization = self._aws.organization
        identity = self._aws.identity
        management_id = identity.management_id
        return {
            "Organization": {
                "Id": identity.organization_id,
                "Arn": arn(self._aws, caller.partition, "organization"),
                "FeatureSet": "ALL" if organization.all_features else "CONSOLIDATED_BILLING",
                "MasterAccountArn": arn(self._aws, caller.partition, "account", management_id),
                "MasterAccountId": management_id,
                "MasterAccountEmail": organization.members[management_id].email,
                "AvailablePolicyTypes": [],
            }
        }

    def _describe_account(self, caller: Caller, call: Call) -> dict[str, Any]:
        member = self._aws.organization.members.get(call.text("AccountId"))
        if member is None:
            raise Refusal(
                "AccountNotFoundException", "You specified an account that doesn't exist."
            )
        return {"Account": shown_account(self._aws, caller.partition, member)}

    def _list_accounts(self, caller: Caller, call: Call) -> dict[str, Any]:
        members = list(self._aws.organization.members.values())
        return self._pages.page_of(
            call,
            "Accounts",
            members,
            lambda member: shown_account(self._aws, caller.partition, member),
        )

    def _list_service_access(self, _caller: Caller, _call: Call) -> dict[str, Any]:
        organization = self._aws.organization
        services = [OTHER_SERVICE] if organization.all_features else []
        if organization.all_features and organization.trusted_access:
            services.insert(0, ACCOUNT_SERVICE)
        return {
            "EnabledServicePrincipals": [
                {"ServicePrincipal": each, "DateEnabled": LONG_AGO} for each in services
            ]
        }

    def _list_delegated_administrators(self, caller: Caller, call: Call) -> dict[str, Any]:
        wanted = call.text("ServicePrincipal")
        organization = self._aws.organization
        return {
            "DelegatedAdministrators": [
                {
                    **shown_member(self._aws, caller.partition, organization.members[each]),
                    "DelegationEnabledDate": LONG_AGO,
                }
                for each, standing in organization.delegated().items()
                if wanted in {"", _SERVICES[standing]}
            ]
        }
