"""`altcontact doctor` as a process: all green on a healthy sandbox, each check provoked to fail."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest

from tests.e2e.test_story import ready
from tests.launcher import launcher

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from altcontact_sandbox.aws.sandbox import AwsSandbox
    from altcontact_sandbox.slack.sandbox import SlackSandbox

    from tests.e2e.conftest import Bot

__all__ = ["ready"]


class Place(NamedTuple):
    """What a test bends."""

    aws: AwsSandbox
    slack: SlackSandbox
    environment: dict[str, str]


@pytest.fixture
def place(aws: AwsSandbox, slack: SlackSandbox, environment: dict[str, str]) -> Place:
    """A healthy sandbox."""
    return Place(aws, slack, environment)


def run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, to its end."""
    folder = Path(environment["ALTCONTACT_DATABASE"]).parent
    return launcher().run(
        *arguments, environment=environment, folder=folder if folder.is_dir() else None
    )


def diagnose(place: Place) -> tuple[int, list[dict[str, str]]]:
    """The exit status and the lines of the doctor's JSON."""
    done = run(place.environment, "doctor", "--json")
    assert done.stderr == ""
    told: dict[str, Any] = json.loads(done.stdout)
    lines: list[dict[str, str]] = told["lines"]
    assert sum(told["summary"].values()) == len(lines)
    return done.returncode, lines


def test_healthy(place: Place) -> None:
    """On a healthy sandbox nothing is amiss, and nothing is changed: not even a file is made.

    What wasn't tried has a mark of its own: writing, and the last check before the first one.
    """
    short = run(place.environment, "doctor")
    assert (short.returncode, short.stderr) == (0, "")
    headline, hint = short.stdout.splitlines()
    assert re.fullmatch(r"All \d+ checks passed\. 2 not tested\.", headline), headline
    assert "altcontact doctor --all" in hint
    done = run(place.environment, "doctor", "--all")
    marks = {
        line[2] for line in done.stdout.splitlines() if line.startswith("  ") and line[2] > " "
    }
    assert (done.returncode, done.stderr, marks) == (0, "", {"✓", "○"}), done.stdout
    untested = [line.split(":")[0] for line in done.stdout.splitlines() if "○" in line]
    assert untested == ["  ○ Writing", "  ○ Last check"]
    assert headline in done.stdout
    assert "tomorrow, " in done.stdout or " at 00:00, then " in done.stdout
    assert not Path(place.environment["ALTCONTACT_DATABASE"]).exists()
    methods = {call["method"] for call in place.slack.calls()}
    assert methods == {
        "auth.test",
        "apps.connections.open",
        "conversations.list",
        "usergroups.users.list",
    }
    assert not place.slack.refusals()
    operations = place.aws.stats()
    assert "PutAlternateContact" not in json.dumps(operations)
    assert place.slack.messages() == []


@pytest.mark.parametrize("caller", ["delegated", "standalone", "china"])
def test_healthy_callers(place: Place, caller: str) -> None:
    """A delegated administrator, an account by itself and another partition are all fine."""
    become(caller)(place)
    status, lines = diagnose(place)
    assert {line["state"] for line in lines} == {"ok", "not_checked"}, lines
    assert status == 0


def add(name: str, value: str) -> Callable[[Place], None]:
    """Change a setting."""
    return lambda place: place.environment.update({name: value})


def drop(name: str) -> Callable[[Place], None]:
    """Take a setting away."""
    return lambda place: place.environment.__delitem__(name)


def slack_set(**settings: object) -> Callable[[Place], None]:
    """Bend Slack."""
    return lambda place: place.slack.settings(**settings)


def deny(action: str, by: str = "iam") -> Callable[[Place], None]:
    """Deny an action in AWS."""
    return lambda place: place.aws.deny(action, by=by)


def become(caller: str) -> Callable[[Place], None]:
    """Call AWS as somebody else."""

    def bend(place: Place) -> None:
        place.environment.pop("AWS_SESSION_TOKEN", None)
        place.environment.update(place.aws.environment(caller))

    return bend


def newer(place: Place) -> None:
    """Make a database of a newer version."""
    with closing(sqlite3.connect(place.environment["ALTCONTACT_DATABASE"])) as db, db:
        db.execute("CREATE TABLE _sqlite_migrations (id, migration_set, name, applied_at)")
        db.execute("INSERT INTO _sqlite_migrations VALUES (1, 'altcontact', 'm999_new', '')")


def no_answer(place: Place) -> None:
    """Let nothing answer where AWS is said to be."""
    endpoints = [name for name in place.environment if name.startswith("AWS_ENDPOINT_URL")]
    place.environment.update(dict.fromkeys(endpoints, "http://127.0.0.1:9"))


def no_slack(place: Place) -> None:
    """Let nothing answer where Slack is said to be."""
    place.environment["SLACK_API_URL"] = "http://127.0.0.1:9/api/"


SCOPES: Final = [
    "channels:history",
    "channels:read",
    "chat:write",
    "commands",
    "groups:history",
    "groups:read",
    "usergroups:read",
]


@pytest.mark.parametrize(
    ("bend", "wanted"),
    [
        (
            drop("SLACK_BOT_TOKEN"),
            ("Settings", "SLACK_BOT_TOKEN", "failure", "not set", "xoxb-"),
        ),
        (
            add("ALTCONTACT_SCOPE", "galaxy"),
            ("Settings", "ALTCONTACT_SCOPE", "failure", "galaxy", "ALTCONTACT_SCOPE=auto"),
        ),
        (
            slack_set(token_problem="token_revoked"),
            ("Slack", "Bot token", "failure", "token_revoked", "Install App"),
        ),
        (
            no_slack,
            ("Slack", "Bot token", "failure", "could not be reached", "curl"),
        ),
        (
            slack_set(scopes=[each for each in SCOPES if each != "groups:history"]),
            ("Slack", "Scopes", "failure", "groups:history", "      - groups:history"),
        ),
        (
            slack_set(scopes=[*SCOPES, "reactions:read"]),
            ("Slack", "Scopes", "warning", "more than", "      - reactions:read"),
        ),
        (
            slack_set(app_token_problem="missing_scope"),
            ("Slack", "App-level token", "failure", "connections:write", "App-Level Tokens"),
        ),
        (
            slack_set(app_token_problem="invalid_auth"),
            ("Slack", "App-level token", "failure", "invalid_auth", "App-Level Tokens"),
        ),
        (
            lambda place: place.slack.set_channel(is_archived=True),
            ("Slack", "Channel", "failure", "archived", "ALTCONTACT_CHANNEL="),
        ),
        (
            lambda place: place.slack.set_channel(has_bot=False),
            ("Slack", "Channel", "failure", "not in the channel", "/invite @altcontact"),
        ),
        (
            add("ALTCONTACT_CHANNEL", "#nowhere"),
            ("Slack", "Channel", "failure", "no channel #nowhere", "ALTCONTACT_CHANNEL="),
        ),
        (
            add("ALTCONTACT_CHANNEL", "#security-alert"),
            ("Slack", "Channel", "failure", "mean #security-alerts?", "='#security-alerts'"),
        ),
        (
            add("ALTCONTACT_FIXERS", "S0NOTHERE1"),
            ("Slack", "Fixers", "failure", "doesn't exist or is disabled", "ALTCONTACT_FIXERS="),
        ),
        (
            lambda place: place.slack.set_group("S0SECOPS01", members=[]),
            ("Slack", "Fixers", "warning", "has no members", "ALTCONTACT_FIXERS="),
        ),
        (
            drop("ALTCONTACT_FIXERS"),
            ("Slack", "Fixers", "warning", "read-only", "FIXERS="),
        ),
        (
            slack_set(clock_skew=100.0),
            ("Slack", "Clock", "warning", "behind", "timedatectl"),
        ),
        (
            slack_set(clock_skew=-270.0),
            ("Slack", "Clock", "failure", "ahead of", "timedatectl"),
        ),
        (
            add("AWS_ACCESS_KEY_ID", "AKIAWRONG"),
            ("AWS", "Caller", "failure", "", "get-caller"),
        ),
        (
            no_answer,
            ("AWS", "Caller", "failure", "Couldn't reach", "curl"),
        ),
        (
            lambda place: place.aws.clock_skew(900.0),
            ("AWS", "Caller", "failure", "clock is wrong", "timedatectl"),
        ),
        (
            become("govcloud"),
            ("AWS", "Caller", "warning", "no API", "https://console"),
        ),
        (
            deny("organizations:DescribeOrganization"),
            ("AWS", "Organization", "failure", "doesn't have permission to call", ""),
        ),
        (
            lambda place: place.aws.all_features(False),  # noqa: FBT003 - off
            ("AWS", "Organization", "failure", "all features", "enable-all-features"),
        ),
        (
            become("member"),
            ("AWS", "Calling account", "warning", "neither", "register-delegated"),
        ),
        (
            become("delegated_other"),
            ("AWS", "Calling account", "failure", "neither", "register-delegated"),
        ),
        (
            lambda place: place.aws.trusted_access(False),  # noqa: FBT003 - off
            ("AWS", "Trusted access", "failure", "is off", "enable-aws-service-access"),
        ),
        (
            deny("organizations:ListAWSServiceAccessForOrganization"),
            ("AWS", "Trusted access", "warning", "couldn't be checked", ""),
        ),
        (
            deny("organizations:ListDelegatedAdministrators"),
            ("AWS", "Delegation", "warning", "couldn't be checked", ""),
        ),
        (
            deny("organizations:ListAccounts"),
            ("AWS", "Accounts", "failure", "doesn't have permission to call", ""),
        ),
        (
            deny("account:GetAlternateContact"),
            (
                "AWS",
                "IAM policy",
                "failure",
                "lacks account:GetAlternateContact.",
                '"account:GetAlternateContact"',
            ),
        ),
        (
            deny("account:GetAlternateContact", "scp"),
            ("AWS", "Contacts", "failure", "service control policy", "aws:PrincipalArn"),
        ),
        (
            add("ALTCONTACT_DATABASE", "/nowhere/bot.db"),
            ("Database", "File", "failure", "doesn't exist", "mkdir -p /nowhere"),
        ),
        (
            newer,
            ("Database", "Schema", "failure", "newer version", "ls -l"),
        ),
        (
            add("ALTCONTACT_SCHEDULE", "0 9 1 * *"),
            ("Schedule", "Next checks", "warning", "then", "ALTCONTACT_SCHEDULE="),
        ),
    ],
)
@pytest.mark.refused("token_revoked", "missing_scope", "invalid_auth", "no_such_subteam")
def test_each_check_fails_with_its_remedy(
    place: Place, bend: Callable[[Place], None], wanted: tuple[str, str, str, str, str]
) -> None:
    """Each problem is found by its check, with the next step and what to paste."""
    section, name, state, words, snippet = wanted
    bend(place)
    status, lines = diagnose(place)
    found = [
        line
        for line in lines
        if (line["section"], line["name"], line["state"]) == (section, name, state)
    ]
    assert found, lines
    assert words in found[0]["words"]
    assert found[0]["remedy"] == found[0]["mend"] != ""
    assert snippet in found[0]["paste"]
    assert status == (2 if any(line["state"] == "failure" for line in lines) else 1)
    assert "@" not in "".join(line["words"] for line in lines)
    other = {line["section"] for line in lines if line["section"] != section}
    assert other | {section} == {"Alerts", "Settings", "Slack", "AWS", "Database", "Schedule"}


def test_throttled(place: Place) -> None:
    """Where the organization cannot be asked for, no statement for a single account is given."""
    place.aws.throttling(True)  # noqa: FBT003 - on
    status, lines = diagnose(place)
    told = {line["name"]: line for line in lines if line["section"] == "AWS"}
    assert (status, told["Organization"]["state"]) == (2, "failure")
    assert "READ_RATE" in told["Organization"]["paste"]
    assert (told["Writing"]["state"], told["Writing"]["paste"]) == ("not_checked", "")


def test_a_start_that_fails_for_its_settings(place: Place) -> None:
    """`run` lists the mistake in each setting, with what to paste, and ends with 2."""
    del place.environment["SLACK_APP_TOKEN"]
    place.environment["ALTCONTACT_SCHEDULE"] = "whenever"
    done = run(place.environment, "run")
    assert (done.returncode, done.stdout) == (2, "")
    assert "✗ SLACK_APP_TOKEN: is not set." in done.stderr
    assert "✗ ALTCONTACT_SCHEDULE: " in done.stderr
    assert "export SLACK_APP_TOKEN='xapp-…'" in done.stderr
    assert "✓" not in done.stderr


def test_a_start_that_fails_for_its_database(place: Place) -> None:
    """`run` says what is wrong with the database, with what to paste, and ends with 2."""
    place.environment["ALTCONTACT_DATABASE"] = "/nowhere/bot.db"
    done = run(place.environment, "run")
    assert (done.returncode, done.stdout) == (2, "")
    assert "✗ File: can't create /nowhere/bot.db" in done.stderr
    assert "mkdir -p /nowhere" in done.stderr


def test_a_bot_logs_what_is_amiss_after_its_start(bot: Bot, place: Place) -> None:
    """A failure is logged as an error and a warning as one, each with its remedy."""
    place.aws.deny("organizations:ListDelegatedAdministrators")
    place.slack.settings(scopes=[each for each in SCOPES if each != "groups:history"])
    bot.start()
    warned = bot.wait_log("doctor", check="Delegation")
    assert (warned["level"], bool(warned["remedy"])) == ("warning", True)
    failed = bot.wait_log("doctor", check="Scopes")
    assert (failed["level"], failed["section"]) == ("error", "Slack")
    bot.wait_log("doctor finished")


def test_in_slack(ready: Bot, slack: SlackSandbox) -> None:
    """One line where all is well, every check in a modal, and a refusal for anybody else."""
    slack.command("/altcontact doctor")
    told = slack.wait_private("checks passed. 1 not tested.")
    assert len(told["blocks"]) == 1
    slack.press("altcontact_doctor_show_all", message=told)
    shown = json.dumps(slack.wait_view("All checks"), ensure_ascii=False)
    for part in ("*Slack*", "*AWS*", "*Database*", "*Schedule*", "last message"):
        assert part in shown
    assert ":white_circle: *Writing*: not tested: " in shown
    assert ":x:" not in shown
    slack.command("/altcontact doctor", user="U0BOB00002")
    refused = json.dumps(slack.wait_private("Only fixers can run the doctor.", "U0BOB00002"))
    assert "<!subteam^S0SECOPS01>" in refused
    assert "traceback" not in ready.log.lower()


def test_in_slack_a_failure_has_its_remedy(
    ready: Bot, slack: SlackSandbox, aws: AwsSandbox
) -> None:
    """What to paste is in a code block under the failure."""
    aws.trusted_access(False)  # noqa: FBT003 - off
    slack.command("/altcontact doctor")
    shown = json.dumps(slack.wait_private("1 failure"), ensure_ascii=False)
    assert ":x: *AWS · Trusted access*" in shown
    assert "```\\naws organizations enable-aws-service-access" in shown
    assert ready.terminate() == 0


def test_piped(place: Place) -> None:
    """Piped, lines are whole and without colours, so that they can be searched."""
    place.environment["COLUMNS"] = "40"
    done = run(place.environment, "doctor", "--all")
    assert "\x1b" not in done.stdout
    assert any(len(line) > 90 for line in done.stdout.splitlines())
