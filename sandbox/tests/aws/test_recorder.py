"""The sandbox's AWS as seen on the wire, and when it is down, busy, or tells another time."""

import json
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest
from altcontact_sandbox.aws.protocol.messages import Call
from altcontact_sandbox.aws.sandbox import AwsSandbox
from altcontact_sandbox.aws.seeds.demo import SECURITY_TEAM, to_aws
from altcontact_sandbox.aws.state.recorder import MAX_ENTRIES, Recorder
from altcontact_sandbox.errors import SandboxError
from botocore.exceptions import ClientError, ConnectionClosedError

from sandbox.tests.aws.fixtures import Connect

MEMBER = "444444444444"
TARGET = {"AccountId": MEMBER, "AlternateContactType": "SECURITY"}
CONTACT = to_aws(SECURITY_TEAM)


def _refusal(call: Callable[..., object], **params: object) -> dict[str, Any]:
    with pytest.raises(ClientError) as raised:
        call(**params)
    return {**raised.value.response}


def _entries(aws: AwsSandbox, since: int) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = aws.wire(since)["entries"]
    return entries


def test_each_call_is_recorded_as_it_was_sent_and_answered(
    aws: AwsSandbox, connect: Connect
) -> None:
    """A call is recorded with who made it, what was sent and answered, and how long it took."""
    before = aws.wire()["last"]
    client = connect("account", "delegated")
    started = time.time()
    client.put_alternate_contact(**TARGET, **CONTACT)
    ended = time.time()
    client.get_alternate_contact(**TARGET)
    connect("sts").get_caller_identity()
    put, get, identity = _entries(aws, before)
    assert put["number"] == before + 1
    assert put["name"] == "account:PutAlternateContact"
    assert put["kind"] == "aws"
    assert put["sent"] == {**TARGET, **CONTACT}
    assert put["answered"] == {}
    assert (put["ok"], put["status"]) == (True, "ok")
    assert (put["caller"], put["account"]) == ("delegated", MEMBER)
    assert put["milliseconds"] > 0
    assert started <= put["at"] <= ended
    assert get["answered"]["AlternateContact"]["Name"] == SECURITY_TEAM.name
    assert identity["name"] == "sts:GetCallerIdentity"
    assert identity["account"] == "111111111111"


def test_refusals_and_faults_are_recorded_by_their_names(aws: AwsSandbox, connect: Connect) -> None:
    """A refused call is recorded with AWS's code, a call that a fault struck with its kind."""
    before = aws.wire()["last"]
    client = connect("account")
    _refusal(client.get_alternate_contact, **TARGET)
    aws.fault("close", count=1)
    aws.fault("html", count=1)
    with pytest.raises(ConnectionClosedError):
        client.get_alternate_contact(**TARGET)
    with pytest.raises(KeyError):  # how botocore trips over such a page
        connect("sts").get_caller_identity()
    missing, closed, page = _entries(aws, before)
    assert missing["status"] == missing["answered"]["code"] == "ResourceNotFoundException"
    assert "No contact" in missing["answered"]["message"]
    assert (closed["ok"], closed["status"], closed["answered"]) == (False, "close", {})
    assert (page["ok"], page["status"]) == (False, "html")


def test_no_credentials_are_recorded(aws: AwsSandbox, connect: Connect) -> None:
    """Neither keys, secrets and tokens of the caller nor those in a call are on record."""
    before = aws.wire()["last"]
    connect("account").put_alternate_contact(**TARGET, **CONTACT)
    form = {"Action": "AssumeRoleWithWebIdentity", "WebIdentityToken": "a token"}
    httpx.post(aws.url, data=form)
    entries = _entries(aws, before)
    text = json.dumps(entries)
    assert entries[1]["sent"] == {"Action": "AssumeRoleWithWebIdentity"}
    assert entries[1]["caller"] == ""
    credentials = aws.environment("management")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        assert credentials[name] not in text


def test_the_record_holds_the_last_thousand_and_knows_which_are_new() -> None:
    """Of many calls the last are kept; a number that was never given out gives all of them."""
    recorder = Recorder()
    for number in range(MAX_ENTRIES + 5):
        recorder.record(Call("sts", "GetCallerIdentity", {"n": number}), None, "ok", {}, 0.1)
    everything = recorder.after(0)
    assert everything["last"] == MAX_ENTRIES + 5
    assert [each["number"] for each in everything["entries"]] == list(range(6, MAX_ENTRIES + 6))
    assert [each["number"] for each in recorder.after(MAX_ENTRIES + 4)["entries"]] == [
        MAX_ENTRIES + 5
    ]
    assert recorder.after(MAX_ENTRIES + 5)["entries"] == []
    assert recorder.after(10**9) == everything


def _refusals(connect: Connect) -> dict[str, dict[str, Any]]:
    """How each service refuses a call."""
    calls: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("sts", "get_caller_identity", {}),
        ("organizations", "list_accounts", {}),
        ("account", "get_alternate_contact", TARGET),
    )
    return {
        service: _refusal(getattr(connect(service), operation), **params)
        for service, operation, params in calls
    }


def test_an_outage_answers_every_call_with_a_page(aws: AwsSandbox, connect: Connect) -> None:
    """While AWS is down every service answers 503, which botocore takes for a server's fault."""
    aws.outage(on=True)
    for refusal in _refusals(connect).values():
        assert refusal["ResponseMetadata"]["HTTPStatusCode"] == 503
        assert refusal["Error"]["Code"] == "503"
    assert aws.wire()["entries"][-1]["status"] == "outage"
    aws.outage(on=False)
    connect("sts").get_caller_identity()


def test_throttling_strikes_all_but_sts(aws: AwsSandbox, connect: Connect) -> None:
    """Account Management and Organizations throttle every call; who one is can still be asked."""
    aws.throttling(on=True)
    account = _refusal(connect("account").get_alternate_contact, **TARGET)
    organizations = _refusal(connect("organizations").describe_organization)
    assert account["Error"]["Code"] == "TooManyRequestsException"
    assert account["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert organizations["Error"]["Code"] == "TooManyRequestsException"
    connect("sts").get_caller_identity()


def test_consolidated_billing_alone_reaches_no_member(aws: AwsSandbox, connect: Connect) -> None:
    """Without all features members are out of reach, and nothing is trusted or delegated."""
    aws.all_features(on=False)
    client = connect("organizations")
    assert client.describe_organization()["Organization"]["FeatureSet"] == "CONSOLIDATED_BILLING"
    assert client.list_aws_service_access_for_organization()["EnabledServicePrincipals"] == []
    assert client.list_delegated_administrators()["DelegatedAdministrators"] == []
    for caller in ("management", "delegated"):
        refusal = _refusal(connect("account", caller).get_alternate_contact, **TARGET)
        assert refusal["Error"]["Code"] == "AccessDeniedException"
    own = _refusal(connect("account").get_alternate_contact, AlternateContactType="SECURITY")
    assert own["Error"]["Code"] == "ResourceNotFoundException"
    aws.all_features(on=True)
    assert client.describe_organization()["Organization"]["FeatureSet"] == "ALL"


@pytest.mark.parametrize(
    ("seconds", "words"), [(600, "Signature expired: "), (-600, "Signature not yet current: ")]
)
def test_a_clock_that_is_off_makes_signatures_void(
    aws: AwsSandbox, connect: Connect, seconds: float, words: str
) -> None:
    """Beyond five minutes each service refuses the signature, and its answers tell its own time."""
    aws.clock_skew(seconds)
    started = time.time()
    codes = {}
    for service, refusal in _refusals(connect).items():
        assert refusal["Error"]["Message"].startswith(words)
        codes[service] = refusal["Error"]["Code"]
        told = parsedate_to_datetime(refusal["ResponseMetadata"]["HTTPHeaders"]["date"])
        # A date has no fractions of a second.
        assert int(started + seconds) <= told.timestamp() <= time.time() + seconds
    assert codes == {
        "sts": "SignatureDoesNotMatch",
        "organizations": "InvalidSignatureException",
        "account": "InvalidSignatureException",
    }


def test_a_clock_that_is_a_little_off_is_let_pass(aws: AwsSandbox, connect: Connect) -> None:
    """Within five minutes, and where a signature does not say when, calls are answered."""
    aws.clock_skew(200)
    connect("organizations").list_accounts()
    aws.clock_skew(6000)
    key = aws.environment("standalone")["AWS_ACCESS_KEY_ID"]
    scope = f"AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/sts/aws4_request"
    answer = httpx.post(
        aws.url, data={"Action": "GetCallerIdentity"}, headers={"Authorization": scope}
    )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"outage": "yes"}, "outage is true or false"),
        ({"colour": "red"}, "no setting colour"),
        ({"latency_ms": -1}, "latency_ms is a number from 0"),
        ({"delay_seconds": True}, "delay_seconds is a number from 0"),
        ({"clock_skew_seconds": "1"}, "clock_skew_seconds is a number from -"),
        ({"page_sizes": [1.5]}, "page_sizes"),
        ({"state_fields": "State"}, "state_fields"),
    ],
)
def test_a_wrong_setting_changes_nothing(
    aws: AwsSandbox, members: dict[str, object], words: str
) -> None:
    """A value that a setting does not take is refused in plain words, with all beside it."""
    with pytest.raises(SandboxError, match=words):
        aws._call("PATCH", "/settings", {"throttling": True, **members})
    assert aws.state()["throttling"] is False
