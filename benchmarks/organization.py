"""A large organization with OUs and tags, a large workspace, and a policy with every rule.

The bot reads AWS as fast as the sandbox answers, because the time spent waiting for quotas can be
computed: it is printed next to each figure. Slack's limits are on.
"""

from __future__ import annotations

import logging
import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from altcontact_sandbox.slack.workspace import ALERTS

from benchmarks.measuring import (
    MEBIBYTE,
    Row,
    bot,
    check,
    environment,
    resident_peak,
    wait_log,
)
from bot.app.clock import SystemClock
from bot.aws.gateway import AwsGateway
from bot.aws.rate_limiter import LIST, READ, TAGS
from bot.aws.token_bucket import Quota
from bot.cli import logs
from bot.domain.policy.match import Match
from bot.domain.policy.policy import Policy, PolicyTable
from bot.domain.rule_catalog import SEVERITIES, Rule
from bot.services.placement import PlacementResolver
from bot.store import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from altcontact_sandbox.aws.sandbox import AwsSandbox
    from altcontact_sandbox.slack.sandbox import SlackSandbox

    from bot.domain.accounts import Account

SMALL, LARGE, QUICK = (100, 200), (10_000, 20_000), (1_000, 2_000)
"""Accounts, and people in the workspace."""

UNITS = 300
LETTERS = "abcdefghilmn"
"""One for each override."""
SIDE_BY_SIDE = 32
UNLIMITED = Quota(rate=100_000, burst=100_000)
FAST = "1000"
MINUTE = 60.0
WALK = ("ListRoots", "ListOrganizationalUnitsForParent")
PLACE = ("ListAccountsForParent",)


@dataclass(frozen=True, slots=True)
class _Setting:
    """One size of everything, in a folder of its own."""

    aws: AwsSandbox
    slack: SlackSandbox
    folder: Path
    accounts: int
    people: int

    @property
    def kept(self) -> Path:
        """The database in which OUs and tags are kept."""
        return self.folder / "kept.db"

    def settings(self, name: str) -> tuple[Path, dict[str, str]]:
        """The settings of a bot, in a folder of its own where OUs and tags were read today."""
        place = self.folder / name
        place.mkdir()
        shutil.copy(self.kept, place / "altcontact.db")
        settings = environment(
            place,
            self.aws.environment("management"),
            self.slack.environment(),
            ALTCONTACT_CHANNEL=ALERTS,
            ALTCONTACT_READ_RATE=FAST,
            ALTCONTACT_CONFIG=str(self.folder / "altcontact.toml"),
        )
        return place, settings


def measure(aws: AwsSandbox, slack: SlackSandbox, folder: Path, *, quick: bool) -> Iterator[Row]:
    """Places and tags, a check and the bot, of a small and of a large organization."""
    logs.configure("console", logging.WARNING)
    peaks: dict[str, int] = {}
    for accounts, people in (SMALL, QUICK if quick else LARGE):
        place = folder / f"organization-{accounts}"
        place.mkdir()
        setting = _Setting(aws, slack, place, accounts, people)
        _seed(setting)
        yield from _places(setting)
        yield from _check(setting, peaks)
        yield from _run(setting, peaks)


def _seed(setting: _Setting) -> None:
    setting.aws.reset()
    setting.aws.seed_realistic(setting.accounts)
    setting.aws.quotas(False)  # noqa: FBT003 - off
    for number in range(UNITS):
        setting.aws.create_unit(f"/Production/Commerce/Unit {number}")
    setting.slack.reset()
    setting.slack.crowd(setting.people, domain="corp.internal")
    ids = [account["id"] for account in setting.aws.accounts()]
    (setting.folder / "altcontact.toml").write_text(_policy(ids), encoding="utf-8")


def _policy(ids: list[str]) -> str:
    """Every rule that costs no call of its own, and overrides of each kind of match."""
    on = (rule for rule in SEVERITIES if rule is not Rule.PRIMARY_CONTACT)
    rules = [f'{rule.value} = "{SEVERITIES[rule].value}"' for rule in on]
    tables = [
        '[policy]\nsecurity = "required"\nbilling = "required"\noperations = "optional"\n'
        'domains = ["corp.internal", "*.corp.internal"]',
        "\n".join(["[policy.rules]", *rules]),
    ]
    for number, letter in enumerate(LETTERS):
        matches = (
            f'ou = ["/Production/**", "/*/Commerce/Unit {number}"]',
            f'tag = {{ environment = "prod*", team = "*{letter}*" }}',
            f'name = ["*-sandbox-{number}", "lab-*"]',
            f'account = ["{ids[number]}", "{ids[-number - 1]}"]',
        )
        tables.append(
            f"[[policy.override]]\nmatch = {{ {matches[number % 4]} }}\n"
            f'security.email = "@corp.internal"\nexemption_days = {number + 1}'
        )
    return "\n\n".join(tables) + "\n"


def _places(setting: _Setting) -> Iterator[Row]:
    """Walk the OUs, place the accounts, and read all tags into a database."""
    clock, policy = SystemClock(), Policy.requiring(tables=[PolicyTable("", {"owner_tag": "team"})])
    with _calling(setting.aws), SqliteStore(setting.kept, clock) as store:
        gateway = AwsGateway(None, concurrency=SIDE_BY_SIDE, listing=UNLIMITED, tagging=UNLIMITED)
        accounts = list(gateway.accounts())
        setting.aws.reset_stats()
        began = time.monotonic()
        units = gateway.units().paths
        walked = time.monotonic()
        gateway.placements(tuple(units))
        placed = time.monotonic()
        place = PlacementResolver(gateway, store.accounts, policy, clock).place
        with ThreadPoolExecutor(SIDE_BY_SIDE) as readers:
            tagged = sum(bool(each.tags) for each in readers.map(place, accounts))
        read = time.monotonic()
        stats = setting.aws.stats()["operations"]
        _keep_units(store, gateway, accounts, clock)
        gateway.close()
    size = f"{len(accounts):,} accounts"
    for what, names, seconds, quota in (
        (f"listing {len(units):,} OUs", WALK, walked - began, LIST),
        (f"listing {size} in them, if AWS returns no paths", PLACE, placed - walked, LIST),
        (f"tags of {size}, {tagged:,} with some", ("ListTagsForResource",), read - placed, TAGS),
    ):
        calls = sum(stats[name]["calls"] for name in names if name in stats)
        waits = max(0.0, calls - quota.burst) / quota.rate
        yield Row(
            what,
            f"{seconds:.1f} s without quotas",
            f"{calls:,} calls: {waits:,.0f} s at the bot's own pace",
        )


def _keep_units(
    store: SqliteStore, gateway: AwsGateway, accounts: list[Account], clock: SystemClock
) -> None:
    """Keep the OUs of all accounts too, as the scan before would have."""
    asking = Policy.requiring(tables=[PolicyTable("", {}, Match(units=("/**",)))])
    place = PlacementResolver(gateway, store.accounts, asking, clock).place
    for account in accounts:
        place(account)


@contextmanager
def _calling(aws: AwsSandbox) -> Iterator[None]:
    """Let this process be one of the sandbox's callers."""
    before = dict(os.environ)
    os.environ.update(aws.environment("management"))
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _check(setting: _Setting, peaks: dict[str, int]) -> Iterator[Row]:
    """`altcontact check`, with the walk over Slack's members in it."""
    place, settings = setting.settings("check")
    setting.aws.reset_stats()
    checked = check(settings, place)
    ended = time.monotonic()
    size = f"{setting.accounts:,} accounts, {setting.people:,} people"
    yield _memory(f"a check of {size}", "check", checked.peak, peaks)
    reading = setting.aws.stats()["operations"]["GetAlternateContact"]
    waits = max(0.0, reading["calls"] - READ.burst) / READ.rate
    took = reading["last"] - reading["first"]
    yield Row(
        f"reading of {reading['calls']:,} contacts",
        f"{took:.1f} s without quotas",
        f"{waits:,.0f} s at AWS's quota",
    )
    yield Row(
        "from the last answer to the end of the check and its JSON",
        f"{ended - reading['last']:.1f} s",
    )
    yield _members(setting)


def _members(setting: _Setting) -> Row:
    """How the walk over the members went, by Slack's own log."""
    times = [call["time"] for call in setting.slack.calls("users.list")]
    refused = sum(each["method"] == "users.list" for each in setting.slack.refusals())
    most = max(sum(began <= each < began + MINUTE for each in times) for began in times)
    return Row(
        f"walk over {setting.people:,} members",
        f"{times[-1] - times[0]:.1f} s, calls: {len(times)}",
        f"at most {most} a minute; {refused} answered 429, with Retry-After kept",
    )


def _run(setting: _Setting, peaks: dict[str, int]) -> Iterator[Row]:
    """The bot, from its start until everything is announced."""
    place, settings = setting.settings("bot")
    log = place / "bot.log"
    with bot(settings, log) as process:
        wait_log(log, "scan ended")
        recorded = time.monotonic()
        last = setting.aws.stats()["operations"]["GetAlternateContact"]["last"]
        wait_log(log, "announced")
        peak = resident_peak(process.pid)
    yield Row("from the last answer to the record in the bot", f"{recorded - last:.1f} s")
    what = f"the bot, {setting.accounts:,} accounts checked and announced"
    yield _memory(what, "bot", peak, peaks)


def _memory(what: str, name: str, peak: int, peaks: dict[str, int]) -> Row:
    """A row of peak memory, beside the one of the smaller size."""
    smaller = peaks.get(name)
    peaks[name] = peak
    beside = f"{peak / smaller:.2f} x the smaller one" if smaller else ""
    return Row(f"peak memory of {what}", f"{peak / MEBIBYTE:.0f} MiB", beside)
