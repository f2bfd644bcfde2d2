"""The permissions for S3, KMS, Secrets Manager and SSM: each request is checked before it is sent.

The sandbox's AWS doesn't have these services, and moto's server allows everything. So a guard
stands in botocore, between the bot's adapters and moto: what the policy doesn't allow is answered
as denied.
"""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

import boto3
import pytest
from altcontact_sandbox.aws.iam.policy import Decision, PolicyRequest, read_policy
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from bot.aws.checkpoints import CheckpointCalls, S3CheckpointWriter
from bot.aws.secret_values import SecretValues
from bot.aws.snapshots import S3SnapshotStorage
from bot.config.secret_references import ManagedSecret, SecretUnreadable, StoredParameter
from bot.domain.checkpoints import Checkpoint, LogHead
from bot.domain.errors import GatewayError
from bot.domain.s3_destination import S3Destination
from bot.domain.snapshots import NewestSnapshot, SnapshotName
from tests import moto_server
from tests.integration.deploy.policies import (
    EVERYTHING,
    SECRET,
    terraform_policy,
    without,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from botocore.awsrequest import AWSPreparedRequest

CHECKPOINTS: Final = S3Destination("corp-audit", "altcontact/prod")
NOW: Final = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
PARAMETER: Final = "arn:aws:ssm:us-east-1:123456789012:parameter/altcontact/token"
BY_OTHERS: Final = {"kms:Decrypt", "kms:GenerateDataKey"}
"""What S3 and Secrets Manager do on the bot's behalf: no request of its own needs them."""


class Guard:
    """Denies what a policy doesn't allow, in botocore's `before-send`."""

    def __init__(self, policy: dict[str, Any]) -> None:
        self._policy = read_policy(policy)
        self.asked: list[str] = []

    def session(self) -> boto3.Session:
        """A session all of whose clients are guarded."""
        session = boto3.Session()
        events: Any = session.events  # as botocore has it: what a handler returns is the answer
        events.register("before-send.*", self._check)
        return session

    def _check(self, request: AWSPreparedRequest, **_: object) -> AWSResponse | None:
        asked = _asked(request)
        self.asked.append(asked.action)
        if self._policy.decide(asked) is Decision.ALLOWED:
            return None
        if asked.action.startswith("s3:"):
            body = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
        else:
            body = json.dumps({"__type": "AccessDeniedException", "Message": "not authorized"})
        return AWSResponse(request.url, 403, HTTPHeaders(), _Raw(body.encode()))


class _Raw:
    """The part of urllib3's response that botocore reads."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self._body


def _asked(request: AWSPreparedRequest) -> PolicyRequest:
    """Which permission a request needs."""
    given: Any
    headers: dict[str, str] = {}
    for name, value in dict[str, Any](request.headers).items():
        headers[name.lower()] = value.decode() if isinstance(value, bytes) else str(value)
    if target := headers.get("x-amz-target", ""):
        service, _, operation = target.partition(".")
        body: Any = request.body
        given = json.loads(body or b"{}")
        if service == "TrentService":
            return PolicyRequest(f"kms:{operation}", given["KeyId"], {})
        if service == "secretsmanager":
            return PolicyRequest(f"{service}:{operation}", given["SecretId"], {})
        return PolicyRequest(f"ssm:{operation}", given["Name"], {})
    url = urlsplit(request.url)
    bucket, _, key = unquote(url.path).removeprefix("/").partition("/")
    if not key:
        assert "list-type" in parse_qs(url.query)
        return PolicyRequest("s3:ListBucket", f"arn:aws:s3:::{bucket}", {})
    verb = {"PUT": "Put", "GET": "Get", "DELETE": "Delete"}[request.method]
    given_tag = headers.get("if-none-match")
    context = {"s3:if-none-match": (given_tag,)} if given_tag else {}
    return PolicyRequest(f"s3:{verb}Object", f"arn:aws:s3:::{bucket}/{key}", context)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Moto's server."""
    with moto_server.serve() as url:
        yield url


class Place:
    """An installation whose buckets, key and secrets exist, and its policy."""

    def __init__(self) -> None:
        with closing(boto3.client("s3")) as s3:
            for bucket in (CHECKPOINTS.bucket, EVERYTHING.bucket):
                s3.create_bucket(Bucket=bucket)
        with closing(boto3.client("kms")) as kms:
            created = kms.create_key(KeySpec="ECC_NIST_P384", KeyUsage="SIGN_VERIFY")
        with closing(boto3.client("ssm")) as ssm:
            ssm.put_parameter(Name="/altcontact/token", Value="xoxb-1", Type="SecureString")
        with closing(boto3.client("secretsmanager")) as secrets:
            held = json.dumps({"SLACK_BOT_TOKEN": "xoxb-2"})
            self.secret: str = secrets.create_secret(Name="altcontact", SecretString=held)["ARN"]
        self.key: str = created["KeyMetadata"]["Arn"]
        chosen = replace(EVERYTHING, checkpoint_key=self.key, parameters=(PARAMETER,))
        text = json.dumps(terraform_policy(chosen)).replace(SECRET, self.secret)
        self.policy: dict[str, Any] = json.loads(text)


@pytest.fixture
def place(server: str, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A fresh one."""
    moto_server.forget(server)
    moto_server.lead_there(server, monkeypatch)
    return Place()


# Features. Each fails if a permission is missing.


def writes_a_signed_checkpoint(guard: Guard, place: Place) -> None:
    """And finds out the key's algorithm rather than trying them."""
    calls = CheckpointCalls(CHECKPOINTS, place.key, session=guard.session(), pause=lambda _: None)
    with closing(calls):
        head = LogHead(10, f"{10:064x}")
        S3CheckpointWriter(calls).write(Checkpoint(1, head, NOW, "1.2.3"))
    assert guard.asked.count("kms:Sign") == 1


def reads_a_parameter(guard: Guard, _place: Place) -> None:
    """A token in SSM."""
    values = SecretValues(guard.session(), pause=lambda _: None)
    assert values.read(StoredParameter(PARAMETER, "us-east-1", "/altcontact/token")) == "xoxb-1"


def reads_a_secret(guard: Guard, place: Place) -> None:
    """A token in Secrets Manager, by the key of a JSON object."""
    values = SecretValues(guard.session(), pause=lambda _: None)
    found = ManagedSecret(place.secret, "us-east-1", "altcontact", key="SLACK_BOT_TOKEN")
    assert values.read(found) == "xoxb-2"


def keeps_snapshots(guard: Guard, place: Place) -> None:
    """Saves one, names it, finds it again, and deletes it."""
    destination = S3Destination(EVERYTHING.bucket, "altcontact")
    storage = S3SnapshotStorage(destination, session=guard.session(), pause=lambda _: None)
    name = SnapshotName(1, NOW, "0123456789abcdef")
    newest = NewestSnapshot(name, LogHead(10, f"{10:064x}"), "1.2.3")
    with closing(storage), NamedTemporaryFile(suffix=".gz") as file:
        file.write(b"a database")
        file.flush()
        storage.save(name, Path(file.name))
        pointer = storage.point_to(newest, storage.pointer())
        assert pointer is not None
        assert storage.point_to(newest, pointer) is not None
        assert (storage.names(), storage.fetch(name)) == ([name], b"a database")
        storage.delete([name])
        assert storage.names() == []


NEEDED_BY: Final[dict[str, Callable[[Guard, Place], None]]] = {
    "kms:DescribeKey": writes_a_signed_checkpoint,
    "kms:Sign": writes_a_signed_checkpoint,
    "s3:DeleteObject": keeps_snapshots,
    "s3:GetObject": keeps_snapshots,
    "s3:ListBucket": keeps_snapshots,
    "s3:PutObject": keeps_snapshots,
    "secretsmanager:GetSecretValue": reads_a_secret,
    "ssm:GetParameter": reads_a_parameter,
}
"""A feature that no longer works without an action."""


def test_every_action_is_needed_by_a_feature(place: Place) -> None:
    """Of the services that the sandbox's AWS doesn't have."""
    granted = {each for one in place.policy["Statement"] for each in one["Action"]}
    simulated = ("account:", "organizations:", "sts:")
    others = {each for each in granted if not each.startswith(simulated)}
    assert others - BY_OTHERS == set(NEEDED_BY)


@pytest.mark.parametrize("action", NEEDED_BY)
def test_no_action_is_superfluous(place: Place, action: str) -> None:
    """The feature works with it, and not without it."""
    with pytest.raises((GatewayError, SecretUnreadable, AssertionError)):
        NEEDED_BY[action](Guard(without(place.policy, action)), place)
    NEEDED_BY[action](Guard(place.policy), place)


def test_a_checkpoint_cannot_be_overwritten(place: Place) -> None:
    """The policy allows only writes that fail if the object exists; and none elsewhere."""
    session = Guard(place.policy).session()
    with closing(session.client("s3")) as s3:
        for place_and_condition in (
            {"Bucket": CHECKPOINTS.bucket, "Key": "altcontact/prod/1.json"},
            {"Bucket": CHECKPOINTS.bucket, "Key": "elsewhere/1.json", "IfNoneMatch": "*"},
            {"Bucket": EVERYTHING.bucket, "Key": "elsewhere/1.json"},
        ):
            with pytest.raises(s3.exceptions.ClientError) as raised:
                s3.put_object(Body=b"{}", **place_and_condition)  # type: ignore[arg-type] # texts
            assert raised.value.response["Error"]["Code"] == "AccessDenied"
        key = "altcontact/prod/1.json"
        s3.put_object(Bucket=CHECKPOINTS.bucket, Key=key, Body=b"{}", IfNoneMatch="*")
        with pytest.raises(s3.exceptions.ClientError):
            s3.delete_object(Bucket=CHECKPOINTS.bucket, Key=key)


def test_the_name_of_the_newest_snapshot_cannot_be_deleted(place: Place) -> None:
    """The bot deletes old snapshots, and nothing else in their folder."""
    session = Guard(place.policy).session()
    with closing(session.client("s3")) as s3, pytest.raises(s3.exceptions.ClientError):
        s3.delete_object(Bucket=EVERYTHING.bucket, Key="altcontact/newest-snapshot.json")
