"""The AWS adapter: creates a `ContactGateway` for each target."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

import structlog

from bot.aws.account_api import Contacts
from bot.aws.caller_limiters import CallerLimiters
from bot.aws.caller_scope import CallerScope, nothing_listed
from bot.aws.doctor.checks import AwsChecks
from bot.aws.doctor.doctor_session import DoctorSession
from bot.aws.organizational_units import OrganizationalUnits
from bot.aws.organizations_api import Organization
from bot.aws.rate_limiter import LIST, TAGS, RateLimiter
from bot.aws.retrying_calls import TRIES, ApiCaller
from bot.aws.sessions import CONNECT_SECONDS, READ_SECONDS, Clients
from bot.domain.errors import GatewayError
from bot.domain.readings import Unreadable
from bot.domain.scope import AwsTarget

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import boto3

    from bot.aws.caller_scope import ListedBefore
    from bot.aws.token_bucket import Quota
    from bot.domain.accounts import Account
    from bot.domain.contacts import AlternateContact, ContactType
    from bot.domain.failures import Failure, FailureCode
    from bot.domain.fixes import WriteOrigin
    from bot.domain.policy.policy import Policy
    from bot.domain.readings import ContactReading, PlacementsReading, UnitsReading
    from bot.domain.rules.facts import PrimaryContact
    from bot.domain.run_summary import WritePace
    from bot.domain.scope import Scope, ScopeKind
    from bot.services.ports.aws import Priority
    from bot.services.ports.metrics import CallRate, Metrics

_log = structlog.get_logger(__name__)


class AwsGateway:
    """The accounts in scope and their contacts. Safe to use from several threads.

    No request is sent, and no client created, before the first call. Limiters belong to the calling
    account, so they are kept when the scope is detected again.

    Args:
        wanted_scope: what must be in scope; None: the organization if the caller may list it,
            otherwise the caller's account, unless there is more that it can't see.
        read_rate: GetAlternateContact calls a second; None: AWS's published quota.
        write_rate: PutAlternateContact calls a second; None as above.
        concurrency: how many threads call at once, so that each has a connection.
        session: a boto3 session instead of the default one.
        listing: the quota of calls to Organizations, except for tags.
        tagging: the quota of calls for tags.
        connect_seconds: how long a connection may take.
        read_seconds: how long to wait for data of an answer.
        pause: waits this many seconds between tries; tests replace it.
        tries: how often a call is made before a failure with this cause counts.
        target: which organization or account to reach, and how; its scope takes precedence over
            `wanted_scope`.
        on_date: called with the `Date` header of each answer; must be quick.
        metrics: take each call.
        listed_before: the organization that earlier checks listed; see `CallerScope`.
    """

    def __init__(
        self,
        wanted_scope: ScopeKind | None,
        read_rate: float | None = None,
        write_rate: float | None = None,
        concurrency: int = 32,
        session: boto3.Session | None = None,
        *,
        listing: Quota = LIST,
        tagging: Quota = TAGS,
        connect_seconds: float = CONNECT_SECONDS,
        read_seconds: float = READ_SECONDS,
        pause: Callable[[float], object] | None = None,
        tries: Mapping[FailureCode, int] = TRIES,
        target: AwsTarget = AwsTarget(),  # noqa: B008 - frozen, so it may be shared
        on_date: Callable[[str | None], object] = lambda _: None,
        metrics: Metrics | None = None,
        listed_before: ListedBefore = nothing_listed,
    ) -> None:
        self.name: Final = target.name
        self._target = target
        self._wanted = target.scope or wanted_scope
        self._clients = Clients(
            concurrency,
            session,
            connect_seconds,
            read_seconds,
            target,
            on_date=on_date,
            metrics=metrics,
        )
        self._calls = ApiCaller(pause, tries, metrics, self._clients)
        self._listing, self._tagging = RateLimiter(listing), RateLimiter(tagging)
        self._organization = Organization(self._calls, self._clients, self._listing, self.name)
        self._caller = CallerScope(
            self._calls, self._clients, self._listing, self._organization, listed_before
        )
        self._places = OrganizationalUnits(self._calls, self._clients, self._listing, self._tagging)
        self._lock = threading.Lock()
        self._finding = threading.Lock()
        self._limiters = CallerLimiters(read_rate, write_rate)
        self._scope: Scope | None = None

    def pace(self) -> WritePace:
        """How many contacts a run writes a second, and how many it removes."""
        return self._limiters.pace(self._scope.partition if self._scope is not None else "")

    def scope(self) -> Scope:
        """Find out again who is calling, and which accounts are in scope.

        Raises:
            GatewayError: it couldn't be found out, or the requested scope is unavailable.
        """
        found = self._caller.find(self._wanted)
        with self._lock:
            known, self._scope = self._scope, found
        if found != known:
            _log.info("aws.scope", scope=found.kind.value, caller=found.caller)
            if found.limit is not None:
                _log.warning("aws.organization_not_listed", cause=found.limit.cause.value)
        return found

    def accounts(self) -> Iterator[Account]:
        """List every account in scope, page by page.

        Raises:
            GatewayError: a page couldn't be read; those before it were yielded.
        """
        yield from self._organization.accounts(self._known_scope())

    def units(self) -> UnitsReading:
        """Walk the organizational units.

        Raises:
            GatewayError: nothing could be listed.
        """
        return self._places.units(self._known_scope())

    def placements(self, units: Iterable[str]) -> PlacementsReading:
        """Which OU each account is in.

        Raises:
            GatewayError: nothing could be listed.
        """
        return self._places.placements(self._known_scope(), units)

    def tags(self, account_id: str) -> Mapping[str, str]:
        """An account's tags.

        Raises:
            GatewayError: they couldn't be read.
        """
        return self._places.tags(self._known_scope(), account_id)

    def primary_contact(self, account_id: str, priority: Priority) -> PrimaryContact | Failure:
        """Read an account's primary contact. Failures of AWS are returned, not raised."""
        try:
            contacts = self._contacts()
        except GatewayError as error:
            return error.failure
        return contacts.primary_contact(account_id, priority)

    def read(
        self, account_id: str, contact_type: ContactType, priority: Priority
    ) -> ContactReading:
        """Read one contact. Failures of AWS are returned, not raised."""
        try:
            contacts = self._contacts()
        except GatewayError as error:
            return Unreadable(error.failure)
        return contacts.read(account_id, contact_type, priority)

    def write(
        self,
        account_id: str,
        contact_type: ContactType,
        contact: AlternateContact,
        origin: WriteOrigin,
    ) -> str:
        """Write one contact, overwriting what is there; returns AWS's id of the request.

        Raises:
            ContactRefused: AWS rejected fields, and named them.
            GatewayError: the write failed, or got no answer.
        """
        return self._contacts().write(account_id, contact_type, contact, origin)

    def delete(self, account_id: str, contact_type: ContactType, origin: WriteOrigin) -> str:
        """Remove one contact; returns AWS's id of the request. None set is no failure.

        Raises:
            GatewayError: the request failed, or got no answer.
        """
        return self._contacts().delete(account_id, contact_type, origin)

    def doctor_checks(
        self, *, writes: bool, sample: bool, policy: Policy | None = None
    ) -> AwsChecks:
        """The doctor's checks of AWS, within the same quotas.

        Args:
            writes: whether to check the permission to write contacts.
            sample: whether to read one contact.
            policy: what accounts should have, which determines what else must be readable.
        """
        session = DoctorSession(
            self._calls,
            self._listing,
            self._wanted,
            self._target.role,
            endpoint=self._clients.endpoint,
            known=self._caller.known,
        )
        return AwsChecks(
            session,
            self._clients,
            self._contacts_of,
            writes=writes,
            sample=sample,
            policy=policy,
            organization=self.name,
        )

    def call_rates(self) -> list[tuple[str, CallRate]]:
        """The rate of each limiter by name; some exist once the calling account is known."""
        named = [*self._limiters.named(), ("list", self._listing), ("tags", self._tagging)]
        return [(name, limiter.call_rate) for name, limiter in named]

    def close(self) -> None:
        """Stop making calls: waiting calls fail, and running ones end by themselves."""
        self._calls.close()
        self._listing.close()
        self._tagging.close()
        self._limiters.close()

    def _contacts(self) -> Contacts:
        return self._contacts_of(self._known_scope())

    def _contacts_of(self, scope: Scope) -> Contacts:
        return Contacts(self._calls, self._clients, self._limiters.of(scope), scope)

    def _known_scope(self) -> Scope:
        with self._finding:  # only one of several threads sends the requests
            return self._scope or self.scope()


def gateways_for(
    targets: Sequence[AwsTarget],
    wanted_scope: ScopeKind | None,
    read_rate: float | None = None,
    write_rate: float | None = None,
    *,
    connect_seconds: float = CONNECT_SECONDS,
    read_seconds: float = READ_SECONDS,
    tries: Mapping[FailureCode, int] = TRIES,
    on_date: Callable[[str | None], object] = lambda _: None,
    metrics: Metrics | None = None,
    listed_before: ListedBefore = nothing_listed,
) -> tuple[AwsGateway, ...]:
    """A gateway for each target; without targets, one with boto3's default credentials.

    Args:
        targets: the organizations and accounts to check.
        wanted_scope: what must be in scope for a target that doesn't say.
        read_rate: as for `AwsGateway`, for each.
        write_rate: the same.
        connect_seconds: the same.
        read_seconds: the same.
        tries: the same.
        on_date: the same.
        metrics: the same.
        listed_before: the same.
    """
    return tuple(
        AwsGateway(
            wanted_scope,
            read_rate,
            write_rate,
            connect_seconds=connect_seconds,
            read_seconds=read_seconds,
            tries=tries,
            target=target,
            on_date=on_date,
            metrics=metrics,
            listed_before=listed_before,
        )
        for target in targets or (AwsTarget(),)
    )
