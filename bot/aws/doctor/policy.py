"""The doctor's checks of what else the policy needs: OUs, tags and primary contacts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bot.aws.doctor.doctor_session import line
from bot.aws.paging import entries_of
from bot.aws.sessions import has_contacts_api
from bot.domain.errors import GatewayError
from bot.domain.failures import Failure
from bot.domain.rule_catalog import Rule
from bot.domain.scope import CallerRole
from bot.services.doctor import State
from bot.services.ports.aws import Priority

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_organizations import OrganizationsClient

    from bot.aws.account_api import Contacts
    from bot.aws.doctor.doctor_session import DoctorSession
    from bot.aws.sessions import Clients
    from bot.domain.policy.policy import Policy
    from bot.domain.scope import Scope
    from bot.services.doctor import CheckResult

_ONE: Final = 1
"""A page of one entry is enough to see that there is an answer."""


class PolicyChecks:
    """Checks each permission that this policy needs, and no others.

    Args:
        session: what was found out before.
        clients: boto3's clients.
        contacts: the contacts that a caller can reach.
        policy: what accounts should have; None if that is unknown.
    """

    def __init__(
        self,
        session: DoctorSession,
        clients: Clients,
        contacts: Callable[[Scope], Contacts],
        policy: Policy | None,
    ) -> None:
        self._session = session
        self._clients = clients
        self._contacts = contacts
        self._policy = policy

    def units(self) -> Iterator[CheckResult]:
        """Whether OUs can be listed."""
        if self._policy is None or not self._policy.needs_units:
            return
        if (without := self._without_organization("OUs")) is not None:
            yield without
            return
        client = self._client
        try:
            roots = self._session.call("ListRoots", lambda: _entries(client.list_roots(), "Roots"))
        except GatewayError as error:
            yield self._session.failed("OUs", error.failure, "organizations:ListRoots")
            return
        parent = roots[0]["Id"] if roots else ""

        def listed_units() -> list[dict[str, Any]]:
            answer = client.list_organizational_units_for_parent(ParentId=parent, MaxResults=_ONE)
            return _entries(answer, "OrganizationalUnits")

        def listed_accounts() -> list[dict[str, Any]]:
            answer = client.list_accounts_for_parent(ParentId=parent, MaxResults=_ONE)
            return _entries(answer, "Accounts")

        listings = {
            "ListOrganizationalUnitsForParent": listed_units,
            "ListAccountsForParent": listed_accounts,
        }
        whole = True
        for operation, make in listings.items():
            try:
                self._session.call(operation, make)
            except GatewayError as error:
                whole = False
                yield self._session.failed("OUs", error.failure, f"organizations:{operation}")
        if whole:
            yield line("OUs", State.OK, "can be listed.")

    def tags(self) -> Iterator[CheckResult]:
        """Whether an account's tags can be read."""
        if self._policy is None or not self._policy.needs_tags:
            return
        if (without := self._without_organization("Tags")) is not None:
            yield without
            return
        client, subject = self._client, self._session.subject

        def listed_tags() -> list[dict[str, Any]]:
            answer = client.list_tags_for_resource(ResourceId=subject)
            return entries_of(answer, "Tags", known_by="Key")

        try:
            self._session.call("ListTagsForResource", listed_tags)
        except GatewayError as error:
            yield self._session.failed("Tags", error.failure, "organizations:ListTagsForResource")
            return
        yield line("Tags", State.OK, f"can be read. Tried with account {subject}.")

    def primary(self) -> Iterator[CheckResult]:
        """Whether a primary contact can be read."""
        name = "Primary contacts"
        if self._policy is None or not self._policy.turns_on(Rule.PRIMARY_CONTACT):
            return
        if self._session.partition and not has_contacts_api(self._session.partition):
            return
        if not self._session.reaches_subject:
            yield self._session.not_tested(name)
            return
        subject = self._session.subject
        found = self._contacts(self._session.scope).primary_contact(subject, Priority.INTERACTIVE)
        if isinstance(found, Failure):
            yield self._session.failed(name, found, "account:GetContactInformation")
            return
        yield line(name, State.OK, f"can be read. Tried with account {subject}.")

    @property
    def _client(self) -> OrganizationsClient:
        return self._clients.organizations(self._session.partition)

    def _without_organization(self, name: str) -> CheckResult | None:
        """The line if there is no organization to check; None if there is one."""
        if self._session.role is CallerRole.STANDALONE:
            message = "don't exist, because the account isn't in an organization: policy sections "
            remedy = "Remove those sections from the policy, or run the bot in an organization."
            return line(name, State.WARNING, f"{message}for {name} apply to no account.", remedy)
        if not self._session.organization:
            return self._session.not_tested(name)
        return None


def _entries(answer: Any, key: str) -> list[dict[str, Any]]:  # noqa: ANN401 - boto3's typed dicts
    return entries_of(answer, key)
