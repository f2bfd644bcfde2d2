"""Calls to S3 for what the bot keeps in a bucket, retried, and explained in its words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypedDict, TypeVar

from bot.aws.access_denied import Request
from bot.aws.retrying_calls import TRIES, ApiCaller
from bot.aws.sessions import CONNECT_SECONDS, READ_SECONDS, Clients
from bot.domain.errors import GatewayError
from bot.domain.failures import FailureCode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Unpack

    import boto3
    from mypy_boto3_s3 import S3Client

    from bot.domain.failures import Failure
    from bot.domain.s3_destination import S3Destination
    from bot.services.ports.metrics import Metrics

_T = TypeVar("_T")

ALREADY_THERE: Final = "PreconditionFailed"
"""S3's code if `If-None-Match: *` finds an object, or `If-Match` another one."""

NO_BUCKET: Final = "NoSuchBucket"
"""S3's code for a bucket that doesn't exist."""

_EXPLAINED: Final[Mapping[str, tuple[str, str]]] = {
    NO_BUCKET: ("The bucket {bucket} doesn't exist.", "Create it, or correct the setting."),
    "PermanentRedirect": (
        "The bucket {bucket} is in another region.",
        "Set AWS_REGION to the bucket's region.",
    ),
}


class ClientOptions(TypedDict, total=False):
    """How the clients of a bucket are made.

    Attributes:
        concurrency: how many threads call at once.
        session: a boto3 session instead of the default one.
        connect_seconds: how long a connection may take.
        read_seconds: how long to wait for data of an answer.
        pause: waits this many seconds between tries; tests replace it.
        tries: how often a call is made before a failure with this cause counts.
        on_date: called with the `Date` header of each answer; must be quick.
        metrics: take each call.
    """

    concurrency: int
    session: boto3.Session | None
    connect_seconds: float
    read_seconds: float
    pause: Callable[[float], object] | None
    tries: Mapping[FailureCode, int]
    on_date: Callable[[str | None], object]
    metrics: Metrics | None


class BucketCalls:
    """Makes calls about a bucket, with boto3's default credentials.

    Args:
        destination: the bucket and the prefix.
        explained: {AWS's code: (message, remedy)}, over those that are common to all buckets;
            `{bucket}` and `names` are filled in.
        docs: the page with the policies.
        names: {what a message names: its value}.
        partition: the bucket's partition; empty if it isn't known.
        options: how the clients are made.
    """

    def __init__(
        self,
        destination: S3Destination,
        explained: Mapping[str, tuple[str, str]],
        *,
        docs: str,
        names: Mapping[str, str] | None = None,
        partition: str = "",
        **options: Unpack[ClientOptions],
    ) -> None:
        self.destination: Final = destination
        self._explained = {**_EXPLAINED, **explained}
        self._docs = docs
        self._names = {"bucket": destination.bucket, **(names or {})}
        self._partition = partition
        self._clients = Clients(
            options.get("concurrency", 1),
            options.get("session"),
            connect_seconds=options.get("connect_seconds", CONNECT_SECONDS),
            read_seconds=options.get("read_seconds", READ_SECONDS),
            on_date=options.get("on_date", lambda _: None),
        )
        self._calls = ApiCaller(
            options.get("pause"),
            options.get("tries", TRIES),
            options.get("metrics"),
            self._clients,
        )

    def s3(self) -> S3Client:
        """The client of S3."""
        return self._clients.s3(self._partition)

    def call(self, operation: str, ask: Callable[[], _T]) -> _T:
        """Make a call, and explain its failure.

        Raises:
            GatewayError: AWS didn't answer, or refused.
        """
        try:
            return self._calls.call(Request(operation), ask)
        except GatewayError as error:
            raise GatewayError(self.explained(error.failure)) from None

    def close(self) -> None:
        """Stop retrying."""
        self._calls.close()

    def explained(self, why: Failure, code: str = "") -> Failure:
        """The same failure, in the words for the bucket, or in those of another code."""
        if code or why.code in self._explained:
            message, remedy = self._explained[code or why.code]
            return replace(why, message=message.format(**self._names), remedy=remedy)
        if why.cause.is_denial:
            remedy = f"Allow it in the policies of role, bucket and key. {self._docs} has them."
            return replace(why, remedy=remedy)
        if why.cause is FailureCode.REFUSED:
            return replace(why, remedy=f"Check the bucket and its key. See {self._docs}.")
        # A check is of accounts, and the bot tries again by itself.
        return replace(why, remedy=why.remedy.replace(", then check again", ""))
