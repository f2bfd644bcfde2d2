"""Finds out who is calling, and which accounts are in scope."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import structlog

from bot.aws.access_denied import Request
from bot.aws.error_mapping import UnusableAnswer
from bot.domain.errors import GatewayError, StoreError
from bot.domain.failures import FailureCode
from bot.domain.scope import CallerRole, KnownOrganization, Scope, ScopeKind
from bot.domain.unlisted import limited, may_stand_alone, refused
from bot.services.ports.aws import Priority

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from bot.aws.organizations_api import Organization
    from bot.aws.rate_limiter import RateLimiter
    from bot.aws.retrying_calls import ApiCaller
    from bot.aws.sessions import Clients
    from bot.domain.failures import Failure

    ListedBefore = Callable[[str, str], KnownOrganization | None]

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


def nothing_listed(_section: str, _account_id: str) -> None:
    """Nothing is known of earlier checks."""


class CallerScope:
    """The calling account's place in AWS Organizations.

    Args:
        calls: makes the calls.
        clients: boto3's clients.
        limiter: limits the rate of Organizations' calls.
        organization: lists accounts.
        listed_before: the organization that earlier checks of an `[[aws]]` section listed, given
            its name and the calling account; may raise StoreError.
    """

    def __init__(
        self,
        calls: ApiCaller,
        clients: Clients,
        limiter: RateLimiter,
        organization: Organization,
        listed_before: ListedBefore = nothing_listed,
    ) -> None:
        self._calls = calls
        self._clients = clients
        self._limiter = limiter
        self._organization = organization
        self._listed_before = listed_before
        self._section = organization.name
        # Also if there is no database, or nothing was recorded yet.
        self._listed_now: KnownOrganization | None = None

    def find(self, wanted: ScopeKind | None) -> Scope:
        """Find out who is calling, and which accounts can be checked.

        Args:
            wanted: what must be in scope; None: the organization if there is one, otherwise the
                caller's account. If AWS doesn't let the caller list an organization, it is checked
                alone only if nothing says that there is more to check; then the scope has a
                `limit`.

        Raises:
            GatewayError: it couldn't be found out, or an organization that is there, or is
                requested, can't be listed.
        """
        account_id, partition = self._calls.call(Request("GetCallerIdentity"), self._identity)
        alone = Scope(ScopeKind.ACCOUNT, CallerRole.STANDALONE, account_id, partition)
        try:
            member = self._described(alone)
        except GatewayError as error:
            return self._without_description(alone, wanted, error)
        if wanted is ScopeKind.ACCOUNT:
            return member
        try:
            self._organization.try_listing(member)
        except GatewayError as error:
            if wanted is ScopeKind.ORGANIZATION or error.failure.cause not in _MAY_NOT:
                raise
            return self._unlisted(member, error.failure)
        self._listed_now = KnownOrganization(member.organization_id)
        manages = member.role is CallerRole.MANAGEMENT
        role = CallerRole.MANAGEMENT if manages else CallerRole.DELEGATED_ADMINISTRATOR
        return replace(member, kind=ScopeKind.ORGANIZATION, role=role)

    def known(self, account_id: str) -> KnownOrganization | None:
        """The organization that was listed before, by this process or by earlier checks.

        Args:
            account_id: the calling account.

        Raises:
            StoreError: earlier checks can't be read.
        """
        return self._listed_before(self._section, account_id) or self._listed_now

    def _identity(self) -> tuple[str, str]:
        answer = self._clients.sts().get_caller_identity()
        arn = answer.get("Arn", "").split(":")
        account_id = answer.get("Account", "")
        if len(arn) < 2 or not account_id:  # noqa: PLR2004 - "arn" and the partition
            raise UnusableAnswer
        return account_id, arn[1]

    def _described(self, alone: Scope) -> Scope:
        """A caller in an organization, with its own account in scope.

        Raises:
            GatewayError: it is in none, or AWS doesn't say.
        """
        described = self._calls.call(
            Request("DescribeOrganization", scope=alone),
            lambda: _organization(
                self._clients.organizations(alone.partition).describe_organization()
            ),
            self._limiter,
            Priority.INTERACTIVE,
        )
        manages = described["MasterAccountId"] == alone.account_id
        return replace(
            alone,
            role=CallerRole.MANAGEMENT if manages else CallerRole.MEMBER,
            organization_id=described["Id"],
            management_id=described["MasterAccountId"],
        )

    def _without_description(
        self, alone: Scope, wanted: ScopeKind | None, error: GatewayError
    ) -> Scope:
        """The scope of a caller whose organization isn't described.

        Raises:
            GatewayError: something else is in scope, or may be.
        """
        cause = error.failure.cause
        if wanted is ScopeKind.ORGANIZATION or cause.of_the_caller:
            raise error
        if wanted is ScopeKind.ACCOUNT:
            standalone = cause is FailureCode.NO_ORGANIZATION
            return alone if standalone else replace(alone, role=CallerRole.UNKNOWN)
        if cause is FailureCode.NO_ORGANIZATION:
            return self._standalone(alone, error.failure)
        if cause not in _MAY_NOT:
            raise error
        unknown = replace(alone, role=CallerRole.UNKNOWN)
        try:
            # Another permission, which may tell whether there is an organization.
            self._organization.try_listing(unknown)
        except GatewayError as listing:
            if listing.failure.cause is FailureCode.NO_ORGANIZATION:
                return self._standalone(alone, listing.failure)
            if listing.failure.cause not in _MAY_NOT:
                raise
            return self._unlisted(unknown, error.failure)
        raise GatewayError(refused(unknown, error.failure, None, self._section))

    def _standalone(self, alone: Scope, why: Failure) -> Scope:
        """The account alone; unless an organization was there before: then the role is wrong.

        Raises:
            GatewayError: there was one.
        """
        known = self._known(alone, why)
        if known is not None:
            raise GatewayError(refused(alone, why, known, self._section))
        return alone

    def _unlisted(self, scope: Scope, why: Failure) -> Scope:
        """The account alone, with the reason; if nothing says that there is more to check.

        Raises:
            GatewayError: there is more.
        """
        known = self._known(scope, why)
        if not may_stand_alone(scope, known):
            raise GatewayError(refused(scope, why, known, self._section))
        return limited(scope, why, self._section)

    def _known(self, scope: Scope, why: Failure) -> KnownOrganization | None:
        """As `known`; without the database, nothing is concluded from what AWS denies.

        Raises:
            GatewayError: what AWS denied, since earlier checks can't be read.
        """
        try:
            return self.known(scope.account_id)
        except StoreError:
            _log.warning("aws.earlier_checks_unknown", caller=scope.caller)
            raise GatewayError(why) from None


def _organization(answer: Mapping[str, Any]) -> Mapping[str, str]:
    organization = answer.get("Organization") or {}
    if not organization.get("Id") or not organization.get("MasterAccountId"):
        raise UnusableAnswer
    return {"Id": organization["Id"], "MasterAccountId": organization["MasterAccountId"]}
