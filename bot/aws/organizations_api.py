"""Lists the accounts in scope: those of an organization, or the calling one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import structlog
from botocore.paginate import TokenEncoder

from bot.aws.access_denied import Request
from bot.aws.paging import entries_of, every, next_token
from bot.aws.sessions import has_contacts_api
from bot.domain.accounts import ACTIVE, Account, Unit
from bot.domain.errors import GatewayError
from bot.domain.scope import Scope, ScopeKind
from bot.services.ports.aws import Priority

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.aws.rate_limiter import RateLimiter
    from bot.aws.retrying_calls import ApiCaller
    from bot.aws.sessions import Clients

PAGE_SIZE: Final = 20
"""The most accounts on a page of ListAccounts."""

_log = structlog.get_logger(__name__)


class Organization:
    """The accounts that a caller can see.

    Args:
        calls: makes the calls.
        clients: boto3's clients.
        limiter: limits the rate of Organizations' calls.
        name: the organization's name in the settings, also in its accounts.
    """

    def __init__(
        self, calls: ApiCaller, clients: Clients, limiter: RateLimiter, name: str = ""
    ) -> None:
        self.name: Final = name
        self._calls = calls
        self._clients = clients
        self._limiter = limiter

    def accounts(self, scope: Scope) -> Iterator[Account]:
        """List every account in scope, page by page.

        Raises:
            GatewayError: a page couldn't be read; those before it were yielded.
        """
        if scope.kind is ScopeKind.ACCOUNT:
            yield self._the_one(scope)
            return
        for entry in every(lambda token: self._page(scope, token, PAGE_SIZE)):
            yield _account(entry, self.name)

    def try_listing(self, scope: Scope) -> None:
        """List one account.

        Raises:
            GatewayError: the caller can't list the organization, or AWS didn't answer.
        """
        self._page(scope, "", 1)

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
        return Account(scope.account_id, name or scope.account_id, ACTIVE, organization=self.name)

    def _own_name(self, scope: Scope) -> str:
        if not has_contacts_api(scope.partition):
            return ""
        return (
            self._clients.account(scope.partition).get_account_information().get("AccountName", "")
        )


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
