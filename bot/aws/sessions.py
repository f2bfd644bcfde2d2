"""Creates the boto3 session and its clients when first needed, each in its region."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlsplit

from botocore.config import Config
from cachetools import LRUCache

from bot.aws import regions
from bot.aws.credential_chain import make_client
from bot.aws.roles import open_session
from bot.aws.setup_errors import SetupError
from bot.aws.write_origin import observe_writes, session_name
from bot.domain.scope import AwsTarget

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import boto3
    from mypy_boto3_account import AccountClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_organizations import OrganizationsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_sts import STSClient

    from bot.services.ports.metrics import Metrics

CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 10.0
_MAX_PEOPLE: Final = 16
"""How many people's clients are kept; each has connections and credentials of its own."""


def has_contacts_api(partition: str) -> bool:
    """Whether the partition has an API for alternate contacts."""
    return partition != "aws-us-gov" and not partition.startswith("aws-iso")


def has_listed_contacts_api(partition: str) -> bool:
    """Whether AWS lists an endpoint of Account Management there.

    Source: botocore's endpoints.json. For `aws-eusc` it lists none, though the documentation of
    that partition describes alternate contacts.
    """
    return partition in {"aws", "aws-cn"}


class Clients:
    """Boto3's clients; boto3's default chain provides credentials, region and endpoint.

    Args:
        concurrency: how many calls run at once, and so how many connections are kept.
        session: a session to use instead of a new one for the target.
        connect_seconds: how long a connection may take.
        read_seconds: how long to wait for data of an answer.
        target: what to reach, with which profile or role.
        on_date: called with the `Date` header of each answer, also of errors.
        metrics: take each call that assumes the target's role.
    """

    def __init__(
        self,
        concurrency: int,
        session: boto3.Session | None = None,
        connect_seconds: float = CONNECT_SECONDS,
        read_seconds: float = READ_SECONDS,
        target: AwsTarget = AwsTarget(),  # noqa: B008 - frozen, so it may be shared
        *,
        on_date: Callable[[str | None], object] = lambda _: None,
        metrics: Metrics | None = None,
    ) -> None:
        self._metrics = metrics
        self._on_date = on_date
        self._given = session
        self._session = session
        self._target = target
        # Boto3 can't create sessions or clients in several threads at once.
        self._lock = threading.Lock()
        self._generation = 0
        self._made: dict[tuple[str, str], object] = {}
        self._personal: LRUCache[tuple[str, str, str], object] = LRUCache(_MAX_PEOPLE)
        self._config = Config(
            connect_timeout=connect_seconds,
            read_timeout=read_seconds,
            max_pool_connections=concurrency,
            # Each try has to wait for the limiter, so botocore must not retry.
            retries={"total_max_attempts": 1, "mode": "standard"},
        )

    @property
    def generation(self) -> int:
        """How often credentials were renewed; clients made after this was read have these."""
        with self._lock:
            return self._generation

    def renew(self, generation: int) -> None:
        """Load credentials again: files may have changed, and a role must be assumed again.

        Args:
            generation: the one that AWS refused. If it was renewed by now, nothing is done: many
                calls fail at once, and need one renewal.
        """
        with self._lock:
            if generation != self._generation:
                return
            self._generation += 1
            self._session = self._given
            self._made.clear()
            self._personal.clear()

    def sts(self) -> STSClient:
        """STS in the session's region, else in the default one."""
        return cast("STSClient", self._client("sts", ""))

    def s3(self, partition: str) -> S3Client:
        """S3 in the session's region; boto3 follows it to a bucket in another one.

        Args:
            partition: the bucket's partition, for its default region; empty if it isn't known.
        """
        return cast("S3Client", self._client("s3", "", default=regions.home_region(partition)))

    def kms(self, region: str) -> KMSClient:
        """Key Management Service in a region."""
        return cast("KMSClient", self._client("kms", "", region=region))

    def secrets_manager(self, region: str) -> SecretsManagerClient:
        """Secrets Manager in a region."""
        return cast("SecretsManagerClient", self._client("secretsmanager", "", region=region))

    def parameters(self, region: str) -> SSMClient:
        """Systems Manager in a region, for its parameters."""
        return cast("SSMClient", self._client("ssm", "", region=region))

    def organizations(self, partition: str) -> OrganizationsClient:
        """AWS Organizations of a partition."""
        return cast("OrganizationsClient", self._client("organizations", partition))

    def account(self, partition: str) -> AccountClient:
        """AWS Account Management of a partition."""
        return cast("AccountClient", self._client("account", partition))

    def account_for(self, partition: str, user_id: str) -> AccountClient:
        """AWS Account Management of a partition, for someone's writes.

        If a role is assumed, the session's name is that of the person, and the client is kept for
        their next write. Otherwise it is the common client.
        """
        return cast("AccountClient", self._client_for(user_id, "account", partition))

    def sts_for(self, user_id: str) -> STSClient:
        """STS in someone's session, as `account_for` has it."""
        return cast("STSClient", self._client_for(user_id, "sts", ""))

    def endpoint(self, service: str, partition: str) -> tuple[str, str]:
        """The URL and the region of a service; empty if no client can be created."""
        try:
            client: Any = self._client(service, "" if service == "sts" else partition)
        except SetupError:
            return "", ""
        return _without_password(client.meta.endpoint_url), client.meta.region_name

    def _client(
        self, service: str, partition: str, *, region: str = "", default: str = regions.DEFAULT
    ) -> object:
        """A client of this service.

        Args:
            service: boto3's name of the service.
            partition: the partition that serves it from one region; empty if it isn't global.
            region: the region, if it is known.
            default: the region if nothing else names one.

        Raises:
            SetupError: the AWS settings are wrong, or the credentials cannot be loaded.
        """
        with self._lock:
            key = (service, partition or region)
            if key not in self._made:
                if self._session is None:
                    self._session = open_session(self._target, self._config, metrics=self._metrics)
                region = region or regions.known_region(partition) or self._session.region_name
                self._made[key] = self._make(self._session, service, region or default)
            return self._made[key]

    def _client_for(self, user_id: str, service: str, partition: str) -> object:
        """A client with a session of its own for the person, if a role is assumed."""
        if not self._target.role or self._given is not None:
            return self._client(service, partition)
        with self._lock:
            key = (session_name(user_id), service, partition)
            if key not in self._personal:
                session = open_session(self._target, self._config, key[0], self._metrics)
                region = regions.known_region(partition) or session.region_name
                self._personal[key] = self._make(session, service, region or regions.DEFAULT)
            return self._personal[key]

    def _make(self, session: boto3.Session, service: str, region: str) -> object:
        client = make_client(session, service, region, self._config)
        client.meta.events.register("response-received", self._observe)
        observe_writes(client.meta.events)
        return client

    def _observe(self, response_dict: Mapping[str, Any] | None, **_: object) -> None:
        """A handler for botocore's `response-received`, which also fires without an answer."""
        if response_dict is not None:
            self._on_date(response_dict["headers"].get("Date"))


def _without_password(url: str) -> str:
    """A URL without user and password."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
