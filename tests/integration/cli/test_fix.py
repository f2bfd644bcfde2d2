"""`altcontact fix` as a process against the strict AWS: previews that can't write, and runs."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any

import pytest
from altcontact_sandbox.aws.sandbox import AwsSandbox

from bot.app.clock import SystemClock
from bot.domain.contacts import AlternateContact, ContactType
from bot.domain.runs import RunState
from bot.store import SqliteStore
from tests.integration.cli.test_check import CONTACT, MANAGEMENT, Command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OTHER = AlternateContact("Old team", "Security", "old@corp.internal", "+442079460959")
EXPECTED = """
[policy]
security.name = "Security team"
security.title = "Security"
security.email = "sec@corp.internal"
security.phone = "+442079460958"
"""


@pytest.fixture(scope="module")
def own_server() -> Iterator[AwsSandbox]:
    """A server of these tests' own."""
    with AwsSandbox() as aws:
        yield aws


@pytest.fixture
def aws(own_server: AwsSandbox) -> AwsSandbox:
    """The server, with a small organization."""
    own_server.reset()
    return own_server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the command runs."""
    return tmp_path


@pytest.fixture
def command(aws: AwsSandbox, folder: Path) -> Command:
    """The command, with a policy that expects one contact, and a database of its own."""
    (folder / "altcontact.toml").write_text(EXPECTED)
    return Command(aws, folder)


def members(aws: AwsSandbox) -> list[str]:
    """The ids of the accounts that need no approval."""
    return [each["id"] for each in aws.accounts() if each["id"] != MANAGEMENT]


def fixed(command: Command, *arguments: str) -> tuple[int, dict[str, Any], str]:
    """`fix --json`, its output parsed."""
    status, out, err = command.run("fix", "--json", *arguments)
    return status, json.loads(out), err


def states(made: dict[str, Any]) -> dict[str, str]:
    """{account id: state}."""
    return {each["account_id"]: each["state"] for each in made["contacts"]}


def test_a_preview_writes_nothing(aws: AwsSandbox, command: Command, folder: Path) -> None:
    """It reads each contact, says what would change, and creates no database."""
    one, two, *_ = members(aws)
    aws.set_contact(one, "SECURITY", OTHER)
    status, out, err = command.run("fix", "--expected")
    assert status == 0
    lines = {line[:12]: line for line in out.splitlines()}
    assert lines.keys() == {each["id"] for each in aws.accounts()}
    assert f"email: - -> {CONTACT.email}" in lines[two]
    # Nobody knows yet whether the one that is set complies.
    assert "Run altcontact check first, or fix it in Slack." in lines[one]
    assert "left out" in lines[MANAGEMENT]
    assert "second person" in lines[MANAGEMENT]
    assert "To write these changes, add --apply." in err
    assert not (folder / "altcontact.db").exists()
    assert aws.writes() == []


def test_expected_contacts_are_written_and_verified(aws: AwsSandbox, command: Command) -> None:
    """Each account gets the policy's contact; a second time there is nothing to change."""
    ids = members(aws)
    aws.set_contact(ids[0], "SECURITY", OTHER)
    aws.set_contact(ids[1], "SECURITY", CONTACT)
    command.run("check")
    _, out, _ = command.run("fix", "--expected", ids[0])
    assert "email: old@corp.internal -> sec@corp.internal" in out
    status, made, _ = fixed(command, "--expected", "--apply")
    assert status == 0
    assert made["run"]["state"] == "ended"
    assert made["run"]["applied"] is True
    assert states(made) == dict.fromkeys(ids, "verified") | {
        ids[1]: "left_out",
        MANAGEMENT: "left_out",
    }
    assert all(aws.contact(id_, "SECURITY") == CONTACT for id_ in ids)
    assert aws.contact(MANAGEMENT, "SECURITY") is None
    status, again, _ = fixed(command, "--expected", "--apply")
    assert (status, again["run"]["applied"]) == (0, False)
    assert set(states(again).values()) == {"left_out"}


def test_accounts_are_selected(aws: AwsSandbox, command: Command) -> None:
    """By id; a mistake is named with the part that is wrong, and nothing is changed."""
    one, two, *_ = members(aws)
    _, made, _ = fixed(command, "--expected", one, two)
    assert set(states(made)) == {one, two}
    status, wrong, err = fixed(command, "--expected", one, "nobody", "tag:nothing")
    assert status == 2
    assert [problem.partition("”")[0] for problem in wrong["error"]["problems"]] == [
        "“nobody",
        "“tag:nothing",
    ]
    assert "Nothing was changed." in err


def test_a_file_is_written(aws: AwsSandbox, command: Command, folder: Path) -> None:
    """Each row is one contact; what fails is said with its reason, and the status is 1."""
    one, two, *_ = members(aws)
    (folder / "contacts.csv").write_text(
        "account;type;name;title;email;phone\n"
        f"{one};security;Security team;Security;sec@corp.internal;+44 20 7946 0958\n"
        f"{one};billing;Finance;Payable;billing@corp.internal;+44 20 7946 0959\n"
        f"{two};operations;Ops;On duty;ops@corp.internal;+44 20 7946 0959\n"
    )
    aws.deny("account:PutAlternateContact", two)
    status, out, err = command.run("fix", "--from", "contacts.csv", "--apply")
    assert status == 1
    assert out.count("planned") == 3
    assert "2 verified, 1 failed" in err
    assert two in err
    assert aws.contact(one, "SECURITY") == CONTACT
    billing = aws.contact(one, "BILLING")
    assert billing is not None
    assert billing.email == "billing@corp.internal"
    assert aws.contact(two, "OPERATIONS") is None


def test_every_mistake_of_a_file_has_its_line(
    aws: AwsSandbox, command: Command, folder: Path
) -> None:
    """Wrong fields, unknown accounts and repeated rows, all at once; nothing is changed."""
    one, *_ = members(aws)
    row = "security,Security team,Security,sec@corp.internal,+44 20 7946 0958"
    (folder / "contacts.csv").write_text(
        "account,type,name,title,email,phone\n"
        f"{one},{row}\n"
        f"999999999999,{row}\n"
        f"{one},{row}\n"
        f"{one},{row.replace('security', 'securty', 1)}\n"
    )
    status, _, err = command.run("fix", "--from", "contacts.csv", "--apply")
    assert status == 2
    lines = [line.partition(": ")[2] for line in err.splitlines()]
    assert lines[:3] == [
        "line 3: account: “999999999999” isn't the id of a known account; "
        "a check finds new accounts.",
        "line 4: has the same account and type as line 2",
        "line 5: type: must be one of security, billing, operations (did you mean security?)",
    ]
    assert err.rstrip().endswith("Nothing was changed.")
    assert aws.writes() == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "Give either --from FILE or --expected."),
        (("--from", "x.csv", "--expected"), "Give either --from FILE or --expected."),
        (("--from", "x.csv", "all"), "--from takes accounts and types from the file"),
        (("--expected", "--type", "secrity"), "--type must be one of security, billing,"),
        (("--from", "x.csv"), "x.csv: The file can't be read (No such file or directory)."),
    ],
)  # fmt: skip
def test_wrong_usage_changes_nothing(
    command: Command, arguments: tuple[str, ...], words: str
) -> None:
    """The status is 2, and the message says what to do."""
    status, out, err = command.run("fix", *arguments)
    assert (status, out) == (2, "")
    assert words in err


def test_without_credentials_nothing_else_is_said(command: Command, folder: Path) -> None:
    """The cause is AWS's, so it isn't reported as a mistake in the file."""
    (folder / "contacts.csv").write_text(
        "account,type,name,title,email,phone\n"
        "444444444444,security,Ana,Lead,sec@corp.internal,+44 20 7946 0958\n"
    )
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        command.environ.pop(name, None)
    for arguments in (("--expected",), ("--from", "contacts.csv")):
        status, made, err = fixed(command, *arguments)
        assert status == 2
        assert made["error"]["code"] == "credentials_missing"
        assert "No AWS credentials were found." in err
        assert "444444444444" not in err


def test_a_stop_leaves_the_rest_planned(aws: AwsSandbox, command: Command) -> None:
    """Ctrl-C finishes what is being written, says how far it got, and ends with 130."""
    aws.seed_many(40, missing_every=1)
    ids = members(aws)
    with command.start("fix", "--expected", "--apply") as process:
        since = 0
        while not aws.writes():
            since = aws.wire(since, timeout=60)["last"]
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "What is planned was not changed." in err
    written = {id_ for id_ in ids if aws.contact(id_, "SECURITY") == CONTACT}
    assert 0 < len(written) < len(ids)
    assert len(aws.writes()) == len(written)


def test_types_are_those_of_the_policy_unless_named(aws: AwsSandbox, command: Command) -> None:
    """Another type has no expected contact here, and says so."""
    _, made, _ = fixed(command, "--expected", "--type", "billing")
    assert {each["type"] for each in made["contacts"]} == {ContactType.BILLING.value}
    assert "The policy doesn't expect exactly one value for name, title, email and phone." in {
        each["reason"] for each in made["contacts"]
    }


def test_a_killed_command_is_not_continued_by_another(
    aws: AwsSandbox, command: Command, folder: Path
) -> None:
    """A bot goes on with it; another command makes its own run, and writes nothing twice."""
    aws.seed_many(30, missing_every=1)
    ids = members(aws)
    with command.start("fix", "--expected", "--apply") as process:
        since = 0
        while not aws.writes():
            since = aws.wire(since, timeout=60)["last"]
        process.kill()
        process.communicate(timeout=60)
    before = {id_ for id_ in ids if aws.contact(id_, "SECURITY") == CONTACT}
    assert 0 < len(before) < len(ids)
    status, made, _ = fixed(command, "--expected", "--apply")
    assert status == 0
    assert made["run"]["id"] == 2
    assert all(aws.contact(id_, "SECURITY") == CONTACT for id_ in ids)
    accepted = [each for each in aws.writes() if each["status"] == "ok"]
    assert len(accepted) == len(ids)
    with SqliteStore(folder / "altcontact.db", SystemClock()) as store:
        first = store.runs.get(1)
        assert first is not None
        assert first.state is RunState.RUNNING  # for the bot
        assert first.interrupted == 0


def test_ous_and_tags_are_read_for_the_selection_and_the_policy(
    aws: AwsSandbox, command: Command, folder: Path
) -> None:
    """Without a check before: what is selected by OU or tag, and what the policy expects there."""
    one, two, *_ = members(aws)
    aws.place(one, "/Prod/Data")
    aws.tags(two, {"env": "prod"})
    (folder / "altcontact.toml").write_text(
        EXPECTED
        + """
        [[policy.override]]
        match.ou = "/Prod/**"
        security.title = "Production security"
        """
    )
    status, made, err = fixed(command, "--expected", "ou:/Prod/**", "tag:env=prod")
    assert status == 0, err
    assert {each["account_id"]: each["after"]["title"] for each in made["contacts"]} == {
        one: "Production security",
        two: "Security",
    }
    assert aws.writes() == []
