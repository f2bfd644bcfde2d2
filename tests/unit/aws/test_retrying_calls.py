"""One call: made once more with other credentials if AWS refuses those in use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from bot.aws.access_denied import Request
from bot.aws.retrying_calls import ApiCaller
from bot.aws.sessions import Clients
from bot.domain.errors import GatewayError, WriteNotSent
from bot.domain.failures import FailureCode, failure

if TYPE_CHECKING:
    from collections.abc import Callable

WRITE = Request("PutAlternateContact", "1" * 12)
EXPIRED = ClientError(
    {
        "Error": {"Code": "ExpiredTokenException", "Message": ""},
        "ResponseMetadata": {
            "HTTPStatusCode": 403,
            "RequestId": "",
            "HostId": "",
            "HTTPHeaders": {},
            "RetryAttempts": 0,
        },
    },
    "PutAlternateContact",
)
LOST = ReadTimeoutError(endpoint_url="https://account.us-east-1.amazonaws.com")


def asking(*ends: Exception) -> Callable[[], str]:
    """A call that ends so, one try after the other, and then succeeds."""
    left = list(ends)

    def ask() -> str:
        if left:
            raise left.pop(0)
        return "done"

    return ask


@pytest.fixture
def clients() -> Clients:
    """The clients whose credentials are renewed."""
    return Clients(1)


@pytest.fixture
def calls(clients: Clients) -> ApiCaller:
    """Calls with these credentials."""
    return ApiCaller(lambda _: None, credentials=clients)


def test_it_is_made_again_with_renewed_credentials(clients: Clients) -> None:
    """Once; without waiting, since waiting makes no credentials better."""
    pauses: list[float] = []
    calls = ApiCaller(pauses.append, credentials=clients)
    assert calls.call(WRITE, asking(EXPIRED)) == "done"
    assert pauses == [0.0]
    assert clients.generation == 1


def test_the_same_refusal_again_is_the_answer(calls: ApiCaller, clients: Clients) -> None:
    """There are no better credentials; the next call looks for them again."""
    with pytest.raises(GatewayError) as caught:
        calls.call(WRITE, asking(EXPIRED, EXPIRED))
    assert caught.value.failure.cause is FailureCode.CREDENTIALS_EXPIRED
    assert not caught.value.maybe_done
    assert clients.generation == 2


def test_a_lost_answer_before_stays_in_doubt(calls: ApiCaller) -> None:
    """A refusal says nothing about the try before it."""
    with pytest.raises(GatewayError) as caught:
        calls.call(WRITE, asking(LOST, EXPIRED, EXPIRED))
    assert caught.value.maybe_done


def test_what_may_not_be_sent_any_more_ends_it(calls: ApiCaller) -> None:
    """The write was refused before, so it certainly has not happened."""
    late = WriteNotSent(failure(FailureCode.NOT_REACHED))
    with pytest.raises(WriteNotSent) as caught:
        calls.call(WRITE, asking(EXPIRED, late))
    assert not caught.value.maybe_done


def test_many_refusals_at_once_need_one_renewal(clients: Clients) -> None:
    """Otherwise each of thirty-two threads would assume the role again."""
    known = clients.generation
    for _ in range(32):
        clients.renew(known)
    assert clients.generation == 1


def test_without_a_way_to_renew_the_first_refusal_counts() -> None:
    """As for credentials that somebody else holds."""
    with pytest.raises(GatewayError):
        ApiCaller(lambda _: None).call(WRITE, asking(EXPIRED))
