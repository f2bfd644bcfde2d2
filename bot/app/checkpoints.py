"""Builds what sends checkpoints of the audit log, and what verifies them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot import __version__
from bot.app.checkpoint_checks import CheckpointChecks
from bot.aws.checkpoint_reader import THREADS, S3CheckpointReader
from bot.aws.checkpoints import CheckpointCalls, S3CheckpointWriter
from bot.config.load import variable
from bot.config.setting_parsers import quoted
from bot.domain.errors import SettingsError
from bot.domain.s3_destination import S3Destination
from bot.services.checkpoints import CheckpointService, verify_checkpoints

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bot.config.settings import Settings
    from bot.domain.failures import FailureCode
    from bot.services.checkpoints import CheckpointVerification
    from bot.services.doctor import Check
    from bot.services.ports.checkpoints import CheckpointRepository
    from bot.services.ports.clock import Clock
    from bot.services.ports.metrics import Metrics
    from bot.store.doctor.database import DatabaseChecks


def checkpoint_service(
    settings: Settings,
    repository: CheckpointRepository,
    clock: Clock,
    *,
    on_date: Callable[[str | None], object] = lambda _: None,
    metrics: Metrics | None = None,
    leads: Callable[[], bool] = lambda: True,
) -> CheckpointService | None:
    """The service that sends checkpoints of the audit log; None if no destination is set.

    Args:
        settings: the settings.
        repository: the database.
        clock: the time.
        on_date: called with each `Date` header from AWS.
        metrics: take each call to AWS.
        leads: whether this process leads.
    """
    if not settings.checkpoints:
        return None
    destination = S3Destination.parse(settings.checkpoints)
    calls = CheckpointCalls(destination, settings.checkpoint_key, on_date=on_date, metrics=metrics)
    return CheckpointService(
        repository,
        S3CheckpointWriter(calls),
        clock,
        destination=destination.url,
        version=__version__,
        leads=leads,
    )


def checkpoint_checks(
    settings: Settings,
    store: DatabaseChecks,
    clock: Clock,
    *,
    seconds: float,
    tries: Mapping[FailureCode, int],
) -> Sequence[Check]:
    """The doctor's checks of checkpoints, if they have a destination.

    Args:
        settings: the settings; an invalid one has its default, so an invalid key isn't checked.
        store: reads their record.
        clock: the time.
        seconds: how long to wait for AWS.
        tries: how often a call is made before a failure with this cause counts.
    """
    destination = S3Destination.parse(settings.checkpoints)

    def check_key() -> str:
        calls = CheckpointCalls(
            destination,
            settings.checkpoint_key,
            connect_seconds=seconds,
            read_seconds=seconds,
            tries=tries,
        )
        try:
            return S3CheckpointWriter(calls).check_key()
        finally:
            calls.close()

    return CheckpointChecks(
        destination.url,
        lambda: store.checkpoints(destination.url),
        check_key if settings.checkpoint_key else None,
        clock,
    ).checks()


def verify_at(
    settings: Settings, location: str, repository: CheckpointRepository
) -> CheckpointVerification:
    """Compare the checkpoints at a place with the audit log.

    Args:
        settings: the settings; they name the key, if checkpoints are signed.
        location: the place, as `s3://bucket/prefix`; empty for the one that the settings name.
        repository: the database.

    Raises:
        SettingsError: there is no such place.
        GatewayError: the checkpoints couldn't be read, or a signature couldn't be checked.
        StoreError: the database can't be read.
    """
    url = location or settings.checkpoints
    if not url:
        raise SettingsError(
            "No place of checkpoints is given. Name it (s3://bucket/prefix), or set "
            f"{variable('checkpoints')}."
        )
    try:
        destination = S3Destination.parse(url)
    except ValueError as error:
        raise SettingsError(f"{quoted(url)} {error}.") from None
    calls = CheckpointCalls(destination, settings.checkpoint_key, concurrency=THREADS)
    try:
        return verify_checkpoints(repository, S3CheckpointReader(calls), destination.url)
    finally:
        calls.close()
