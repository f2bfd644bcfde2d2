"""Three replicas of the shipped bot on one PostgreSQL, and what they must never do.

Each replica says in the `User-Agent` of its calls to AWS which one it is, and the leader's table is
read all the time. So each write in AWS's own record can be compared with who led at that moment.
"""

from __future__ import annotations

import os
import random
import re
import signal
import threading
from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import psycopg
from altcontact_sandbox.aws.sandbox import AwsSandbox
from altcontact_sandbox.slack.sandbox import SlackSandbox
from altcontact_sandbox.slack.workspace import ALICE

from bot.app.clock import SystemClock
from bot.domain.contacts import AlternateContact
from bot.store.postgres.store import PostgresStore
from tests.e2e.run_world import TEAM, write_policy
from tests.e2e.test_story import FORM, SHOWN
from tests.e2e.write_proofs import assert_on_record
from tests.launcher import launcher

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from typing import Self

    from tests.launcher import Command

LEASE: Final = 3.0
"""Seconds: the setting's shortest that still leaves a replica on a busy machine time to renew."""

PATIENCE: Final = 240.0
"""Seconds that a round may take, on a machine that does much else."""

_REPLICA: Final = re.compile(r"\bapp/(\S+)")
_LEADERS: Final = "SELECT token, pid, since FROM leader WHERE instance != ''"


@dataclass
class Replica:
    """One replica, and the process that it is just now."""

    number: int
    generation: int = 0
    process: Command | None = None

    @property
    def name(self) -> str:
        """What it calls itself in AWS."""
        return f"replica-{self.number}-{self.generation}"

    @property
    def pid(self) -> int:
        """Its process."""
        assert self.process is not None
        return self.process.pid


class World:
    """The servers, the replicas, and the people.

    Args:
        url: an empty database.
        folder: for the policy and the logs.
        accounts: how many there are.
        lease: the setting.
        seed: for what is disturbed, and when.
    """

    def __init__(
        self,
        url: str,
        folder: Path,
        *,
        accounts: int = 12,
        replicas: int = 3,
        lease: float = LEASE,
        seed: int = 1,
    ) -> None:
        self.url = url
        self.folder = folder
        self.lease = lease
        self.random = random.Random(seed)  # noqa: S311 - moments of death, no secrets
        self.aws, self.slack = AwsSandbox(), SlackSandbox()
        self.replicas = [Replica(number) for number in range(replicas)]
        self.failovers: list[float] = []  # seconds in which nobody led
        self.disturbed: Counter[str] = Counter()
        self.done: Counter[str] = Counter()
        self.pids: dict[int, str] = {}
        self.leaders: dict[int, tuple[int, float]] = {}
        self._accounts = accounts
        self._environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AWS_", "SLACK_", "ALTCONTACT_"))
        }
        self._copying: list[threading.Thread] = []
        self._stopping = threading.Event()
        self._watching = threading.Thread(target=self._watch, name="leader's table", daemon=True)

    def __enter__(self) -> Self:
        self.aws.start()
        self.slack.start()
        self.aws.seed_many(self._accounts, missing_every=1)
        self.aws.quotas(False)  # noqa: FBT003 - off
        self.accounts = [each["id"] for each in self.aws.accounts()]
        policy = write_policy(self.folder)
        self._environment = {
            **self._environment,
            **self.aws.environment("management"),
            **self.slack.environment(),
            "ALTCONTACT_CHANNEL": "#security-alerts",
            "ALTCONTACT_FIXERS": "S0SECOPS01",
            "ALTCONTACT_DATABASE": self.url,
            "ALTCONTACT_SCHEDULE": "0 0 1 1 *",
            "ALTCONTACT_CONFIRM_TIMEOUT": "5",
            "ALTCONTACT_READ_RATE": "1000",
            "ALTCONTACT_WRITE_RATE": "1000",
            "ALTCONTACT_LOG_FORMAT": "json",
            "ALTCONTACT_LEASE": str(self.lease),
            "ALTCONTACT_CONFIG": str(policy),
        }
        self._db = psycopg.connect(self.url, autocommit=True)
        for replica in self.replicas:
            self.start(replica)
        self.slack.wait_connected(len(self.replicas), timeout=PATIENCE)
        self._watching.start()
        self.wait_leader()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for replica in self.replicas:
            with suppress(ProcessLookupError):
                self.signal(replica, signal.SIGCONT)
                self.signal(replica, signal.SIGKILL)
        for thread in (*self._copying, self._watching):
            thread.join(60)
        self._db.close()
        self.slack.stop()
        self.aws.stop()

    # -- processes

    def start(self, replica: Replica) -> None:
        """Start a replica."""
        replica.generation += 1
        environment = {**self._environment, "AWS_SDK_UA_APP_ID": replica.name}
        replica.process = launcher().start("run", environment=environment)
        self.pids[replica.pid] = replica.name
        log = (self.folder / f"{replica.name}.log").open("w", encoding="utf-8")
        copying = threading.Thread(target=_copy, args=(replica.process, log), daemon=True)
        copying.start()
        self._copying.append(copying)

    def signal(self, replica: Replica, number: signal.Signals) -> None:
        """Send a replica a signal."""
        assert replica.process is not None
        replica.process.send_signal(number)

    def leader(self) -> Replica | None:
        """The replica that leads by the database."""
        rows = self.rows("SELECT pid FROM leader WHERE instance != ''")
        return next((each for each in self.replicas if rows and each.pid == rows[0][0]), None)

    def wait_leader(self, other_than: int = 0) -> Replica:
        """Wait until a replica leads."""
        self.wait(
            lambda: (
                (found := self.leader()) is not None
                and found.pid not in {other_than, 0}
                and found.pid == self.leaders.get(max(self.leaders, default=0), (0, 0.0))[0]
            )
        )
        leader = self.leader()
        assert leader is not None
        return leader

    def disturb(self) -> None:
        """Kill a random replica, or pause it past its lease; the leader, half the time."""
        leader = self.leader()
        others = [each for each in self.replicas if each is not leader]
        victim = leader if leader is not None and self.random.random() < 0.5 else None
        victim = victim or self.random.choice(others)
        how = self.random.choice(["SIGKILL", "SIGSTOP"])
        self.disturbed[f"{how} of {'the leader' if victim is leader else 'a follower'}"] += 1
        pid, began = victim.pid, _now()
        if how == "SIGKILL":
            self.signal(victim, signal.SIGKILL)
        else:
            self.signal(victim, signal.SIGSTOP)
        if victim is leader:
            self.wait_leader(pid)
            self.failovers.append(self.leaders[max(self.leaders)][1] - began)
        elif how == "SIGSTOP":
            self._pause(1.5 * self.lease)
        if how == "SIGKILL":
            self.start(victim)
        else:
            self.signal(victim, signal.SIGCONT)

    # -- people

    def next_round(self) -> None:
        """Let people do one thing: each in turn at first, then any."""
        actions = [self.run, self.announce, self.fix, self.scan, self.exempt, self.fail_over]
        number = self.done.total()
        is_first = number < len(actions)
        self.round(actions[number] if is_first else self.random.choice(actions))

    def round(self, action: Callable[[], None]) -> None:
        """Let people do something while a replica is disturbed, and wait until all is settled."""
        failed: list[BaseException] = []

        def act() -> None:
            try:
                action()
            except BaseException as error:  # noqa: BLE001 - raised again below
                failed.append(error)

        thread = threading.Thread(target=act, daemon=True)
        thread.start()
        self._pause(self.random.uniform(0.0, 1.0))
        self.disturb()
        thread.join(PATIENCE)
        assert not thread.is_alive(), self.logs()
        if failed:
            raise failed[0]
        self.settle()
        self.done[action.__name__] += 1

    def scan(self) -> None:
        """Check all accounts, until a check has ended that began afterwards."""
        (before,) = self.rows("SELECT coalesce(max(id), 0) FROM scans")[0]

        def ended() -> bool:
            sql = "SELECT count(*) FROM scans WHERE id > %s AND state = 'complete'"
            return bool(self.rows(sql, before)[0][0])

        self._until(ended, self._check_now)

    def announce(self) -> None:
        """Contacts are deleted in the console, and a check finds that."""
        for account_id in self.random.sample(self.accounts, 2):
            self.aws.delete_contact(account_id, "SECURITY")
        self.scan()
        self.settle()
        missing = {each for each in self.accounts if not self.aws.contact(each, "SECURITY")}
        found = {
            row[0]
            for row in self.rows(
                "SELECT account_id FROM findings WHERE rule = 'missing' AND resolved_at IS NULL"
            )
        }
        assert found == missing

    def fix(self) -> None:
        """A person fixes one contact with the form."""
        account_id = self.random.choice(self.accounts)
        self.aws.delete_contact(account_id, "SECURITY")

        def fix() -> None:
            self._close()
            self.slack.command(f"/altcontact fix {account_id}")
            self._view(SHOWN)
            self.slack.submit(ALICE, **FORM)

        self._until(lambda: self._is_fixed(account_id), fix)

    def run(self) -> None:
        """A person fixes many contacts with one run."""
        for account_id in self.random.sample(self.accounts, 4):
            self.aws.delete_contact(account_id, "SECURITY")
        self.scan()  # a preview shows what the last check read
        self._until(self.is_all_fixed, self.begin_run)

    def begin_run(self) -> None:
        """A person begins a run over all accounts."""
        self._close()
        self.slack.command("/altcontact fix *")
        self._view("altcontact_run_select")
        self.slack.submit(ALICE)
        self._view("altcontact_run_preview")
        self.slack.submit(ALICE)

    def is_all_fixed(self) -> bool:
        """Whether every account has its contact."""
        return all(map(self._is_fixed, self.accounts))

    def write_policy(self, email: str) -> None:
        """Write the policy file that all replicas have."""
        write_policy(self.folder, email)

    def exempt(self) -> None:
        """A person exempts a finding."""
        self.fix_all()
        account_id = self.random.choice(self.accounts)
        self.aws.delete_contact(account_id, "SECURITY")
        self.scan()
        (before,) = self.rows("SELECT count(*) FROM exemptions")[0]

        def exempt() -> None:
            self._close()
            self.slack.command(f"/altcontact exempt {account_id}")
            self._view("'block_id': 'reason")
            self.slack.submit(ALICE, reason="Closed with the office.", until=_day(30))

        self._until(lambda: self.rows("SELECT count(*) FROM exemptions")[0][0] > before, exempt)
        # The next round finds the account as it was.
        self.aws.set_contact(account_id, "SECURITY", _team())

        def end() -> None:
            self._close()
            self.slack.command("/altcontact exemptions")
            self._view("altcontact_end_exemption")
            self.slack.press("altcontact_end_exemption")

        sql = "SELECT count(*) FROM exemptions WHERE ended_at IS NULL"
        self._until(lambda: not self.rows(sql)[0][0], end)

    def fail_over(self) -> None:
        """Nobody does anything."""

    def fix_all(self) -> None:
        """Every account gets its contact in the console."""
        for account_id in self.accounts:
            self.aws.set_contact(account_id, "SECURITY", _team())

    # -- what must be true

    def settle(self) -> None:
        """Wait until nothing is left to do."""
        open_work = """
            SELECT (SELECT count(*) FROM fixes WHERE ended_at IS NULL)
                + (SELECT count(*) FROM runs WHERE state = 'running')
                + (SELECT count(*) FROM scans WHERE state = 'running' AND lease_until > %s)
                + (SELECT count(*) FROM announcements WHERE state IN ('pending', 'sending')
                    OR (state = 'sent' AND shown_revision < revision))
        """
        self.wait(lambda: not self.rows(open_work, _text(_now()))[0][0])

    def check(self) -> dict[str, int]:
        """Count what must never happen."""
        writes = self.aws.writes()
        with closing(PostgresStore(self.url, SystemClock())) as store:
            log = list(store.audit.entries())
        assert_on_record(writes, log)
        posted = Counter(
            message["metadata"]["event_payload"]["id"]
            for message in self.slack.messages()
            if (message.get("metadata") or {}).get("event_type") == "altcontact_announcement"
        )
        missing = {each for each in self.accounts if not self.aws.contact(each, "SECURITY")}
        lost = missing - {
            row[0] for row in self.rows("SELECT account_id FROM findings WHERE resolved_at IS NULL")
        }
        unannounced = self.rows(
            "SELECT count(*) FROM findings WHERE resolved_at IS NULL AND exemption_id IS NULL"
            " AND announcement_id IS NULL"
        )[0][0]
        return {
            "findings lost": len(lost) + int(unannounced),
            "announced twice": sum(number - 1 for number in posted.values()),
            "writes by a fenced leader": len(self.fenced(writes)),
        }

    def fenced(self, writes: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """The writes of runs that a replica sent while another one led."""
        of_runs = {row[0] for row in self.rows("SELECT id FROM fixes WHERE run_id IS NOT NULL")}
        tokens = sorted(self.leaders)
        assert tokens == list(range(tokens[0], tokens[-1] + 1)), "a leader was missed"
        late = []
        for write in writes:
            fix = re.search(r"altcontact-fix/(\d+)", write["user_agent"])
            sender = _REPLICA.search(write["user_agent"])
            assert fix, write
            assert sender, write
            if int(fix[1]) not in of_runs:
                continue
            led = [token for token in tokens if self.leaders[token][1] <= write["at"]]
            if not led or self.pids[self.leaders[led[-1]][0]] != sender[1]:
                late.append(write)
        return late

    def fixes(self) -> int:
        """How many fixes were made."""
        return int(self.rows("SELECT count(*) FROM fixes WHERE state = 'confirmed'")[0][0])

    # -- small things

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of the database."""
        with psycopg.connect(self.url, autocommit=True) as db:
            return db.execute(sql.encode(), values or None).fetchall()

    def wait(self, what: Callable[[], bool]) -> None:
        """Wait until something is so."""
        deadline = _now() + PATIENCE
        while not what():
            assert _now() < deadline, self.logs()
            self._pause(0.1)

    def log_of(self, replica: Replica) -> str:
        """What a replica logged since it was started."""
        return (self.folder / f"{replica.name}.log").read_text("utf-8")

    def logs(self) -> str:
        """The ends of the replicas' logs."""
        sessions = self.rows(
            "SELECT pid, state, wait_event, now() - xact_start, left(query, 120)"
            " FROM pg_stat_activity WHERE datname = current_database()"
        )
        ends = (
            f"--- {path.name}\n{path.read_text('utf-8')[-3000:]}"
            for path in sorted(self.folder.glob("replica-*.log"))[-6:]
        )
        return "\n".join((*map(str, sessions), *ends))

    def _until(self, done: Callable[[], bool], do: Callable[[], None]) -> None:
        """Do what a person does, again if it led to nothing: their replica may have been killed."""
        deadline = _now() + PATIENCE
        while True:
            with suppress(Exception):  # a window that didn't open, a command without an answer
                do()
            again = _now() + 15.0
            while _now() < again:
                if done():
                    return
                self._pause(0.1)
            assert _now() < deadline, self.logs()

    def _check_now(self) -> None:
        replica = self.random.choice(self.replicas)
        if replica.process is not None and replica.process.poll() is None:
            self.signal(replica, signal.SIGUSR1)

    def _view(self, contains: str) -> None:
        self.slack.wait_view(lambda view: contains in str(view["view"]), timeout=15.0)

    def _close(self) -> None:
        while self.slack.views():
            self.slack.close()

    def _is_fixed(self, account_id: str) -> bool:
        contact = self.aws.contact(account_id, "SECURITY")
        return contact is not None and contact.email == TEAM

    def _pause(self, seconds: float) -> None:
        self._stopping.wait(seconds)

    def _watch(self) -> None:
        with psycopg.connect(self.url, autocommit=True) as db:
            while not self._stopping.wait(0.03):
                for token, pid, since in db.execute(_LEADERS).fetchall():
                    began = datetime.fromisoformat(since).timestamp()
                    self.leaders.setdefault(token, (pid, began))


def _copy(process: Command, log: Any) -> None:  # noqa: ANN401 - an open file
    with log:
        for line in process.stderr:
            log.write(line)
            log.flush()
    process.stderr.close()
    process.stdout.close()


def _now() -> float:
    return datetime.now().astimezone().timestamp()


def _text(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="microseconds")


def _day(days: int) -> str:
    return f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%d}"


def _team() -> AlternateContact:
    return AlternateContact("Security team", "On call", TEAM, "+44 20 7946 0958")
