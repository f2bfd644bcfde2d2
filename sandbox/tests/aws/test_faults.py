"""The sandbox's AWS under load and in trouble: quotas, latency, faults and counters."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from altcontact_sandbox.aws.organizations.identity import Identity
from altcontact_sandbox.aws.protocol.messages import Call, Refusal
from altcontact_sandbox.aws.sandbox import AwsSandbox
from altcontact_sandbox.aws.seeds.demo import SECURITY_TEAM, to_aws
from altcontact_sandbox.aws.state.quotas import Quotas
from altcontact_sandbox.aws.sts.callers import callers
from altcontact_sandbox.errors import SandboxError
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from sandbox.tests.aws.fixtures import Connect

SECURITY = {"AlternateContactType": "SECURITY"}
MEMBER = {**SECURITY, "AccountId": "444444444444"}
CONTACT = to_aws(SECURITY_TEAM)


def _code(call: Callable[..., object], **params: object) -> str:
    try:
        call(**(params or SECURITY))
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "ok"


_THROTTLED = "TooManyRequestsException"


class _Clock:
    """A clock that goes when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def _allowed(quotas: Quotas, caller: str, operation: str, calls: int) -> int:
    call = Call("account", operation, {})
    for allowed in range(calls):
        try:
            quotas.take(callers(Identity())[caller], call)
        except Refusal:
            return allowed
    return calls


@pytest.mark.parametrize(
    ("caller", "operation", "rate", "burst"),
    [
        ("management", "GetAlternateContact", 10, 15),
        ("management", "PutAlternateContact", 5, 8),
        ("management", "DeleteAlternateContact", 1, 6),
        ("china", "GetAlternateContact", 3, 5),
        ("china", "PutAlternateContact", 1, 6),
    ],
)
def test_the_quotas_are_those_that_aws_publishes(
    caller: str, operation: str, rate: int, burst: int
) -> None:
    """A burst passes at once, then the rate; other accounts and operations are not touched."""
    clock = _Clock()
    quotas = Quotas(clock)
    assert _allowed(quotas, caller, operation, 100) == burst
    clock.now += 1
    assert _allowed(quotas, caller, operation, 100) == rate
    clock.now += 3600
    assert _allowed(quotas, caller, operation, 100) == burst
    assert _allowed(quotas, "member", operation, 1) == 1
    assert _allowed(quotas, caller, "DescribeOrganization", 1000) == 1000


def test_calls_over_the_quota_are_throttled_and_counted(aws: AwsSandbox, connect: Connect) -> None:
    """Over the quota every service throttles, and the counters say how often."""
    aws.quota("GetAlternateContact", rate=0.001, burst=2)
    aws.quota("ListAccounts", rate=0.001, burst=1)
    client = connect("account")
    codes = [_code(client.get_alternate_contact) for _ in range(5)]
    assert codes == ["ResourceNotFoundException"] * 2 + ["TooManyRequestsException"] * 3
    listing = connect("organizations")
    listing.list_accounts()
    with pytest.raises(listing.exceptions.TooManyRequestsException) as raised:
        listing.list_accounts()
    assert raised.value.response["Type"] == "RATE_LIMIT"
    stats = aws.stats()
    counts = stats["operations"]["GetAlternateContact"]
    assert (counts["calls"], counts["throttled"]) == (5, 3)
    assert counts["codes"] == Counter(codes)
    assert 0 < counts["first"] < counts["last"]
    assert (stats["calls"], stats["throttled"]) == (7, 4)
    aws.quotas(on=False)
    assert _code(client.get_alternate_contact) == "ResourceNotFoundException"
    aws.reset_stats()
    assert aws.stats()["calls"] == 0


def test_latency_is_added_to_every_call(aws: AwsSandbox, connect: Connect) -> None:
    """A client that does not wait as long as the latency gets no answer."""
    client = connect("account", read_timeout=0.2)
    assert _code(client.get_alternate_contact) == "ResourceNotFoundException"
    aws.latency(60_000)
    with pytest.raises(ReadTimeoutError):
        client.get_alternate_contact(**SECURITY)


@pytest.mark.parametrize(
    ("service", "operation", "codes"),
    [
        ("account", "get_alternate_contact", (_THROTTLED, "InternalServerException")),
        ("organizations", "list_accounts", (_THROTTLED, "ServiceException")),
        ("sts", "get_caller_identity", ("Throttling", "InternalFailure")),
    ],
)
def test_throttling_and_internal_errors_on_demand(
    aws: AwsSandbox, connect: Connect, service: str, operation: str, codes: tuple[str, str]
) -> None:
    """A throttle and a 500 strike the next call each, in the words of the service."""
    aws.fault("throttle", count=1)
    aws.fault("error", count=1)
    call = getattr(connect(service), operation)
    found = []
    for _ in range(2):
        with pytest.raises(ClientError) as raised:
            call(**(SECURITY if service == "account" else {}))
        found.append(raised.value.response["Error"]["Code"])
    assert tuple(found) == codes


def test_a_proxys_page_comes_with_status_200(aws: AwsSandbox, connect: Connect) -> None:
    """The HTML fault looks like success, and holds no contact."""
    aws.fault("html", "GetAlternateContact", count=1)
    answer = connect("account").get_alternate_contact(**SECURITY)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert "text/html" in answer["ResponseMetadata"]["HTTPHeaders"]["content-type"]
    assert "AlternateContact" not in answer


def test_a_connection_is_closed_without_an_answer(aws: AwsSandbox, connect: Connect) -> None:
    """A closed connection did nothing; the next call works."""
    aws.fault("close", "PutAlternateContact", count=1)
    client = connect("account")
    with pytest.raises(ConnectionClosedError):
        client.put_alternate_contact(**SECURITY, **CONTACT)
    assert aws.contact("111111111111", "SECURITY") is None
    assert _code(client.get_alternate_contact) == "ResourceNotFoundException"
    assert aws.stats()["operations"]["PutAlternateContact"]["codes"] == {"close": 1}


def test_a_write_whose_answer_is_lost_is_done(aws: AwsSandbox, connect: Connect) -> None:
    """The lost answer looks like a closed connection, but the contact is written."""
    aws.fault("lost_answer", "PutAlternateContact", count=1)
    with pytest.raises(ConnectionClosedError):
        connect("account").put_alternate_contact(**SECURITY, **CONTACT)
    assert aws.contact("111111111111", "SECURITY") == SECURITY_TEAM
    [write] = aws.stats()["writes"]
    assert write["operation"] == "PutAlternateContact"
    assert write["account_id"] == "111111111111"
    assert write["contact_type"] == "SECURITY"


def test_credentials_expire_in_the_middle(aws: AwsSandbox, connect: Connect) -> None:
    """After some calls the credentials expire, for every call and service from then on."""
    aws.fault("expire", "GetAlternateContact", after=2, count=1)
    client = connect("account")
    codes = [_code(client.get_alternate_contact) for _ in range(4)]
    assert codes == ["ResourceNotFoundException"] * 2 + ["ExpiredTokenException"] * 2
    with pytest.raises(ClientError, match="ExpiredToken"):
        connect("sts").get_caller_identity()


def test_an_expiry_strikes_no_stranger(aws: AwsSandbox, connect: Connect) -> None:
    """Credentials that are not known are refused as such, expiry fault or not."""
    aws.fault("expire")
    client = connect("sts")
    client._request_signer._credentials.access_key = "AKIAUNKNOWNUNKNOWN00"
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        client.get_caller_identity()


def test_a_hanging_call_goes_on_when_released(aws: AwsSandbox, connect: Connect) -> None:
    """A call hangs until its fault is cleared, and is answered then."""
    fault_id = aws.fault("hang", "GetAlternateContact")
    with ThreadPoolExecutor(1) as pool:
        hanging: Future[str] = pool.submit(_code, connect("account").get_alternate_contact)
        while not aws.faults()[0]["struck"]:
            assert not hanging.done()
        assert aws.stats()["operations"]["GetAlternateContact"]["most_at_once"] == 1
        aws.clear_faults(fault_id)
        assert hanging.result(timeout=60) == "ResourceNotFoundException"
    assert aws.faults() == []


def test_a_hanging_call_is_answered_when_its_time_is_up(aws: AwsSandbox, connect: Connect) -> None:
    """A hang with a length ends by itself."""
    aws.fault("hang", seconds=0.01)
    assert _code(connect("account").get_alternate_contact) == "ResourceNotFoundException"


def test_stopping_releases_what_hangs(connect: Connect) -> None:
    """A sandbox that is stopped lets hanging calls end, and ends itself."""
    with AwsSandbox() as sandbox, ThreadPoolExecutor(1) as pool:
        sandbox.fault("hang")
        control = connect("sts")
        control.meta.events.register(
            "before-send",
            lambda request, **_: setattr(
                request, "url", request.url.replace(control.meta.endpoint_url, sandbox.url)
            ),
        )
        hanging = pool.submit(control.get_caller_identity)
        while not sandbox.faults()[0]["struck"]:
            assert not hanging.done()
        sandbox.stop()
        assert hanging.result(timeout=60)["Account"] == "111111111111"


def test_a_fault_strikes_only_what_it_matches(aws: AwsSandbox, connect: Connect) -> None:
    """Operation, account and type narrow a fault down; clearing one leaves the others."""
    by_type = aws.fault("throttle", contact_type="BILLING")
    by_account = aws.fault("error", "GetAlternateContact", account_id="444444444444")
    client = connect("account")
    assert _code(client.get_alternate_contact) == "ResourceNotFoundException"
    assert _code(client.get_alternate_contact, AlternateContactType="BILLING") == (
        "TooManyRequestsException"
    )
    assert _code(client.get_alternate_contact, **MEMBER) == "InternalServerException"
    assert _code(client.put_alternate_contact, **MEMBER, **CONTACT) == "ok"
    aws.clear_faults(by_account)
    assert _code(client.get_alternate_contact, **MEMBER) == "ok"
    assert [fault["id"] for fault in aws.faults()] == [by_type]
    aws.clear_faults(by_account)
    with pytest.raises(SandboxError):
        aws.fault("earthquake")
