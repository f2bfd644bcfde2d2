"""Checkpoints on canned answers: what is retried, what counts as done, and what a failure says."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from bot.aws.checkpoint_reader import S3CheckpointReader
from bot.aws.checkpoints import CheckpointCalls, S3CheckpointWriter
from bot.domain.checkpoints import (
    Checkpoint,
    LogHead,
    UnreadableCheckpoint,
    from_object,
)
from bot.domain.errors import GatewayError
from bot.domain.failures import FailureCode
from bot.domain.s3_destination import S3Destination
from tests.unit.aws.wire import Answer, Wire, ok, page, refusal

KEY = "arn:aws:kms:eu-west-1:111122223333:key/k"
PLACE = S3Destination("corp-audit", "altcontact")
CHECKPOINT = Checkpoint(1, LogHead(7, "a" * 64), datetime(2026, 11, 27, 9, tzinfo=UTC), "1.2.3")
WRITTEN = Answer(200, b"", {"ETag": '"e"', "x-amz-version-id": "v1"})
DESCRIBED = ok(
    KeyMetadata={
        "KeyId": "k",
        "Arn": KEY,
        "KeyUsage": "SIGN_VERIFY",
        "KeyState": "Enabled",
        "SigningAlgorithms": ["RSASSA_PKCS1_V1_5_SHA_256", "RSASSA_PSS_SHA_256"],
    }
)
SIGNED = ok(KeyId=KEY, Signature="c2lnbmVk", SigningAlgorithm="RSASSA_PSS_SHA_256")
LOST = ReadTimeoutError(endpoint_url="https://x")


def s3_error(code: str, status: int, message: str = "") -> Answer:
    """An error as S3 sends it."""
    body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return Answer(status, body.encode(), {"content-type": "application/xml"})


def calls(wire: Wire, key: str = "") -> CheckpointCalls:
    """Calls that end at this wire and never wait."""
    return CheckpointCalls(PLACE, key, session=wire.session, pause=lambda _: None)


def write(wire: Wire, key: str = "") -> bool:
    """Write a checkpoint."""
    return S3CheckpointWriter(calls(wire, key)).write(CHECKPOINT)


def failed(wire: Wire, key: str = "") -> GatewayError:
    """Why a checkpoint wasn't written."""
    with pytest.raises(GatewayError) as caught:
        write(wire, key)
    return caught.value


def test_it_is_put_once_and_never_over_another() -> None:
    """Only PutObject is called, with a condition and a checksum, as Object Lock requires."""
    wire = Wire("eu-west-1").on("PutObject", WRITTEN)
    assert write(wire)
    assert [name for name, _ in wire.calls] == ["PutObject"]
    assert wire.urls[0].endswith(f"/altcontact/{CHECKPOINT.name}")
    assert wire.headers[0]["If-None-Match"] == "*"
    assert wire.headers[0]["x-amz-sdk-checksum-algorithm"] == "SHA256"


@pytest.mark.parametrize(
    "answers",
    [
        (s3_error("SlowDown", 503), WRITTEN),
        (s3_error("InternalError", 500), WRITTEN),
        (EndpointConnectionError(endpoint_url="https://x"), WRITTEN),
        (LOST, s3_error("PreconditionFailed", 412)),
        (s3_error("PreconditionFailed", 412),),
    ],
)
def test_what_passes_is_tried_again(answers: tuple[Answer | Exception, ...]) -> None:
    """If the answer was lost, the next try finds the object, which then is the same."""
    wire = Wire("eu-west-1").on("PutObject", *answers)
    assert write(wire)
    assert len(wire.calls) == len(answers)


def test_a_bucket_in_another_region_is_followed() -> None:
    """S3 says where it is, and the next request goes there."""
    moved = Answer(
        301,
        b"<Error><Code>PermanentRedirect</Code></Error>",
        {"content-type": "application/xml", "x-amz-bucket-region": "eu-central-1"},
    )
    wire = Wire("us-east-1").on("PutObject", moved, WRITTEN)
    assert write(wire)
    assert "eu-central-1" not in wire.urls[0]
    assert "eu-central-1" in wire.urls[1]


@pytest.mark.parametrize(
    ("partition", "host"),
    [("aws-cn", "amazonaws.com.cn"), ("aws-us-gov", "us-gov-west-1.amazonaws.com")],
)
def test_without_a_region_the_key_tells_the_partition(partition: str, host: str) -> None:
    """So that a bucket in China or GovCloud is looked for there."""
    region = {"aws-cn": "cn-north-1", "aws-us-gov": "us-gov-east-1"}[partition]
    key = f"arn:{partition}:kms:{region}:111122223333:key/k"
    wire = Wire().on("DescribeKey", DESCRIBED).on("Sign", SIGNED).on("PutObject", WRITTEN)
    write(wire, key)
    assert f"kms.{region}." in wire.urls[0]
    assert host in wire.urls[2]


def test_it_is_signed_as_the_key_allows() -> None:
    """KMS is asked in the key's region, once about the key; PSS is preferred."""
    wire = Wire("us-east-1").on("DescribeKey", DESCRIBED).on("Sign", SIGNED)
    wire.on("PutObject", WRITTEN)
    writer = S3CheckpointWriter(calls(wire, KEY))
    writer.write(CHECKPOINT)
    writer.write(CHECKPOINT)
    names = [name for name, _ in wire.calls]
    assert names == ["DescribeKey", "Sign", "PutObject", "Sign", "PutObject"]
    assert wire.urls[0] == "https://kms.eu-west-1.amazonaws.com/"
    [sign, _] = wire.asked("Sign")
    assert (sign["SigningAlgorithm"], sign["MessageType"]) == ("RSASSA_PSS_SHA_256", "RAW")


def test_a_bot_that_may_only_sign_finds_the_algorithm() -> None:
    """By trying, once; what KMS says of an algorithm that the key doesn't have is passed over."""
    denied = refusal("AccessDeniedException", DENIED_SIGN)
    wrong = refusal("InvalidKeyUsageException")
    wire = Wire("us-east-1").on("DescribeKey", denied).on("Sign", wrong, wrong, SIGNED)
    wire.on("PutObject", WRITTEN)
    writer = S3CheckpointWriter(calls(wire, KEY))
    writer.write(CHECKPOINT)
    writer.write(CHECKPOINT)
    assert [each["SigningAlgorithm"] for each in wire.asked("Sign")] == [
        "ECDSA_SHA_256",
        "ECDSA_SHA_384",
        "ECDSA_SHA_512",
        "ECDSA_SHA_512",
    ]
    useless = Wire("us-east-1").on("DescribeKey", denied).on("Sign", wrong)
    assert "can't sign" in str(failed(useless, KEY))


def test_the_doctor_has_something_signed_that_is_no_checkpoint() -> None:
    """So that it tests the permission itself, and nobody can use the signature."""
    wire = Wire("us-east-1").on("DescribeKey", DESCRIBED).on("Sign", SIGNED)
    assert S3CheckpointWriter(calls(wire, KEY)).check_key() == "RSASSA_PSS_SHA_256"
    [asked] = wire.asked("Sign")
    with pytest.raises(UnreadableCheckpoint):
        from_object(base64.b64decode(asked["Message"]))


def test_a_key_that_failed_is_looked_up_again() -> None:
    """Nothing that was known of it before is used after a failure."""
    disabled = refusal("DisabledException")
    wire = Wire("us-east-1").on("DescribeKey", DESCRIBED).on("Sign", disabled, SIGNED)
    wire.on("PutObject", WRITTEN)
    writer = S3CheckpointWriter(calls(wire, KEY))
    with pytest.raises(GatewayError, match="is disabled"):
        writer.write(CHECKPOINT)
    assert writer.write(CHECKPOINT)
    assert len(wire.asked("DescribeKey")) == 2


PERSON = "User: arn:aws:sts::1:assumed-role/bot/jo@example.com is not authorized to perform: "
DENIED_PUT = PERSON + "s3:PutObject because no identity-based policy allows it"
DENIED_SIGN = PERSON + "kms:Sign because no resource-based policy allows it"


@pytest.mark.parametrize(
    ("answer", "cause", "words"),
    [
        (s3_error("AccessDenied", 403, DENIED_PUT), FailureCode.PERMISSION_MISSING, "s3:PutObject"),
        (s3_error("NoSuchBucket", 404), FailureCode.REFUSED, "corp-audit doesn't exist"),
        (s3_error("InvalidRequest", 400), FailureCode.REFUSED, "rejected"),
        (page(), FailureCode.AWS_FAULT, "internal error"),
        (Answer(200), FailureCode.MALFORMED, "doesn't seem to come from AWS"),
        (LOST, FailureCode.TIMED_OUT, "didn't respond in time"),
        (s3_error("ExpiredToken", 400), FailureCode.CREDENTIALS_EXPIRED, "expired"),
    ],
)
def test_a_failure_of_s3_is_explained(
    answer: Answer | Exception, cause: FailureCode, words: str
) -> None:
    """By its cause, with the next step, and without AWS's own text."""
    error = failed(Wire("eu-west-1").on("PutObject", answer))
    assert error.failure.cause is cause
    assert words in str(error)
    assert error.remedy
    assert "jo@" not in f"{error} {error.remedy} {error.__cause__} {error.__context__}"


@pytest.mark.parametrize(
    ("operation", "answer", "words"),
    [
        ("DescribeKey", refusal("NotFoundException"), "doesn't exist"),
        ("DescribeKey", ok(KeyMetadata={"KeyId": "k", "Arn": KEY}), "can't sign"),
        ("Sign", refusal("AccessDeniedException", DENIED_SIGN), "kms:Sign"),
        ("Sign", refusal("KMSInvalidStateException"), "can't be used in its current state"),
        ("Sign", ok(), "doesn't seem to come from AWS"),
    ],
)
def test_a_failure_of_kms_is_explained(operation: str, answer: Answer, words: str) -> None:
    """Nothing is written unsigned."""
    wire = Wire("us-east-1").on("DescribeKey", DESCRIBED).on("Sign", SIGNED).on(operation, answer)
    error = failed(wire, KEY)
    assert words in str(error)
    assert error.remedy
    assert "PutObject" not in {name for name, _ in wire.calls}


def test_a_key_about_to_be_deleted_is_refused() -> None:
    """Its signatures couldn't be verified for long."""
    described = ok(
        KeyMetadata={
            "KeyId": "k",
            "Arn": KEY,
            "KeyUsage": "SIGN_VERIFY",
            "KeyState": "PendingDeletion",
            "SigningAlgorithms": ["ECDSA_SHA_256"],
        }
    )
    error = failed(Wire("us-east-1").on("DescribeKey", described), KEY)
    assert "about to be deleted" in error.remedy


def versions(*keys: str, more: str = "") -> Answer:
    """A page of versions."""
    listed = "".join(
        f"<Version><Key>altcontact/{key}</Key><VersionId>v</VersionId></Version>" for key in keys
    )
    mark = f"<NextKeyMarker>{more}</NextKeyMarker>" if more else ""
    body = (
        "<ListVersionsResult><IsTruncated>" + ("true" if more else "false") + "</IsTruncated>"
        f"{mark}{listed}</ListVersionsResult>"
    )
    return Answer(200, body.encode(), {"content-type": "application/xml"})


def test_all_pages_are_read() -> None:
    """S3 lists 1,000 versions at once."""
    wire = Wire("eu-west-1").on("ListObjectVersions", versions("a", "b", more="b"), versions("c"))
    wire.on("GetObject", Answer(200, b"?"))
    found = S3CheckpointReader(calls(wire)).read()
    assert [each.name for each in found] == ["a", "b", "c"]


@pytest.mark.parametrize("operation", ["ListObjectVersions", "GetObject"])
def test_what_may_not_be_read_is_no_result(operation: str) -> None:
    """Nothing is left out in silence: the whole verification fails."""
    wire = Wire("eu-west-1").on("ListObjectVersions", versions("a"))
    wire.on("GetObject", Answer(200, b"?"))
    wire.on(operation, s3_error("AccessDenied", 403))
    with pytest.raises(GatewayError) as caught:
        S3CheckpointReader(calls(wire)).read()
    assert caught.value.remedy


def test_a_page_of_a_proxy_is_no_empty_bucket() -> None:
    """Else a verification behind a captive portal would miss everything."""
    wire = Wire("eu-west-1").on("ListObjectVersions", page())
    with pytest.raises(GatewayError):
        S3CheckpointReader(calls(wire)).read()
