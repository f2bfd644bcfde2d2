"""One bot for every cell of the fault matrix: real adapters between the sandbox's Slack and AWS.

It is put together in this process, so that its calls to AWS give up after half a second.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from altcontact_sandbox.aws.seeds.demo import SECURITY_TEAM
from pydantic import SecretStr

from bot.app.clock import SystemClock
from bot.app.slack_bot import SlackBot
from bot.aws.gateway import AwsGateway
from bot.config.settings import Settings
from bot.domain.contacts import ContactType
from bot.domain.policy.policy import Policy
from bot.domain.scope import AwsTarget
from bot.services import announce
from bot.services.ports.metrics import NoMetrics
from bot.slack import client
from tests.e2e.test_story import FORM, SHOWN
from tests.unit.fakes import FakeMembers

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest
    from altcontact_sandbox.aws.sandbox import AwsSandbox
    from altcontact_sandbox.slack.sandbox import SlackSandbox

    from bot.domain.fixes import Fix, FixState
    from bot.store.store import DatabaseStore

    Seen = dict[str, Any]

GROUP: Final = "S0SECOPS01"
NEXT_STEP: Final = "point_right"
"""Begins the next step in what a person sees."""


class _Failures(NoMetrics):
    """Counts the calls to Slack that failed, by method."""

    def __init__(self, failed: Counter[str]) -> None:
        self._failed = failed

    def slack_call(self, method: str, seconds: float, outcome: str) -> None:
        """Count one that failed."""
        super().slack_call(method, seconds, outcome)
        self._failed[method] += outcome != "ok"


class FaultWorld:
    """The bot, its two outsides, and an account and a person of its own for each cell.

    Args:
        slack: the workspace.
        aws: the organization.
        store: the bot's database.
        patch: sets the environment by which boto3 finds AWS.
        accounts: how many accounts there are without a security contact.
    """

    security = ContactType.SECURITY

    def __init__(
        self,
        slack: SlackSandbox,
        aws: AwsSandbox,
        store: DatabaseStore,
        patch: pytest.MonkeyPatch,
        accounts: int,
    ) -> None:
        self.slack, self.aws, self._patch = slack, aws, patch
        # The waits of a day, shorter: a call that hangs, and a post that may still appear.
        patch.setattr(client, "TIMEOUT", 3)
        patch.setattr(announce, "DOUBT_WAIT", 1.0)
        self._number = 0
        slack.reset()
        slack.settings(post_rate=1e6, post_burst=1e6, tier2=0, tier3=0, tier4=0)
        numbers = range(1, accounts + 1)
        slack.people([{"id": _fixer(number), "name": f"fixer{number}"} for number in numbers])
        slack.set_group(GROUP, members=["U0ALICE001", *map(_fixer, numbers)])
        aws.reset()
        aws.quotas(False)  # noqa: FBT003 - off
        seeds = [{"name": f"Cell {number:03d}"} for number in numbers]
        self.ids = aws.seed_accounts(seeds)
        aws.set_contact("111111111111", "SECURITY", SECURITY_TEAM)
        self.lead_to_aws()
        environment = slack.environment()
        settings = Settings(
            slack_bot_token=SecretStr(environment["SLACK_BOT_TOKEN"]),
            slack_app_token=SecretStr(environment["SLACK_APP_TOKEN"]),
            slack_api_url=environment["SLACK_API_URL"],
            channel="#security-alerts",
            fixers=(GROUP,),
            confirm_timeout=0.5,
        )
        self.failed: Counter[str] = Counter()
        clock = SystemClock()
        policy = Policy.requiring()
        self.store = store
        gateway = AwsGateway(
            None,
            1000.0,
            1000.0,
            connect_seconds=0.5,
            read_seconds=0.5,
            pause=lambda _: None,
            target=AwsTarget(role=aws.role()),
        )
        self.bot = SlackBot(
            settings,
            self.store,
            [gateway],
            FakeMembers(),
            lambda: policy,
            clock=clock,
            reload_policy=lambda _: NotImplemented,
            next_check=lambda: None,
            run_checks=lambda: iter(()),
            metrics=_Failures(self.failed),
            post_interval=0.0,
            edit_interval=0.0,
        )

    def lead_to_aws(self) -> None:
        """Give boto3 new credentials that AWS takes; the old ones expire."""
        for name, value in self.aws.renew("management").items():
            self._patch.setenv(name, value)

    def start(self) -> None:
        """Connect, check all accounts, and post the one alert."""
        self.bot.connection.start()
        self.bot.announcer.start()
        self.bot.fix_recovery.start()
        self.slack.wait_connected()
        self.check()
        self.slack.wait_message("no security contact")

    def stop(self) -> None:
        """Stop as a bot does."""
        self.clear()
        self.bot.stop()
        self.store.close()

    def clear(self) -> None:
        """Let everything work again."""
        self.aws.clear_faults()
        self.aws.clear_denials()
        self.slack.settings(clear_faults=True)
        self.slack.revoke_token("")

    def next_cell(self) -> tuple[str, str, str]:
        """An account without a contact: its id and name; and a fixer who has done nothing yet."""
        self._number += 1
        return self.ids[self._number - 1], f"Cell {self._number:03d}", _fixer(self._number)

    def check(self, user: str = "U0ALICE001") -> Seen:
        """Have all accounts checked; what the person is shown."""
        self.slack.command("/altcontact check", user=user)
        return self.slack.wait_private(_is_over, user)

    def open_form(self, account_id: str, user: str) -> Seen:
        """Open the form of an account."""
        self.slack.command(f"/altcontact fix {account_id}", user=user)
        return self.slack.wait_view(lambda view: SHOWN in str(view), user)

    def submit(self, user: str) -> None:
        """Submit the form, on a thread: the person sees the answer in the window."""
        self.slack.submit(user, **FORM)

    def submit_in_background(self, user: str) -> None:
        """Submit the form on a thread of its own."""
        threading.Thread(target=self.submit, args=(user,), daemon=True).start()

    def wait_state(self, account_id: str, state: FixState) -> None:
        """Wait until the newest fix of an account is in a state."""
        self._wait(lambda: self.fix_of(account_id).state is state)

    def wait_waiting(self) -> None:
        """Wait until an alert is known to wait."""
        self._wait(lambda: self.store.slack_health.waiting() is not None)

    def wait_announced(self) -> None:
        """Wait until the channel shows all that is on record."""
        self._wait(lambda: not self.store.announcements.due())

    def wait_failed(self, method: str, number: int) -> None:
        """Wait until more calls of a method to Slack failed than so many."""
        self._wait(lambda: self.failed[method] > number)

    def _wait(self, what: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 60
        while not what():
            assert time.monotonic() < deadline
            time.sleep(0.05)  # between two looks at a condition

    def fix_of(self, account_id: str) -> Fix:
        """The newest fix of an account."""
        found = self.store.fixes.newest(account_id, ContactType.SECURITY)
        assert found is not None
        return found

    def alerts(self) -> list[Seen]:
        """The alerts of missing contacts in the channel."""
        return [m for m in self.slack.messages() if "no security contact" in m["text"]]

    def applied(self, account_id: str) -> list[Seen]:
        """The writes to an account that AWS carried out."""
        writes = [each for each in self.aws.writes() if each["applied"]]
        return [each for each in writes if each["account_id"] == account_id]


def _fixer(number: int) -> str:
    return f"U0FAULT{number:03d}"


def _is_over(message: Seen) -> bool:
    text = str(message)
    return "attention" in text or "failed" in text or "Incomplete" in text
