"""AWS as the rest of the program sees it: a `ContactGateway` for each target, made here."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

import structlog

from bot.aws.account_api import Contacts
from bot.aws.doctor.checks import AwsChecks
from bot.aws.doctor.doctor_session import DoctorSession
from bot.aws.organizational_units import OrganizationalUnits
from bot.aws.organizations_api import Organization
from bot.aws.rate_limiter import LIST, TAGS, Limiters, RateLimiter, account_limiters
from bot.aws.retrying_calls import TRIES, ApiCaller
from bot.aws.sessions import CONNECT_SECONDS, READ_SECONDS, Clients
from bot.domain.errors import GatewayError
from bot.domain.readings import Unreadable
from bot.domain.scope import AwsTarget

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import boto3

    from bot.aws.token_bucket import Quota
    from bot.domain.accounts import Account
    from bot.domain.contacts import AlternateContact, ContactType
    from bot.domain.failures import Failure, FailureCode
    from bot.domain.policy.policy import Policy
    from bot.domain.readings import ContactReading, PlacementsReading, UnitsReading
    from bot.domain.rules.facts import PrimaryContact
    from bot.domain.scope import Scope, ScopeKind
    from bot.services.ports.aws import Priority

_log = structlog.get_logger(__name__)


class AwsGateway:
    """The accounts in scope and their contacts. Safe to use from several threads.

    Nothing is asked, and no client made, before the first call. Limiters belong to the calling
    account, so they outlive a scope that is found out anew.

    Args:
        wanted_scope: what must be in scope; None: the organization where the caller may list it,
            else the one account.
        read_rate: GetAlternateContact calls a second; None: AWS's published quota.
        write_rate: PutAlternateContact calls a second; the same.
        concurrency: how many threads call at once, so that each has a connection.
        session: a boto3 session instead of the one that boto3's own chain makes.
        listing: how often Organizations is asked, for anything but tags.
        tagging: how often it is asked for tags.
        connect_seconds: how long a connection may take.
        read_seconds: how long an answer may be silent.
        pause: waits so many seconds between tries; to be replaced in tests.
        tries: how often a call is made before a failure of this cause counts.
        target: which organization or account is reached, and how; what it says of the scope goes
            before `wanted_scope`.
        on_date: called with the `Date` header of each answer; must be quick.
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
    ) -> None:
        self.name: Final = target.name
        self._target = target
        self._wanted = target.scope or wanted_scope
        self._rates = (read_rate, write_rate)
        self._calls = ApiCaller(pause, tries)
        self._clients = Clients(
            concurrency, session, connect_seconds, read_seconds, target, on_date=on_date
        )
        self._listing, self._tagging = RateLimiter(listing), RateLimiter(tagging)
        self._organization = Organization(self._calls, self._clients, self._listing, self.name)
        self._places = OrganizationalUnits(self._calls, self._clients, self._listing, self._tagging)
        self._lock = threading.Lock()
        self._finding = threading.Lock()
        self._limiters: dict[str, Limiters] = {}
        self._scope: Scope | None = None
        self._closed = False

    def scope(self) -> Scope:
        """Find out anew who is calling and what that puts in scope.

        Raises:
            GatewayError: it could not be found out, or the scope asked for is not to be had.
        """
        try:
            found = self._organization.scope(self._wanted)
        except GatewayError as error:
            if not error.failure.cause.of_the_settings:
                raise
            self._clients.renew()
            found = self._organization.scope(self._wanted)
        with self._lock:
            known, self._scope = self._scope, found
        if found != known:
            _log.info("aws.scope", scope=found.kind.value, caller=found.caller)
        return found

    def accounts(self) -> Iterator[Account]:
        """List every account in scope, page by page as AWS hands them out.

        Raises:
            GatewayError: a page could not be had; those before it were yielded.
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
            GatewayError: they could not be read.
        """
        return self._places.tags(self._known_scope(), account_id)

    def primary_contact(self, account_id: str, priority: Priority) -> PrimaryContact | Failure:
        """Read an account's primary contact. Never raises for what AWS answers or does not."""
        try:
            contacts = self._contacts()
        except GatewayError as error:
            return error.failure
        return contacts.primary_contact(account_id, priority)

    def read(
        self, account_id: str, contact_type: ContactType, priority: Priority
    ) -> ContactReading:
        """Read one contact. Never raises for what AWS answers or fails to answer."""
        try:
            contacts = self._contacts()
        except GatewayError as error:
            return Unreadable(error.failure)
        return contacts.read(account_id, contact_type, priority)

    def write(self, account_id: str, contact_type: ContactType, contact: AlternateContact) -> None:
        """Write one contact, overwriting what is there.

        Raises:
            ContactRefused: AWS named the fields it does not take.
            GatewayError: AWS did not say that it took it.
        """
        self._contacts().write(account_id, contact_type, contact)

    def doctor_checks(
        self, *, writes: bool, sample: bool, policy: Policy | None = None
    ) -> AwsChecks:
        """The doctor's checks of AWS, within the same quotas.

        Args:
            writes: whether contacts are to be changed as well.
            sample: whether one contact is read.
            policy: what accounts should have, which decides what else must be read.
        """
        session = DoctorSession(
            self._calls,
            self._listing,
            self._wanted,
            self._target.role,
            self._clients.endpoint,
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

    def close(self) -> None:
        """Make no more calls: whoever waits for a turn or another try is sent away.

        Calls that are under way end by themselves.
        """
        with self._lock:
            self._closed = True
            limiters = list(self._limiters.values())
        self._calls.close()
        self._listing.close()
        self._tagging.close()
        for limiter in limiters:
            limiter.close()

    def _contacts(self) -> Contacts:
        return self._contacts_of(self._known_scope())

    def _contacts_of(self, scope: Scope) -> Contacts:
        with self._lock:
            limiters = self._limiters.get(scope.account_id)
            if limiters is None:
                limiters = account_limiters(scope.partition, *self._rates)
                self._limiters[scope.account_id] = limiters
                if self._closed:
                    limiters.close()
        return Contacts(self._calls, self._clients, limiters, scope)

    def _known_scope(self) -> Scope:
        # Many threads may come before the scope is known; one of them is enough to ask.
        with self._finding:
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
) -> tuple[AwsGateway, ...]:
    """A gateway for each target; without any, the one that boto3's own chain reaches.

    Args:
        targets: which organizations and accounts are looked after.
        wanted_scope: what must be in scope where a target does not say.
        read_rate: GetAlternateContact calls a second, of each; None: AWS's published quota.
        write_rate: PutAlternateContact calls a second, of each; the same.
        connect_seconds: how long a connection may take.
        read_seconds: how long an answer may be silent.
        tries: how often a call is made before a failure of this cause counts.
        on_date: called with the `Date` header of each answer; must be quick.
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
        )
        for target in targets or (AwsTarget(),)
    )
