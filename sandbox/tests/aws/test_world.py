"""The sandbox's AWS as a page watches it: everything at once, and woken by each change."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from altcontact_sandbox.aws.client.client import AwsControl
from altcontact_sandbox.aws.sandbox import AwsSandbox
from altcontact_sandbox.aws.seeds.demo import SECURITY_TEAM, to_aws
from botocore.exceptions import ClientError

from sandbox.tests.aws.fixtures import Connect

MEMBER = "444444444444"
TARGET = {"AccountId": MEMBER, "AlternateContactType": "SECURITY"}
CONTACT = to_aws(SECURITY_TEAM)


@pytest.fixture
def watching() -> Iterator[ThreadPoolExecutor]:
    """Threads that wait for a change while a test makes it."""
    with ThreadPoolExecutor(2) as pool:
        yield pool


def _watch(aws: AwsSandbox, pool: ThreadPoolExecutor) -> Future[dict[str, Any]]:
    # Another client of the same address, as the page's server is.
    return pool.submit(AwsControl(aws.url).world, aws.world()["changes"], 30)


def _account(world: dict[str, Any], account_id: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in world["accounts"] if each["id"] == account_id)
    return found


def test_the_world_shows_every_account_with_its_contacts(aws: AwsSandbox) -> None:
    """Each account comes with its contacts as they are held, beside all that is set."""
    aws.set_contact(MEMBER, "SECURITY", SECURITY_TEAM)
    aws.deny("*", by="scp")
    aws.expire("member")
    world = aws.world()
    assert [each["management"] for each in world["accounts"]] == [True, False, False, False]
    assert _account(world, MEMBER) == {
        "id": MEMBER,
        "name": "Workload",
        "state": "ACTIVE",
        "email": f"root+{MEMBER}@example.com",
        "management": False,
        "contacts": {"SECURITY": CONTACT, "BILLING": None, "OPERATIONS": None},
        "delayed": [],
    }
    settings = world["settings"]
    assert settings["trusted_access"] is True
    assert settings["denials"] == [{"action": "*", "by": "scp", "account_id": None}]
    assert settings["expired"] == ["member"]
    assert settings["faults"] == []


def test_a_write_of_the_bot_wakes_who_watches(
    aws: AwsSandbox, connect: Connect, watching: ThreadPoolExecutor
) -> None:
    """A contact that is put through the API shows to whoever waits for a change."""
    seen = _watch(aws, watching)
    connect("account").put_alternate_contact(**TARGET, **CONTACT)
    assert _account(seen.result(), MEMBER)["contacts"]["SECURITY"] == CONTACT


def test_a_change_by_the_control_interface_wakes_who_watches(
    aws: AwsSandbox, watching: ThreadPoolExecutor
) -> None:
    """A setting that is turned shows to whoever waits for a change."""
    seen = _watch(aws, watching)
    aws.trusted_access(on=False)
    assert seen.result()["settings"]["trusted_access"] is False


def test_reading_wakes_nobody(aws: AwsSandbox, connect: Connect) -> None:
    """Calls that only read, and the counters, leave the count of changes as it was."""
    before = aws.world()["changes"]
    connect("organizations").list_accounts()
    with pytest.raises(ClientError, match="ResourceNotFound"):
        connect("account").get_alternate_contact(**TARGET)
    aws.reset_stats()
    aws.state()
    assert aws.world(before, 0)["changes"] == before


def test_a_write_that_does_not_show_yet_is_delayed_until_it_does(
    aws: AwsSandbox, connect: Connect
) -> None:
    """A type is delayed while it reads as before its write; the end of that is a change too."""
    aws.delay(1)
    connect("account").put_alternate_contact(**TARGET, **CONTACT)
    world = aws.world()
    assert _account(world, MEMBER)["delayed"] == ["SECURITY"]
    assert _account(world, MEMBER)["contacts"]["SECURITY"] == CONTACT
    assert _account(aws.world(world["changes"], 30), MEMBER)["delayed"] == []


def test_a_fault_that_strikes_shows(aws: AwsSandbox, connect: Connect) -> None:
    """How many calls a fault has struck is part of what is watched."""
    aws.fault("error", "ListAccounts")
    before = aws.world()["changes"]
    with pytest.raises(ClientError):
        connect("organizations").list_accounts()
    world = aws.world(before, 30)
    assert world["changes"] > before
    assert world["settings"]["faults"][0]["struck"] == 1
