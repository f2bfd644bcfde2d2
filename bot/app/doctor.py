"""Builds the doctor: for the command line, a running bot, and a bot that can't start."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import structlog

from bot.app.alert_checks import AlertChecks
from bot.app.checkpoints import checkpoint_checks
from bot.app.clock import SystemClock
from bot.app.scheduler_checks import SchedulerChecks
from bot.app.secret_checks import source_checks, token_checks
from bot.app.settings import SecretReader
from bot.app.snapshots import snapshot_checks
from bot.aws.caller_scope import nothing_listed
from bot.aws.gateway import gateways_for
from bot.config.load import load_lenient, variable
from bot.domain.errors import new_error_id
from bot.domain.failures import FailureCode
from bot.services.doctor import Check, CheckResult, Doctor, Section, State
from bot.slack.channels import AlertChannel
from bot.slack.client import doctor_client
from bot.slack.doctor.checks import SlackChecks
from bot.slack.doctor.home import check_home
from bot.store.doctor.database import FILE_SYSTEM
from bot.store.open_store import checks_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from bot.app.tokens import SlackTokens
    from bot.aws.gateway import AwsGateway
    from bot.config.load import LoadedSettings, Settings
    from bot.domain.errors import ListenError, SettingProblem, SettingsError, StoreError
    from bot.domain.policy.policy import Policy
    from bot.domain.snapshots import SnapshotStatus
    from bot.services.home import HomeStatus
    from bot.slack.http_mode import HttpStatus
    from bot.slack.socket_mode import SocketStatus

    SlackStatus = SocketStatus | HttpStatus

_log = structlog.get_logger(__name__)

AWS_SECONDS: Final = 5.0
"""Seconds to connect to AWS, and to wait for a response."""

TRIES: Final = {FailureCode.THROTTLED: 3}
"""Tries per call to AWS: other transient errors are reported at once instead of retried."""


def check_installation(environ: Mapping[str, str]) -> Iterator[CheckResult]:
    """Check an installation from outside, as far as its settings are valid."""
    found = load_lenient(environ, needs_slack=True, read_secret=SecretReader())
    settings = found.settings
    # If a section of either is invalid, neither the caller nor the targets are known.
    database = None if "database" in found.wrong else checks_of(settings.database)
    gateways = gateways_for(
        () if "aws" in found.wrong else settings.aws,
        settings.scope,
        connect_seconds=AWS_SECONDS,
        read_seconds=AWS_SECONDS,
        tries=TRIES,
        listed_before=database.listed_before if database is not None else nothing_listed,
    )
    checks = [
        *_settings_checks(found),
        *source_checks(found.secrets, found.wrong),
        *_checks(
            settings,
            gateways,
            None if "policy" in found.wrong else settings.policy,
            wrong=found.wrong,
            app_token=settings.slack_app_token.get_secret_value(),
        ),
    ]
    with ExitStack() as open_until_then:
        for gateway in gateways:
            open_until_then.callback(gateway.close)
        yield from Doctor(checks, log_defect).lines()


def check_running_bot(
    settings: Settings,
    gateways: Sequence[AwsGateway],
    connection: Callable[[], SlackStatus] | None,
    policy: Policy,
    *,
    home: Callable[[], HomeStatus] | None = None,
    tokens: SlackTokens | None = None,
    snapshots: Callable[[], SnapshotStatus | None] = lambda: None,
) -> Iterator[CheckResult]:
    """Check the installation from inside a running bot, over its open connections.

    Args:
        settings: the bot's settings.
        gateways: the bot's AWS gateways, one for each caller, with their quotas.
        connection: the state of its Slack connection; None at the start, when the connection, the
            channel and every contact are about to be checked anyway.
        policy: the current policy.
        home: how publishing Homes goes; None at the start, when there are none.
        tokens: its tokens; None for those of the settings.
        snapshots: how saving snapshots goes; None at the start, or if none are saved.
    """
    if tokens is not None:
        settings = tokens.current(settings)
    checks = _checks(
        settings,
        gateways,
        policy,
        connection=connection,
        sample=connection is not None,
        snapshots=snapshots,
    )
    if home is not None:
        checks.append(Check(Section.SLACK, "Home", lambda: check_home(home())))
    if tokens is not None:
        checks += token_checks((tokens.bot, tokens.app))
    yield from Doctor(checks, log_defect).lines()


def _checks(
    settings: Settings,
    gateways: Sequence[AwsGateway],
    policy: Policy | None,
    *,
    wrong: Collection[str] = (),
    app_token: str | None = None,
    connection: Callable[[], SlackStatus] | None = None,
    sample: bool = True,
    snapshots: Callable[[], SnapshotStatus | None] = lambda: None,
) -> list[Check]:
    """The checks of everything but the settings.

    Args:
        settings: the settings.
        gateways: the AWS gateways, one for each caller.
        policy: what accounts should have; None if unknown.
        wrong: the invalid settings; checks that need one of them are skipped.
        app_token: the app-level token to try; None if `connection` says more.
        connection: the state of the running bot's connection.
        sample: whether to read the channel and one contact.
        snapshots: how saving snapshots goes in a running bot.
    """
    clock = SystemClock()
    store = None if "database" in wrong else checks_of(settings.database)
    checks: list[Check] = []
    if store is not None:
        checks += AlertChecks(store.waiting, store.others, lambda: store.leader(clock)).checks()
    if "slack_api_url" in wrong:
        checks.append(_unusable(Section.SLACK, "Web API", "SLACK_API_URL"))
    else:
        client = doctor_client(settings.slack_bot_token.get_secret_value(), settings.slack_api_url)
        # A separate client: the bot's may have cached the id of a channel archived since.
        channel = AlertChannel(client, settings.channel), settings.channel
        slack = SlackChecks(
            client,
            clock,
            channel if sample and "channel" not in wrong else None,
            None if "fixers" in wrong else settings.fixers,
            None if "readers" in wrong else settings.readers,
            app_token=app_token,
            connection=connection,
            by_http=settings.http is not None or "http" in wrong,
            wants_members=policy is not None and policy.needs_members,
            wants_owners=policy is not None and policy.names_owners,
            people=policy.people if policy is not None else {},
        )
        checks += slack.checks()
    if "aws" in wrong:
        checks.append(_unusable(Section.AWS, "Caller", "[policy] or [[aws]] of the file"))
    else:
        writes = bool(settings.fixers or (policy is not None and policy.people["fixers"]))
        for gateway in gateways:
            checks += gateway.doctor_checks(writes=writes, sample=sample, policy=policy).checks()
    if store is None:
        checks.append(_unusable(Section.DATABASE, "File", "ALTCONTACT_DATABASE"))
    else:
        checks += store.checks()
        if settings.checkpoints:
            checks += checkpoint_checks(
                settings,
                store,
                clock,
                seconds=AWS_SECONDS,
                tries=TRIES,
            )
        if settings.backup:
            checks += snapshot_checks(
                settings,
                store,
                clock,
                snapshots,
                seconds=AWS_SECONDS,
                tries=TRIES,
            )
    if unusable := sorted({"schedule", "timezone"}.intersection(wrong)):
        names = " and ".join(map(variable, unusable))
        checks.append(_unusable(Section.SCHEDULE, "Next checks", names))
    else:
        last = store.last_scan if store else None
        schedule = SchedulerChecks(settings.schedule, settings.timezone, clock, last)
        checks += schedule.checks()
    return checks


def log_at_start(lines: Iterator[CheckResult], wanted: Callable[[], bool]) -> None:
    """Log the problems found at a bot's start: failures as errors, warnings as warnings.

    Args:
        lines: what the doctor finds.
        wanted: whether the bot is still running.
    """
    for line in lines:
        if not wanted():
            return
        log = {State.FAILURE: _log.error, State.WARNING: _log.warning}.get(line.state)
        if log is not None:
            section = line.section.value
            log(
                "doctor",
                section=section,
                check=line.name,
                problem=line.message,
                remedy=" ".join(filter(None, (line.remedy, line.snippet))),
            )
    _log.info("doctor finished")


def wrong_settings(error: SettingsError) -> list[CheckResult]:
    """The problems of settings that keep a bot from starting."""
    return [_wrong(problem) for problem in error.problems]


def wrong_database(settings: Settings, error: StoreError) -> list[CheckResult]:
    """The problems of a database that keep a bot from starting."""
    lines = list(Doctor(checks_of(settings.database).checks(), log_defect).lines())
    failures = [line for line in lines if line.state is State.FAILURE]
    failures = failures or [
        CheckResult(Section.DATABASE, "File", State.FAILURE, str(error), error.remedy)
    ]
    # It may be the cause, and then it is one that the others don't show.
    return failures + [
        replace(line, state=State.FAILURE) for line in lines if line.name == FILE_SYSTEM
    ]


def wrong_address(error: ListenError) -> CheckResult:
    """What keeps a bot from starting that can't listen."""
    return _setting("Address", State.FAILURE, str(error), error.remedy)


def _settings_checks(found: LoadedSettings) -> Sequence[Check]:
    def check_values() -> Iterator[CheckResult]:
        yield from map(_wrong, found.problems)
        if not found.problems:
            number = f"{found.count} setting{' is' if found.count == 1 else 's are'}"
            message = f"{number} set in {found.sources}; the others have their defaults."
            yield _setting("Values", State.OK, message)

    return (Check(Section.SETTINGS, "Values", check_values),)


def _wrong(problem: SettingProblem) -> CheckResult:
    remedy = problem.remedy or ("For example:" if problem.snippet else "")
    what = f"{problem.what}."
    return _setting(problem.where, State.FAILURE, what, remedy, problem.snippet)


def _unusable(section: Section, name: str, variables: str) -> Check:
    message = f"the value of {variables} is invalid."
    return Check(section, name, lambda: [CheckResult(section, name, State.NOT_TESTED, message)])


def _setting(
    name: str, state: State, message: str, remedy: str = "", snippet: str = ""
) -> CheckResult:
    return CheckResult(Section.SETTINGS, name, state, message, remedy, snippet)


def log_defect(error: Exception) -> str:
    """Log an unexpected error; returns the reference that identifies it in the log."""
    reference = new_error_id()
    _log.error("doctor failed", reference=reference, exc_info=error)
    return reference
