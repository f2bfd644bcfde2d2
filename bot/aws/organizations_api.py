"""Finds out who is calling and which accounts are in scope, and lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import structlog
from botocore.paginate import TokenEncoder

from bot.aws.access_denied import Request
from bot.aws.error_mapping import UnusableAnswer
from bot.aws.paging import entries_of, every, next_token
from bot.aws.sessions import has_contacts_api
from bot.domain.accounts import ACTIVE, Account, Unit
from bot.domain.errors import GatewayError
from bot.domain.failures import FailureCode
from bot.domain.scope import CallerRole, Scope, ScopeKind
from bot.services.ports.aws import Priority

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.aws.rate_limiter import RateLimiter
    from bot.aws.retrying_calls import ApiCaller
    from bot.aws.sessions import Clients

PAGE_SIZE: Final = 20
"""The most accounts on a page of ListAccounts."""

_log = structlog.get_logger(__name__)

# AWS denied the request: a definite answer, unlike a timeout or expired credentials.
_MAY_NOT: Final = frozenset(
    {
        FailureCode.ACCOUNT_STATE,
        FailureCode.DENIED,
        FailureCode.DENIED_BY_SCP,
        FailureCode.PERMISSION_MISSING,
        FailureCode.TRUSTED_ACCESS_OFF,
        FailureCode.WRONG_CALLER,
    }
)


class Organization:
    """The calling account's place in AWS Organizations.

    Args:
        calls: makes the calls.
        clients: boto3's clients.
        limiter: limits the rate of Organizations' calls.
        name: the organization's name in the settings, also in its accounts.
    """

    def __init__(
        self, calls: ApiCaller, clients: Clients, limiter: RateLimiter, name: str = ""
    ) -> None:
        self._name = name
        self._calls = calls
        self._clients = clients
        self._limiter = limiter
        # A permission that is lost later must not make a check of one account out of a check of
        # all: it would report that nothing needs attention.
        self._listed_by = ""

    def scope(self, wanted: ScopeKind | None) -> Scope:
        """Find out who is calling, and which accounts can be checked.

        Args:
            wanted: what must be in scope; None: the organization if the caller may list it,
                otherwise the caller's account. Only a definite denial reduces the scope; if AWS
                doesn't answer, or the caller could list it before, this raises.

        Raises:
            GatewayError: it couldn't be found out, or the requested organization is unavailable.
        """
        account_id, partition = self._calls.call(Request("GetCallerIdentity"), self._identity)
        alone = Scope(ScopeKind.ACCOUNT, CallerRole.STANDALONE, account_id, partition)
        try:
            return self._among_others(wanted, alone)
        except GatewayError as error:
            cause = error.failure.cause
            if wanted is ScopeKind.ORGANIZATION or cause.of_the_caller:
                raise
            if cause is FailureCode.NO_ORGANIZATION:
                return alone
            if wanted is None and (cause not in _MAY_NOT or account_id == self._listed_by):
                raise
            _log.warning("aws.organization_unknown", account_id=account_id, cause=cause.value)
            return Scope(ScopeKind.ACCOUNT, CallerRole.UNKNOWN, account_id, partition)

    def accounts(self, scope: Scope) -> Iterator[Account]:
        """List every account in scope, page by page.

        Raises:
            GatewayError: a page couldn't be read; those before it were yielded.
        """
        if scope.kind is ScopeKind.ACCOUNT:
            yield self._the_one(scope)
            return
        for entry in every(lambda token: self._page(scope, token, PAGE_SIZE)):
            yield _account(entry, self._name)

    def _identity(self) -> tuple[str, str]:
        answer = self._clients.sts().get_caller_identity()
        arn = answer.get("Arn", "").split(":")
        account_id = answer.get("Account", "")
        if len(arn) < 2 or not account_id:  # noqa: PLR2004 - "arn" and the partition
            raise UnusableAnswer
        return account_id, arn[1]

    def _among_others(self, wanted: ScopeKind | None, alone: Scope) -> Scope:
        """The scope of a caller in an organization; raises if it is in none, or is denied."""
        partition = alone.partition
        described = self._calls.call(
            Request("DescribeOrganization", scope=alone),
            lambda: _organization(self._clients.organizations(partition).describe_organization()),
            self._limiter,
            Priority.INTERACTIVE,
        )
        management_id = described["MasterAccountId"]
        manages = management_id == alone.account_id
        scope = Scope(
            kind=ScopeKind.ACCOUNT,
            role=CallerRole.MANAGEMENT if manages else CallerRole.MEMBER,
            account_id=alone.account_id,
            partition=partition,
            organization_id=described["Id"],
            management_id=management_id,
        )
        if wanted is ScopeKind.ACCOUNT:
            return scope
        try:
            self._page(scope, "", 1)
        except GatewayError as error:
            if (
                wanted is ScopeKind.ORGANIZATION
                or error.failure.cause not in _MAY_NOT
                or self._listed_by == scope.account_id
            ):
                raise
            _log.warning(
                "aws.organization_not_listed",
                account_id=scope.account_id,
                cause=error.failure.cause.value,
            )
            return scope
        self._listed_by = scope.account_id
        return Scope(
            kind=ScopeKind.ORGANIZATION,
            role=CallerRole.MANAGEMENT if manages else CallerRole.DELEGATED_ADMINISTRATOR,
            account_id=scope.account_id,
            partition=partition,
            organization_id=scope.organization_id,
            management_id=management_id,
        )

    def _page(self, scope: Scope, token: str, size: int) -> tuple[list[dict[str, Any]], str]:
        """One page of ListAccounts.

        After a failed call, boto3's paginator can't continue. So each try of each page uses its own
        paginator, which starts at the token from the previous page.
        """

        def ask() -> tuple[list[dict[str, Any]], str]:
            client = self._clients.organizations(scope.partition)
            config: dict[str, Any] = {"PageSize": size}
            if token:
                config["StartingToken"] = TokenEncoder().encode({"NextToken": token})
            pages = client.get_paginator("list_accounts").paginate(
                PaginationConfig=config  # type: ignore[arg-type] # it is built key by key
            )
            page: Mapping[str, Any] = next(iter(pages))
            return entries_of(page, "Accounts"), next_token(page)

        request = Request("ListAccounts", scope=scope)
        return self._calls.call(request, ask, self._limiter, Priority.SCAN)

    def _the_one(self, scope: Scope) -> Account:
        """The calling account, which is active because it calls; without a name, its id is used."""
        try:
            name = self._calls.call(
                Request("GetAccountInformation", scope=scope), lambda: self._own_name(scope)
            )
        except GatewayError as error:
            if error.failure.cause.of_the_caller:
                raise
            name = ""
        return Account(scope.account_id, name or scope.account_id, ACTIVE, organization=self._name)

    def _own_name(self, scope: Scope) -> str:
        if not has_contacts_api(scope.partition):
            return ""
        return (
            self._clients.account(scope.partition).get_account_information().get("AccountName", "")
        )


def _organization(answer: Mapping[str, Any]) -> Mapping[str, str]:
    organization = answer.get("Organization") or {}
    if not organization.get("Id") or not organization.get("MasterAccountId"):
        raise UnusableAnswer
    return {"Id": organization["Id"], "MasterAccountId": organization["MasterAccountId"]}


def _account(entry: Mapping[str, Any], organization: str) -> Account:
    """An account from ListAccounts.

    Without both `State` and `Status` it counts as active: then it is read, and AWS's answer says
    more than omitting it would.
    """
    return Account(
        id=entry["Id"],
        name=entry.get("Name") or entry["Id"],
        state=entry.get("State") or entry.get("Status") or ACTIVE,
        email=entry.get("Email", ""),
        organization=organization,
        units=_units(entry.get("Paths")),
    )


def _units(paths: object) -> tuple[Unit, ...] | None:
    """The OUs of `o-…/r-…/ou-…/ou-…/444455556666/`, without their names.

    Returns:
        None if AWS gave no path, or an invalid one.
    """
    path = paths[0] if isinstance(paths, list) and paths else ""
    parts = path.strip("/").split("/") if isinstance(path, str) else []
    if len(parts) < 2 or not parts[1].startswith("r-"):  # noqa: PLR2004 - organization and root
        return None
    return tuple(Unit(part, "") for part in parts[2:] if part.startswith("ou-"))
