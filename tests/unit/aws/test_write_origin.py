"""How a write names its fix and its person on AWS's side."""

from __future__ import annotations

import io
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pytest
from botocore.config import Config
from hypothesis import given
from hypothesis import strategies as st

from bot.aws.access_denied import Request
from bot.aws.retrying_calls import ApiCaller
from bot.aws.write_origin import observe_writes, session_name, written_for
from bot.cli.audit_output import write_csv
from bot.domain.errors import GatewayError, WriteNotSent
from bot.domain.failures import FailureCode, failure
from bot.domain.fixes import WriteOrigin
from tests.unit.aws.wire import Wire, ok


@pytest.mark.parametrize(
    ("user_id", "name"),
    [
        ("U0123ABC", "altcontact-U0123ABC"),
        ("bot", "altcontact-bot"),
        ("cli:jo doe", "altcontact-cli-jo-doe"),
        ("cli:é", "altcontact-cli-"),
        ("", "altcontact"),
        ("U" * 80, "altcontact-" + "U" * 53),
    ],
)
def test_a_session_is_named_after_the_person(user_id: str, name: str) -> None:
    """What STS rejects is replaced, and a long name is cut."""
    assert session_name(user_id) == name


@given(st.text())
def test_every_session_name_is_valid(user_id: str) -> None:
    """STS accepts whatever comes of any name."""
    assert re.fullmatch(r"[\w+=,.@-]{2,64}", session_name(user_id), re.ASCII)


def test_each_thread_names_its_own_fix() -> None:
    """A client that threads share adds the fix of the thread, and none outside of a write."""
    wire = Wire("us-east-1").on("PutAlternateContact", ok())
    client = wire.session.client("account", config=Config(retries={"total_max_attempts": 1}))
    observe_writes(client.meta.events)
    both_inside = threading.Barrier(2, timeout=30)

    def put(fix_id: int) -> None:
        with written_for(WriteOrigin(fix_id, "U1")):
            both_inside.wait()
            client.put_alternate_contact(
                AlternateContactType="SECURITY",
                Name=str(fix_id),
                Title="t",
                EmailAddress="s@example.com",
                PhoneNumber="1",
            )

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(put, (7, 8)))
    wire.on("GetAlternateContact", ok(AlternateContact={}))
    client.get_alternate_contact(AlternateContactType="SECURITY")
    sent = [agent.rpartition(" ")[2] for _, agent in wire.user_agents]
    assert sorted(sent[:2]) == ["altcontact-fix/7", "altcontact-fix/8"]
    assert [name for name, _ in wire.calls[:2]] == ["PutAlternateContact"] * 2
    named = {call["Name"]: agent for (_, call), agent in zip(wire.calls[:2], sent, strict=False)}
    assert named == {"7": "altcontact-fix/7", "8": "altcontact-fix/8"}
    assert "altcontact-fix" not in wire.user_agents[-1][1]


PAGE: Final = (Path(__file__).parents[3] / "docs/cloudtrail.md").read_text("utf-8")


def test_the_queries_of_the_docs_find_fix_and_person() -> None:
    """The expressions in docs/cloudtrail.md match what the bot sends, and nothing of others."""
    expressions = dict(
        re.findall(r"regexp_extract\((?:userAgent|\w+\.arn), '(.+?)', 1\) AS (\w+)", PAGE)
    )
    by_name = {name: expression for expression, name in expressions.items()}
    assert set(by_name) == {"fix", "person"}
    agent = "Boto3/1.44 md/Botocore#1.44 Botocore/1.44.5 altcontact-fix/123"
    assert re.findall(by_name["fix"], agent) == ["123"]
    assert not re.findall(by_name["fix"], "Boto3/1.44 Botocore/1.44.5")
    arn = f"arn:aws:sts::111122223333:assumed-role/altcontact/{session_name('U0123ABC')}"
    assert re.findall(by_name["person"], arn) == ["U0123ABC"]
    common = f"arn:aws:sts::111122223333:assumed-role/altcontact-prod/{session_name('')}"
    assert not re.findall(by_name["person"], common)


def test_the_queries_of_the_docs_read_columns_that_exist() -> None:
    """Those of the audit log's CSV."""
    [used] = re.findall(r"SELECT (.+?), min\(at\) AS at\s+FROM altcontact_audit", PAGE)
    out = io.StringIO()
    write_csv([], out, show_contacts=False)
    assert {*used.split(", "), "at"} <= set(out.getvalue().strip().split(","))


def test_a_write_that_may_not_be_sent_any_more_is_not_sent() -> None:
    """It is asked right before the request leaves; other requests don't matter."""
    wire = Wire("us-east-1").on("PutAlternateContact", ok())
    client = wire.session.client("account", config=Config(retries={"total_max_attempts": 1}))
    observe_writes(client.meta.events)

    def put() -> None:
        client.put_alternate_contact(
            AlternateContactType="SECURITY",
            Name="n",
            Title="t",
            EmailAddress="s@example.com",
            PhoneNumber="1",
        )

    may_send = [True, False]
    origin = WriteOrigin(7, "U1", may_send=lambda: may_send.pop(0))
    with written_for(origin):
        put()
        with pytest.raises(WriteNotSent) as refused:
            put()
    assert refused.value.failure.cause is FailureCode.NOT_REACHED
    assert not refused.value.maybe_done
    assert len(wire.asked("PutAlternateContact")) == 1
    put()
    assert len(wire.asked("PutAlternateContact")) == 2


def test_a_second_try_that_may_not_be_sent_leaves_the_first_in_doubt() -> None:
    """Whether AWS took the first try isn't known, so the write isn't certainly undone."""
    tries: list[GatewayError] = [
        GatewayError(failure(FailureCode.TIMED_OUT)),
        WriteNotSent(failure(FailureCode.NOT_REACHED)),
    ]

    def ask() -> None:
        raise tries.pop(0)

    with pytest.raises(WriteNotSent) as refused:
        ApiCaller(lambda _: None).call(Request("PutAlternateContact", "1" * 12), ask)
    assert refused.value.maybe_done
