"""Walks the organizational units, tells which accounts are in them, and reads accounts' tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bot.aws.access_denied import Request
from bot.aws.paging import entries_of, every, next_token
from bot.domain.accounts import Unit
from bot.domain.errors import GatewayError
from bot.domain.failures import FailureCode, failure
from bot.domain.scope import CallerRole
from bot.services.ports.aws import Priority

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from bot.aws.rate_limiter import RateLimiter
    from bot.aws.retrying_calls import ApiCaller
    from bot.aws.sessions import Clients
    from bot.domain.scope import Scope

    Ask = Callable[..., Mapping[str, Any]]

_PAGE_SIZE: Final = 20
"""The most that these operations give on a page."""

_DEEPEST: Final = 10
"""Levels of OUs that are gone down; AWS allows 5, and may come to allow more."""

_UNITS: Final = (
    "ListOrganizationalUnitsForParent",
    "list_organizational_units_for_parent",
    "OrganizationalUnits",
)
_ACCOUNTS: Final = ("ListAccountsForParent", "list_accounts_for_parent", "Accounts")
_ROOTS: Final = ("ListRoots", "list_roots", "Roots")
_TAGS: Final = ("ListTagsForResource", "list_tags_for_resource", "Tags")
"""What is listed: the operation, the client's method for it, and the key of what it lists."""

_GONE: Final = "ParentNotFoundException"


class OrganizationalUnits:
    """Where an organization's accounts stand. Safe to use from several threads.

    Args:
        calls: makes the calls.
        clients: boto3's clients.
        limiter: where calls about OUs wait for their turn.
        tags: where reading of tags waits, so that it holds up no listing.
    """

    def __init__(
        self, calls: ApiCaller, clients: Clients, limiter: RateLimiter, tags: RateLimiter
    ) -> None:
        self._calls = calls
        self._clients = clients
        self._limiter = limiter
        self._tags = tags

    def units(self, scope: Scope) -> Mapping[str, tuple[Unit, ...]]:
        """Walk the OUs, level by level: {id of each OU: the OUs from the root down to it}.

        Empty where the caller is in no organization.

        Raises:
            GatewayError: a part of the walk could not be made.
        """
        if scope.role is CallerRole.STANDALONE:
            return {}
        found: dict[str, tuple[Unit, ...]] = {}
        level: list[tuple[str, tuple[Unit, ...]]] = [(root, ()) for root in self._roots(scope)]
        for _ in range(_DEEPEST):
            below: list[tuple[str, tuple[Unit, ...]]] = []
            for parent, path in level:
                for entry in self._within(scope, parent, _UNITS):
                    if entry["Id"] in found:
                        raise GatewayError(failure(FailureCode.MALFORMED))
                    here = (*path, Unit(entry["Id"], entry.get("Name") or entry["Id"]))
                    found[entry["Id"]] = here
                    below.append((entry["Id"], here))
            if not below:
                return found
            level = below
        raise GatewayError(failure(FailureCode.MALFORMED))

    def placements(self, scope: Scope, units: Iterable[str]) -> Mapping[str, str]:
        """Which OU each account is right in, "" for the root: {account id: OU id}.

        Args:
            scope: who is calling.
            units: the ids of all OUs; the root is asked besides.

        Raises:
            GatewayError: a page could not be had.
        """
        if scope.role is CallerRole.STANDALONE:
            return {}
        placed = {
            entry["Id"]: ""
            for root in self._roots(scope)
            for entry in self._within(scope, root, _ACCOUNTS)
        }
        for unit in units:
            for entry in self._within(scope, unit, _ACCOUNTS):
                placed[entry["Id"]] = unit
        return placed

    def tags(self, scope: Scope, account_id: str) -> Mapping[str, str]:
        """An account's tags; none where the caller is in no organization.

        Raises:
            GatewayError: they could not be read.
        """
        if scope.role is CallerRole.STANDALONE:
            return {}
        asked = {"ResourceId": account_id}
        found = self._list(scope, _TAGS, asked, self._tags, known_by="Key")
        return {str(entry["Key"]): str(entry.get("Value") or "") for entry in found}

    def _roots(self, scope: Scope) -> list[str]:
        found = self._list(scope, _ROOTS, {"MaxResults": _PAGE_SIZE}, self._limiter)
        return [entry["Id"] for entry in found]

    def _within(
        self, scope: Scope, parent: str, listing: tuple[str, str, str]
    ) -> Iterator[dict[str, Any]]:
        """What is right in a root or an OU; nothing in one that was deleted meanwhile."""
        asked = {"ParentId": parent, "MaxResults": _PAGE_SIZE}
        try:
            yield from self._list(scope, listing, asked, self._limiter)
        except GatewayError as error:
            if error.failure.code != _GONE:
                raise

    def _list(
        self,
        scope: Scope,
        listing: tuple[str, str, str],
        asked: Mapping[str, object],
        limiter: RateLimiter,
        *,
        known_by: str = "Id",
    ) -> Iterator[dict[str, Any]]:
        operation, method, key = listing

        def page(token: str) -> tuple[list[dict[str, Any]], str]:
            def ask() -> tuple[list[dict[str, Any]], str]:
                call: Ask = getattr(self._clients.organizations(scope.partition), method)
                answer = call(**asked, **({"NextToken": token} if token else {}))
                return entries_of(answer, key, known_by=known_by), next_token(answer)

            request = Request(operation, scope=scope)
            return self._calls.call(request, ask, limiter, Priority.SCAN)

        return every(page)
