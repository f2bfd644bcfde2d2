"""Every fault of every outside call: what the person sees, what is kept, and that it recovers.

One bot for all cells; each has an account and a person of its own. After each: the contact is in
AWS by a recorded fix, and the channel has no alert twice.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import pytest
from altcontact_sandbox.aws.seeds.demo import SECURITY_TEAM
from altcontact_sandbox.errors import SandboxError

from bot.app.clock import SystemClock
from bot.domain.fixes import FixState
from bot.store.store import SqliteStore
from tests.e2e.fault_world import FaultWorld
from tests.e2e.run_world import wait_struck
from tests.e2e.test_story import SHOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from altcontact_sandbox.aws.sandbox import AwsSandbox
    from altcontact_sandbox.slack.sandbox import SlackSandbox

    Seen = dict[str, Any]
    Cell = Callable[[FaultWorld, str], None]

FAULTS: Final = ("throttle", "500", "reset", "hang", "garbage", "denied", "expired")
"""`expired` are AWS's credentials, and in Slack a token that was revoked. Each call can fail in
each of these ways; what a database does is in `test_fault_matrix_databases.py`."""

IN_AWS: Final = {
    "throttle": "throttle",
    "500": "error",
    "reset": "close",
    "hang": "hang",
    "garbage": "html",
    "expired": "expire",
}
"""The sandbox's fault for each; `denied` is a denial by IAM."""

AWS_SAYS: Final = {
    "throttle": "AWS kept throttling requests",
    "500": "AWS had an internal error",
    "reset": "Couldn't reach the AWS endpoint",
    "hang": "AWS didn't respond in time",
    "garbage": "doesn't seem to come from AWS",
    "denied": "permission",
    "expired": "credentials have expired",
}

IN_SLACK: Final[dict[str, Seen]] = {
    "throttle": {"kind": "ratelimited", "seconds": 1},
    "500": {"kind": "error"},
    "reset": {"kind": "close"},
    "hang": {"kind": "hang", "seconds": 15},
    "garbage": {"kind": "html"},
    "denied": {"kind": "refused", "code": "restricted_action"},
    "expired": {"kind": "refused", "code": "token_revoked"},
}

SLACK_SAYS: Final = {
    "throttle": r"asks the bot to wait|is throttling the bot's requests",
    "500": "internal error",
    "reset": "connection broke off",
    "hang": "no answer came in time",
    "garbage": "doesn't seem to come from Slack",
    "denied": "workspace setting",
    "expired": "token",
}

NEEDED: Final = 9 * len(FAULTS) + 1
"""Accounts: one for each cell, and one for credentials that were replaced."""

LASTING: Final = frozenset({"denied", "expired"})
"""The faults of Slack that last until a person does something."""

DOUBTFUL: Final = frozenset({"500", "reset", "hang", "garbage"})
"""The faults after which a write may have been carried out."""


@pytest.fixture(scope="module")
def world(
    tmp_path_factory: pytest.TempPathFactory, slack_server: SlackSandbox, aws_server: AwsSandbox
) -> Iterator[FaultWorld]:
    """The one bot."""
    path = tmp_path_factory.mktemp("matrix") / "bot.db"
    with pytest.MonkeyPatch.context() as patch, SqliteStore(path, SystemClock()) as store:
        made = FaultWorld(slack_server, aws_server, store, patch, NEEDED)
        made.start()
        try:
            yield made
        finally:
            made.stop()


def strike(world: FaultWorld, fault: str, operation: str, account_id: str | None = None) -> None:
    """Let AWS fail so at an operation, until everything is cleared."""
    if fault == "denied":
        service = "sts" if operation == "AssumeRole" else "account"
        service = "organizations" if operation == "ListAccounts" else service
        world.aws.deny(f"{service}:{operation}", account_id)
    else:
        count = 1 if fault == "expired" else None
        world.aws.fault(IN_AWS[fault], operation, account_id=account_id, count=count)


def lift(world: FaultWorld, fault: str) -> None:
    """Let everything work again; credentials that expired are new."""
    world.clear()
    if fault == "expired":
        world.lead_to_aws()


def text_of(seen: object) -> str:
    """All that a person reads in a message or a window."""
    if isinstance(seen, dict):
        own = [seen["text"]] if isinstance(seen.get("text"), str) else []
        return " ".join([*own, *(text_of(value) for value in seen.values())])
    return " ".join(map(text_of, seen)) if isinstance(seen, list) else ""


def result_in(world: FaultWorld, user: str) -> str:
    """The result of a submission, in the window."""
    pattern = re.compile(
        r"white_check_mark|hourglass:|warning|:x:|grey_question|Saved and verified"
    )
    return text_of(world.slack.wait_view(lambda view: bool(pattern.search(str(view))), user))


def window_of(world: FaultWorld, account_id: str, user: str) -> dict[str, Any]:
    """What the person's command shows; on a machine that stalls, what its repetition shows."""
    words = (SHOWN, "already", "compliant")
    for _ in range(3):
        world.slack.command(f"/altcontact fix {account_id}", user=user)
        with suppress(SandboxError):
            return world.slack.wait_view(
                lambda view: any(word in str(view) for word in words), user, timeout=30.0
            )
    pytest.fail(f"No window for {account_id} after three commands")


def fix_again(world: FaultWorld, fault: str, account_id: str, user: str) -> None:
    """After the fault: the person tries again, and AWS has the contact, once, on record."""
    lift(world, fault)
    world.slack.close(user)
    shown = window_of(world, account_id, user)
    if SHOWN in str(shown):
        world.submit(user)
        world.slack.wait_view(
            lambda view: "Saved and verified" in str(view) or "already had" in str(view), user
        )
    assert world.fix_of(account_id).state is FixState.CONFIRMED
    is_kept(world, account_id)


def is_kept(world: FaultWorld, account_id: str) -> None:
    """The contact is in AWS, each write of it by a fix on record."""
    assert world.aws.contact(account_id, "SECURITY") is not None
    writes = world.applied(account_id)
    assert writes
    for write in writes:
        number = re.search(r"altcontact-fix/(\d+)", str(write))
        assert number is not None, write
        assert world.store.fixes.get(int(number[1])) is not None


def list_(world: FaultWorld, fault: str) -> None:
    """The check fails as a whole; findings stay; the next check goes through."""
    account_id, _, user = world.next_cell()
    strike(world, fault, "ListAccounts")
    told = text_of(world.check(user))
    assert AWS_SAYS[fault] in told
    assert "point_right" in told
    assert "Cell 0" in told  # what was found before is still shown
    assert world.store.findings.unresolved(account_id)
    lift(world, fault)
    world.slack.command("/altcontact check", user=user)
    world.slack.wait_private(
        lambda seen: "need attention" in seen["text"] and "Incomplete" not in seen["text"], user
    )


def read(world: FaultWorld, fault: str) -> None:
    """The account is shown as unchecked; its finding stays; checked again, it is known."""
    account_id, name, user = world.next_cell()
    strike(world, fault, "GetAlternateContact", account_id)
    world.slack.command(f"/altcontact check {account_id}", user=user)
    told = text_of(world.slack.wait_private(name, user))
    assert "Couldn't be checked" in told
    assert AWS_SAYS[fault] in told
    assert "point_right" in told
    assert world.store.findings.unresolved(account_id)
    lift(world, fault)
    world.slack.command(f"/altcontact check {account_id}", user=user)
    world.slack.wait_private(
        lambda seen: name in str(seen) and "Couldn't be checked" not in text_of(seen), user
    )


def write(world: FaultWorld, fault: str) -> None:
    """The form says whether AWS may have taken it, and why it failed; then it is saved once."""
    account_id, name, user = world.next_cell()
    world.open_form(account_id, user)
    strike(world, fault, "PutAlternateContact", account_id)
    world.submit(user)
    told = result_in(world, user)
    assert name in told
    assert AWS_SAYS[fault] in told
    assert "point_right" in told
    assert ("may have been saved" in told) == (fault in DOUBTFUL)
    fix = world.fix_of(account_id)
    assert fix.state is FixState.FAILED
    assert (fix.in_doubt_since is not None) == (fault in DOUBTFUL)
    fix_again(world, fault, account_id, user)


def read_back(world: FaultWorld, fault: str) -> None:
    """Saved, but not verified, and why; it is verified without anybody's doing."""
    account_id, name, user = world.next_cell()
    world.open_form(account_id, user)
    # While the write is on its way, reading stops to work.
    hang = world.aws.fault("hang", "PutAlternateContact", account_id=account_id)
    world.submit_in_background(user)
    wait_struck(world.aws, hang)
    strike(world, fault, "GetAlternateContact", account_id)
    world.aws.clear_faults(hang)
    told = result_in(world, user)
    assert name in told
    assert "not verified yet" in told
    assert AWS_SAYS[fault] in told
    assert world.fix_of(account_id).state is FixState.APPLIED
    lift(world, fault)
    world.bot.fix_recovery.look()  # the next of its rounds
    world.slack.wait_message(lambda seen: name in str(seen) and f"<@{user}>" in str(seen))
    world.wait_state(account_id, FixState.CONFIRMED)
    is_kept(world, account_id)


def assume(world: FaultWorld, fault: str) -> None:
    """The role can't be assumed: certainly nothing was written, and the role is named."""
    account_id, name, user = world.next_cell()
    world.open_form(account_id, user)
    strike(world, fault, "AssumeRole")
    world.submit(user)
    told = result_in(world, user)
    assert name in told
    assert "Couldn't assume the role arn:aws:iam::" in told
    assert (AWS_SAYS[fault] if fault != "denied" else "AWS denied it") in told
    assert "may have been saved" not in told
    assert "point_right" in told
    fix = world.fix_of(account_id)
    assert (fix.state, fix.in_doubt_since) == (FixState.FAILED, None)
    assert world.applied(account_id) == []
    fix_again(world, fault, account_id, user)


def post(world: FaultWorld, fault: str) -> None:
    """The alert waits, which help says where a person has to act; then it is posted once."""
    account_id, name, user = world.next_cell()
    world.aws.set_contact(account_id, "SECURITY", SECURITY_TEAM)
    world.check(user)
    world.aws.delete_contact(account_id, "SECURITY")
    lasting = fault in LASTING
    world.slack.fault("chat.postMessage", count=1000 if lasting else 1, **IN_SLACK[fault])
    world.check(user)
    if lasting:
        world.wait_waiting()
        world.slack.command("/altcontact help", user=user)
        told = text_of(world.slack.wait_private("to be posted since", user))
        assert re.search(SLACK_SAYS[fault], told)
        lift(world, fault)
        world.bot.announcer.retry()
    alert = "1 account has no security contact"
    world.slack.wait_message(lambda seen: name in str(seen) and alert in seen["text"])
    found = [m for m in world.slack.messages() if name in str(m) and alert in m["text"]]
    assert len(found) == 1


def update(world: FaultWorld, fault: str) -> None:
    """The fix is saved and told whatever happens to the alert, which is updated later, in place."""
    account_id, name, user = world.next_cell()
    before, failed = world.alerts(), world.failed["chat.update"]
    lasting = fault in LASTING
    world.slack.fault("chat.update", count=1000 if lasting else 1, **IN_SLACK[fault])
    world.open_form(account_id, user)
    world.submit(user)
    assert "Saved and verified" in result_in(world, user)
    is_kept(world, account_id)
    if lasting:
        world.wait_failed("chat.update", failed)
        lift(world, fault)
        world.bot.announcer.retry()
    world.slack.wait_message(lambda seen: name in str(seen) and f"<@{user}>" in str(seen))
    world.wait_announced()
    after = world.alerts()
    assert [each["ts"] for each in after] == [each["ts"] for each in before]
    assert text_of(after) != text_of(before)


def open_(world: FaultWorld, fault: str) -> None:
    """The person learns why no window opens, and what to do; then it opens."""
    account_id, _, user = world.next_cell()
    world.slack.fault("views.open", count=1000, **IN_SLACK[fault])
    world.slack.command(f"/altcontact fix {account_id}", user=user)
    told = text_of(world.slack.wait_private("point_right", user))
    assert re.search(SLACK_SAYS[fault], told)
    assert world.slack.view(user) is None
    lift(world, fault)
    world.open_form(account_id, user)


def users(world: FaultWorld, fault: str) -> None:
    """Nobody is let in while Slack doesn't say who they are; the person learns why."""
    account_id, _, user = world.next_cell()
    world.slack.fault("users.info", count=1000, **IN_SLACK[fault])
    world.slack.command(f"/altcontact fix {account_id}", user=user)
    told = text_of(world.slack.wait_private("point_right", user))
    assert re.search(SLACK_SAYS[fault], told)
    assert world.store.fixes.newest(account_id, world.security) is None
    lift(world, fault)
    world.open_form(account_id, user)


CELLS: Final[dict[str, Cell]] = {
    "list": list_,
    "read": read,
    "write": write,
    "read-back": read_back,
    "assume": assume,
    "post": post,
    "update": update,
    "open": open_,
    "users": users,
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("call", CELLS)
def test_cell(world: FaultWorld, call: str, fault: str) -> None:
    """One fault of one outside call."""
    try:
        CELLS[call](world, fault)
    finally:
        lift(world, fault)
    assert sum("accounts had no security contact" in m["text"] for m in world.alerts()) <= 1


def test_credentials_that_were_replaced_are_taken_unnoticed(world: FaultWorld) -> None:
    """The first form, and the first write, after the old ones expired go through."""
    account_id, _, user = world.next_cell()
    world.lead_to_aws()
    world.open_form(account_id, user)
    world.lead_to_aws()
    world.submit(user)
    assert "Saved and verified" in result_in(world, user)
    is_kept(world, account_id)
