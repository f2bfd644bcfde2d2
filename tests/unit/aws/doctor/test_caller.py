"""The doctor's look at who calls AWS, where the sandbox has no such caller; and what it pastes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

import pytest

from bot.aws.doctor import remedies
from bot.aws.doctor.caller import CallerChecks
from bot.aws.doctor.doctor_session import DoctorSession
from bot.aws.rate_limiter import LIST, RateLimiter
from bot.aws.retrying_calls import ApiCaller
from bot.domain.failures import FailureCode
from bot.domain.scope import ScopeKind
from bot.services.doctor import CheckResult, State

if TYPE_CHECKING:
    from bot.aws.sessions import Clients

OWN = "111122223333"


class FakeClients:
    """Clients that answer who calls and in which organization."""

    def __init__(self, arn: str, organization: dict[str, Any]) -> None:
        self.arn = arn
        self.organization = organization

    def sts(self) -> FakeClients:
        return self

    def organizations(self, _partition: str) -> FakeClients:
        return self

    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": OWN, "Arn": self.arn}

    def describe_organization(self) -> dict[str, Any]:
        return {"Organization": self.organization}


def run_checks(
    arn: str, organization: dict[str, Any] | None = None, wanted: ScopeKind | None = None
) -> list[CheckResult]:
    """The lines about the caller and its organization."""
    session = DoctorSession(ApiCaller(), RateLimiter(LIST), wanted)
    clients = cast("Clients", FakeClients(arn, organization or {}))
    looks = CallerChecks(session, clients)
    return [*looks.caller(), *looks.organization(), *looks.place()]


@pytest.mark.parametrize(
    ("arn", "words", "state"),
    [
        (f"arn:aws:sts::{OWN}:assumed-role/bot/jo@example.com", "role bot,", State.OK),
        (f"arn:aws:iam::{OWN}:user/jo", "an IAM user", State.OK),
        (f"arn:aws:iam::{OWN}:root", "the root user", State.WARNING),
        (f"arn:aws:sts::{OWN}:federated-user/jo", "of another kind", State.OK),
    ],
)
def test_callers(arn: str, words: str, state: State) -> None:
    """A role is named, and neither its session nor a user; the root user is warned of."""
    line = run_checks(arn)[0]
    assert words in line.message
    assert "jo" not in line.message
    assert line.state is state


def test_what_answers_is_not_aws() -> None:
    """An answer without an ARN, or without an organization, is reported."""
    first, second, _ = run_checks("nonsense")
    assert (first.state, second.state) == (State.FAILURE, State.NOT_TESTED)
    assert "doesn't seem to come from AWS" in first.message
    role = f"arn:aws:sts::{OWN}:assumed-role/bot/x"
    assert "doesn't seem to come from AWS" in run_checks(role)[1].message


def test_one_account_of_an_organization() -> None:
    """Where one account alone is wanted, it does not matter what it is to its organization."""
    role = f"arn:aws:sts::{OWN}:assumed-role/bot/x"
    organization = {"Id": "o-1", "MasterAccountId": "999988887777"}
    lines = run_checks(role, organization, ScopeKind.ACCOUNT)
    assert [line.state for line in lines] == [State.OK, State.OK]
    assert [line.state for line in run_checks(role, {}, ScopeKind.ACCOUNT)][1] is State.WARNING


@pytest.mark.parametrize("cause", FailureCode)
def test_what_is_pasted_holds_no_gap(cause: FailureCode) -> None:
    """Whatever is in the way, what is given to paste is whole, with a role or without."""
    for role in ("", "bot"):
        text = remedies.for_cause(cause, OWN, role)
        assert "None" not in text
        if text.startswith("{"):
            json.loads(text)
