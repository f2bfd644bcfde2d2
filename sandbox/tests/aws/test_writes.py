"""The record of writes in the sandbox's AWS, and faults that strike a part of the calls."""

import socket
from contextlib import closing
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from altcontact_sandbox.aws.protocol.messages import Call
from altcontact_sandbox.aws.sandbox import AwsSandbox
from altcontact_sandbox.aws.seeds.demo import SECURITY_TEAM, to_aws
from altcontact_sandbox.aws.state.faults import Fault, FaultKind
from altcontact_sandbox.aws.state.writes import MAX_WRITES, WriteLog, value_digest
from altcontact_sandbox.errors import SandboxError
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from sandbox.tests.aws.fixtures import Connect

MEMBER = "444444444444"
TARGET = {"AccountId": MEMBER, "AlternateContactType": "SECURITY"}
CONTACT = to_aws(SECURITY_TEAM)


def test_each_attempt_to_write_is_on_record(aws: AwsSandbox, connect: Connect) -> None:
    """A write is recorded with its value's digest, AWS's request id, and who made it."""
    client = connect("account", "delegated", user_agent_extra="altcontact-fix/7")
    answer = client.put_alternate_contact(**TARGET, **CONTACT)
    client.get_alternate_contact(**TARGET)
    client.delete_alternate_contact(**TARGET)
    put, delete = aws.writes()
    assert put["number"] == 1
    assert (put["operation"], put["account_id"], put["contact_type"]) == (
        "PutAlternateContact",
        MEMBER,
        "SECURITY",
    )
    assert put["value"] == value_digest(CONTACT) != value_digest({**CONTACT, "Title": "x"})
    assert (put["status"], put["applied"]) == ("ok", True)
    assert put["request_id"] == answer["ResponseMetadata"]["RequestId"]
    assert put["user_agent"].endswith(" altcontact-fix/7")
    assert (put["caller"], put["session"]) == ("delegated", "bot")
    assert put["arn"].endswith(":assumed-role/altcontact/bot")
    assert (delete["operation"], delete["value"], delete["applied"]) == (
        "DeleteAlternateContact",
        "",
        True,
    )
    assert delete["request_id"] != put["request_id"]
    aws.reset()
    assert aws.writes() == []


def test_a_write_through_a_role_names_its_session(aws: AwsSandbox, connect: Connect) -> None:
    """The session's name that AssumeRole was given is on record with the write."""
    arn = aws.role("writer")
    assumed = connect("sts").assume_role(RoleArn=arn, RoleSessionName="altcontact-U0123ABC")
    keys = assumed["Credentials"]
    client: Any = boto3.client(
        "account",
        region_name="us-east-1",
        endpoint_url=aws.url,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
        config=Config(retries={"total_max_attempts": 1}),
    )
    client.put_alternate_contact(**TARGET, **CONTACT)
    client.close()
    [write] = aws.writes()
    assert write["session"] == "altcontact-U0123ABC"
    assert write["arn"].endswith(":assumed-role/writer/altcontact-U0123ABC")
    assert aws.wire()["entries"][-1]["session"] == "altcontact-U0123ABC"


def test_what_did_not_happen_is_told_from_what_was_not_heard(
    aws: AwsSandbox, connect: Connect
) -> None:
    """A refused or dropped write isn't applied; one whose answer is lost is."""
    client = connect("account")
    for kind in ("throttle", "close", "lost_answer"):
        aws.fault(kind, "PutAlternateContact", count=1)
        with pytest.raises((ClientError, ConnectionClosedError)):
            client.put_alternate_contact(**TARGET, **CONTACT)
    with pytest.raises(ClientError):
        client.put_alternate_contact(**TARGET, **{**CONTACT, "EmailAddress": "x"})
    told = [(each["status"], each["applied"]) for each in aws.writes()]
    assert told == [
        ("TooManyRequestsException", False),
        ("close", False),
        ("lost_answer", True),
        ("ValidationException", False),
    ]


def test_a_lost_answer_of_a_refusal_applied_nothing(aws: AwsSandbox, connect: Connect) -> None:
    """Whether a write happened doesn't follow from the fault that struck it."""
    aws.fault("lost_answer", "DeleteAlternateContact", count=1)
    with pytest.raises(ConnectionClosedError):
        connect("account").delete_alternate_contact(**TARGET)
    [write] = aws.writes()
    assert (write["status"], write["applied"]) == ("lost_answer", False)


def test_a_request_that_is_cut_off_is_none(aws: AwsSandbox, connect: Connect) -> None:
    """A caller that dies before it has sent the whole body has asked for nothing."""
    client = connect("account")
    sent: list[Any] = []  # botocore's AWSPreparedRequest
    client.meta.events.register_last(
        "before-send.account", lambda request, **_: sent.append(request)
    )
    client.put_alternate_contact(**TARGET, **CONTACT)
    [whole] = sent
    where = urlsplit(whole.url)
    assert where.hostname
    assert where.port
    with closing(HTTPConnection(where.hostname, where.port, timeout=30)) as connection:
        connection.putrequest(whole.method, where.path)
        for name, value in whole.headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        connection.sock.shutdown(socket.SHUT_WR)
        assert connection.sock.recv(1) == b""
    client.get_alternate_contact(**TARGET)
    assert [each["status"] for each in aws.writes()] == ["ok"]


def test_the_last_attempts_are_kept() -> None:
    """The record doesn't grow without end, and reads are no part of it."""
    log = WriteLog()
    for _ in range(MAX_WRITES + 3):
        log.record(Call("account", "DeleteAlternateContact", {}), None, "ok", 0.0)
    log.record(Call("account", "GetAlternateContact", {}), None, "ok", 0.0)
    entries = log.as_json()
    assert len(entries) == MAX_WRITES
    assert (entries[0]["number"], entries[-1]["number"]) == (4, MAX_WRITES + 3)


def _struck(percent: float, accounts: list[int], seed: int = 3) -> set[tuple[int, int]]:
    """The (account, attempt) pairs that a fault of some percent strikes, three attempts each."""
    fault = Fault(FaultKind.THROTTLE, percent=percent, seed=seed)
    seen: dict[int, int] = {}
    struck = set()
    for account in accounts:
        seen[account] = seen.get(account, 0) + 1
        if fault.matches(Call("account", "PutAlternateContact", TARGET), str(account)):
            struck.add((account, seen[account]))
    return struck


def test_a_percentage_strikes_that_part_whatever_the_order() -> None:
    """About the percentage is struck, and a seed strikes the same attempts in any order."""
    in_turn = [account for _ in range(3) for account in range(1000)]
    at_once = [account for account in range(1000) for _ in range(3)]
    struck = _struck(5, in_turn)
    assert 100 < len(struck) < 200
    assert struck == _struck(5, at_once)
    assert struck != _struck(5, in_turn, seed=4)
    assert _struck(0, in_turn) == set()
    assert len(_struck(100, in_turn)) == 3000


def test_a_percentage_is_set_from_outside(aws: AwsSandbox, connect: Connect) -> None:
    """The control interface takes percent and seed, shows them, and refuses nonsense."""
    aws.fault("throttle", percent=100, seed=8, count=2)
    client = connect("account")
    for _ in range(2):
        with pytest.raises(ClientError, match="TooManyRequests"):
            client.put_alternate_contact(**TARGET, **CONTACT)
    client.put_alternate_contact(**TARGET, **CONTACT)
    [fault] = aws.faults()
    assert (fault["percent"], fault["seed"], fault["struck"]) == (100, 8, 2)
    with pytest.raises(SandboxError, match="0 to 100"):
        aws.fault("throttle", percent=101)
