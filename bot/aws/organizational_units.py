"""Lists the organizational units and the accounts in them, and reads accounts' tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bot.aws.access_denied import Request
from bot.aws.paging import entries_of, every, next_token
from bot.aws.retrying_calls import TRIES
from bot.domain.accounts import Unit
from bot.domain.errors import GatewayError
from bot.domain.failures import FailureCode, failure
from bot.domain.readings import PlacementsReading, UnitsReading
from bot.domain.scope import CallerRole
from bot.services.ports.aws import Priority

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from bot.aws.rate_limiter import RateLimiter
    from bot.aws.retrying_calls import ApiCaller
    from bot.aws.sessions import Clients
    from bot.domain.failures import Failure
    from bot.domain.scope import Scope

    Ask = Callable[..., Mapping[str, Any]]

_PAGE_SIZE: Final = 20
"""The most items on a page of these operations."""

_DEEPEST: Final = 10
"""The most levels of OUs to read; AWS allows 5, and may allow more in the future."""

_UNITS: Final = (
    "ListOrganizationalUnitsForParent",
    "list_organizational_units_for_parent",
    "OrganizationalUnits",
)
_ACCOUNTS: Final = ("ListAccountsForParent", "list_accounts_for_parent", "Accounts")
_ROOTS: Final = ("ListRoots", "list_roots", "Roots")
_TAGS: Final = ("ListTagsForResource", "list_tags_for_resource", "Tags")
"""A listing: the operation, the client's method for it, and the key of its items."""

_GONE: Final = "ParentNotFoundException"

MAX_CONSECUTIVE_FAILURES: Final = 5
"""How many OUs in a row may fail before no more are requested."""


class _Listings:
    """The listings of one walk, one after another: the items of each, or why it failed.

    A failure concerns one OU. No more listings are requested if several in a row failed and none
    has succeeded yet, or if AWS didn't answer several in a row.
    """

    def __init__(self) -> None:
        self._failures: dict[str, Failure] = {}
        self._has_succeeded = False
        self._consecutive = 0
        self._not_asked: Failure | None = None

    def read(self, key: str, entries: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """The entries of one listing, up to a failure.

        Raises:
            GatewayError: the caller is denied, or the gateway was closed: every other listing would
                fail too.
        """
        if self._not_asked is not None:
            self._failures[key] = self._not_asked
            return
        try:
            yield from entries
        except GatewayError as error:
            self._record(key, error)
        else:
            self._has_succeeded, self._consecutive = True, 0

    def result(self) -> Mapping[str, Failure]:
        """Why listings failed, by their keys.

        Raises:
            GatewayError: all of them failed.
        """
        if self._failures and not self._has_succeeded:
            raise GatewayError(next(iter(self._failures.values())))
        return self._failures

    def _record(self, key: str, error: GatewayError) -> None:
        why = error.failure
        if why.cause.of_the_caller or why.cause is FailureCode.NOT_REACHED:
            raise error
        self._failures[key] = why
        self._consecutive += 1
        # A failure that can be retried concerns AWS or the network, not this OU.
        is_silence = why.cause in TRIES
        if self._consecutive >= MAX_CONSECUTIVE_FAILURES and (
            is_silence or not self._has_succeeded
        ):
            message = f"Couldn't list {self._consecutive} OUs in a row. {why.message}"
            self._not_asked = failure(FailureCode.NOT_ASKED, message=message, remedy=why.remedy)


class OrganizationalUnits:
    """The OUs and tags of an organization's accounts. Safe to use from several threads.

    Args:
        calls: makes the calls.
        clients: boto3's clients.
        limiter: limits the rate of calls about OUs.
        tags: limits the rate of reading tags, separately, so that it doesn't delay listings.
    """

    def __init__(
        self, calls: ApiCaller, clients: Clients, limiter: RateLimiter, tags: RateLimiter
    ) -> None:
        self._calls = calls
        self._clients = clients
        self._limiter = limiter
        self._tags = tags

    def units(self, scope: Scope) -> UnitsReading:
        """Walk the OUs, level by level; a failure of one doesn't stop the others.

        Empty if the caller isn't in an organization.

        Raises:
            GatewayError: nothing could be listed, or the walk has no end.
        """
        if scope.role is CallerRole.STANDALONE:
            return UnitsReading()
        found: dict[str, tuple[Unit, ...]] = {}
        listings = _Listings()
        level: list[tuple[str, str, tuple[Unit, ...]]] = [
            (root, "", ()) for root in self._roots(scope)
        ]
        for _ in range(_DEEPEST):
            below: list[tuple[str, str, tuple[Unit, ...]]] = []
            for parent, parent_key, path in level:
                asked = {"ParentId": parent, "MaxResults": _PAGE_SIZE}
                for entry in listings.read(parent_key, self._within(scope, asked, _UNITS)):
                    if entry["Id"] in found:
                        raise GatewayError(failure(FailureCode.MALFORMED))
                    here = (*path, Unit(entry["Id"], entry.get("Name") or entry["Id"]))
                    found[entry["Id"]] = here
                    below.append((entry["Id"], entry["Id"], here))
            if not below:
                return UnitsReading(found, listings.result())
            level = below
        raise GatewayError(failure(FailureCode.MALFORMED))

    def placements(self, scope: Scope, units: Iterable[str]) -> PlacementsReading:
        """Which OU each account is in; a failure of one OU doesn't stop the others.

        Args:
            scope: who is calling.
            units: the ids of all OUs; the root is listed too.

        Raises:
            GatewayError: nothing could be listed.
        """
        if scope.role is CallerRole.STANDALONE:
            return PlacementsReading()
        listings = _Listings()
        placed: dict[str, str] = {}
        parents = [(root, "") for root in self._roots(scope)] + [(unit, unit) for unit in units]
        for parent, key in parents:
            asked = {"ParentId": parent, "MaxResults": _PAGE_SIZE}
            for entry in listings.read(key, self._within(scope, asked, _ACCOUNTS)):
                placed[entry["Id"]] = key
        return PlacementsReading(placed, listings.result())

    def tags(self, scope: Scope, account_id: str) -> Mapping[str, str]:
        """An account's tags; none if the caller isn't in an organization.

        Raises:
            GatewayError: they couldn't be read.
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
        self, scope: Scope, asked: Mapping[str, object], listing: tuple[str, str, str]
    ) -> Iterator[dict[str, Any]]:
        """The direct children of a root or an OU; none if it was deleted in the meantime."""
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
