"""What the doctor's checks of AWS have found out so far, and what their lines have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from bot.aws.access_denied import Request
from bot.aws.doctor import remedies
from bot.domain.errors import StoreError
from bot.domain.failures import FailureCode
from bot.domain.scope import CallerRole, Scope, ScopeKind
from bot.services.doctor import CheckResult, Section, State
from bot.services.ports.aws import Priority

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.aws.rate_limiter import RateLimiter
    from bot.aws.retrying_calls import ApiCaller
    from bot.domain.failures import Failure
    from bot.domain.scope import KnownOrganization

_T = TypeVar("_T")


class DoctorSession:
    """The state of the doctor's checks of AWS, filled in check by check.

    `in_the_way` says why later checks aren't tested, or is empty. `missing` has each denied
    permission, and whether the bot needs it. `other` is an account of the organization that is
    neither the caller's nor the management account.

    Args:
        calls: makes the calls.
        limiter: limits their rate.
        wanted: what must be in scope; None: the organization, if there is one.
        assumes: the ARN of the role that is assumed to call, if any.
        endpoint: the URL and the region for a service in a partition.
        known: the organization that earlier checks listed, given the calling account.
    """

    def __init__(
        self,
        calls: ApiCaller,
        limiter: RateLimiter,
        wanted: ScopeKind | None,
        assumes: str = "",
        *,
        endpoint: Callable[[str, str], tuple[str, str]] = lambda _service, _partition: ("", ""),
        known: Callable[[str], KnownOrganization | None] = lambda _account_id: None,
    ) -> None:
        self._known = known
        self._calls = calls
        self._limiter = limiter
        self.wanted = wanted
        self.assumes = assumes
        self._endpoint = endpoint
        self.account_id = self.partition = self.role_name = ""
        self.organization: Mapping[str, Any] = {}
        self.role = CallerRole.UNKNOWN
        self.in_the_way = self.other = ""
        self.missing: dict[str, bool] = {}
        self.incomplete = False

    @property
    def alone(self) -> bool:
        """Whether only one account exists, or only one is to be checked."""
        return self.wanted is ScopeKind.ACCOUNT or self.role is CallerRole.STANDALONE

    def extent(self) -> tuple[State, str]:
        """What is checked if the organization can't be listed and the scope is detected."""
        try:
            known = self._known(self.account_id)
        except StoreError:
            return State.FAILURE, "No account is checked, since the database can't be read."
        if known is not None:
            why = f"since earlier checks covered the organization {known.id}"
            return State.FAILURE, f"No account is checked, {why}."
        if self.role is CallerRole.MANAGEMENT:
            return State.FAILURE, "No account is checked."
        return State.WARNING, f"Only account {self.account_id} is checked."

    @property
    def subject(self) -> str:
        """The account to try a request with: another one than the caller's, if possible."""
        return self.account_id if self._by_itself else self.other or self.account_id

    @property
    def reaches_subject(self) -> bool:
        """Whether a request about it can succeed, as far as known."""
        return bool(self.account_id) and (not self.in_the_way or self._by_itself)

    @property
    def _by_itself(self) -> bool:
        return self.alone or self.role is CallerRole.MEMBER

    @property
    def scope(self) -> Scope:
        """Who calls, as far as known."""
        return Scope(
            ScopeKind.ACCOUNT if self.alone else ScopeKind.ORGANIZATION,
            self.role,
            self.account_id,
            self.partition,
            self.organization.get("Id", ""),
            self.organization.get("MasterAccountId", ""),
        )

    def call(self, operation: str, make: Callable[[], _T]) -> _T:
        """Call an operation of AWS.

        Args:
            operation: its name, as AWS documents it.
            make: makes the call.

        Raises:
            GatewayError: AWS didn't answer, or refused.
        """
        scope = self.scope if self.account_id else None
        return self._calls.call(
            Request(operation, scope=scope), make, self._limiter, Priority.INTERACTIVE
        )

    def failed(self, name: str, why: Failure, action: str) -> CheckResult:
        """A failure; a permission that is missing goes into the policy at the end."""
        self.incomplete = True
        remedy, snippet = why.remedy, self._snippet(why, action)
        if why.cause is FailureCode.PERMISSION_MISSING:
            self.missing[action] = True
            remedy = "Add the statement that is listed under “IAM policy”."
        return line(name, State.FAILURE, why.message, remedy, snippet)

    def optional_failed(self, name: str, why: Failure, action: str) -> CheckResult:
        """A warning: something that the bot doesn't need couldn't be checked."""
        self.incomplete = True
        remedy, snippet = why.remedy, self._snippet(why, action)
        if why.cause is FailureCode.PERMISSION_MISSING:
            self.missing.setdefault(action, False)
            remedy = "Optional: add the statement that is listed under “IAM policy”."
        return line(name, State.WARNING, f"couldn't be checked. {why.message}", remedy, snippet)

    def _snippet(self, why: Failure, action: str) -> str:
        url, region = self._endpoint(action.partition(":")[0], self.partition)
        return remedies.for_cause(
            why.cause, self.account_id, self.role_name, url=url, region=region
        )

    def not_tested(self, name: str) -> CheckResult:
        """A line that says why something wasn't tested."""
        self.incomplete = True
        return line(name, State.NOT_TESTED, f"{self.in_the_way}.")


def line(name: str, state: State, message: str, remedy: str = "", snippet: str = "") -> CheckResult:
    """A line about AWS."""
    return CheckResult(Section.AWS, name, state, message, remedy, snippet)
