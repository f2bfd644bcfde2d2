"""Roles that are assumed in the sandbox, and several organizations side by side."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from altcontact_sandbox.aws.organizations.identity import Identity
from altcontact_sandbox.aws.sandbox import AwsSandbox
from altcontact_sandbox.aws.seeds.realistic import realistic_accounts
from altcontact_sandbox.errors import SandboxError
from botocore.config import Config
from botocore.exceptions import ClientError

from bot.aws.gateway import AwsGateway
from bot.domain.scope import AwsTarget
from sandbox.tests.aws.fixtures import Connect

SESSION = {"RoleSessionName": "altcontact"}


@pytest.fixture(scope="module")
def _second() -> Iterator[AwsSandbox]:
    with AwsSandbox(number=1) as sandbox:
        yield sandbox


@pytest.fixture
def second(_second: AwsSandbox) -> AwsSandbox:
    """Another organization, in the same process."""
    _second.reset()
    return _second


def _error(call: Callable[..., object], **params: object) -> dict[str, str]:
    with pytest.raises(ClientError) as raised:
        call(**params)
    error = raised.value.response["Error"]
    return {"Code": error["Code"], "Message": error["Message"]}


def _client(url: str, service: str, credentials: dict[str, Any]) -> Any:  # noqa: ANN401 - boto3
    return boto3.Session(
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
        region_name="us-east-1",
    ).client(
        service,  # type: ignore[call-overload] # any of three services
        endpoint_url=url,
        config=Config(retries={"total_max_attempts": 1}),
    )


def test_a_role_makes_of_who_assumes_it_its_caller(aws: AwsSandbox, connect: Connect) -> None:
    """With the role's credentials an outsider is the management account, under its own name."""
    arn = aws.role("reader", external_id="given-by-them", trusts="999999999999")
    assert arn == "arn:aws:iam::111111111111:role/reader"
    sts = connect("sts", "standalone")
    answer = sts.assume_role(RoleArn=arn, ExternalId="given-by-them", **SESSION)
    credentials = answer["Credentials"]
    left = credentials["Expiration"] - datetime.now(UTC)
    assert timedelta(minutes=58) < left <= timedelta(hours=1)
    own = "arn:aws:sts::111111111111:assumed-role/reader/altcontact"
    assert answer["AssumedRoleUser"]["Arn"] == own
    with closing(_client(aws.url, "sts", credentials)) as assumed:
        identity = assumed.get_caller_identity()
    assert (identity["Account"], identity["Arn"]) == ("111111111111", own)
    with closing(_client(aws.url, "organizations", credentials)) as organizations:
        assert len(organizations.list_accounts()["Accounts"]) == 4


def test_a_role_is_denied_in_aws_words(aws: AwsSandbox, connect: Connect) -> None:
    """Unknown roles, another external id, callers not trusted and denials look all the same."""
    known = aws.role("known", external_id="right", trusts="999999999999")
    sts = connect("sts", "standalone")
    unknown = "arn:aws:iam::111111111111:role/unknown"
    denied = [
        _error(sts.assume_role, RoleArn=unknown, ExternalId="right", **SESSION),
        _error(sts.assume_role, RoleArn=known, **SESSION),
        _error(sts.assume_role, RoleArn=known, ExternalId="wrong", **SESSION),
        _error(connect("sts", "member").assume_role, RoleArn=known, ExternalId="right", **SESSION),
        _error(
            connect("sts", "govcloud").assume_role,
            RoleArn=aws.role("open"),
            **SESSION,
        ),
    ]
    assert {error["Code"] for error in denied} == {"AccessDenied"}
    user = "arn:aws:iam::999999999999:user/altcontact"
    assert denied[1]["Message"] == (
        f"User: {user} is not authorized to perform: sts:AssumeRole on resource: {known}"
    )
    aws.deny("sts:AssumeRole")
    right = {"RoleArn": known, "ExternalId": "right", **SESSION}
    assert _error(sts.assume_role, **right)["Code"] == "AccessDenied"
    aws.clear_denials()
    assert sts.assume_role(**right)["Credentials"]
    aws.reset()
    assert _error(connect("sts", "standalone").assume_role, **right)["Code"] == "AccessDenied"


def test_the_request_is_checked_before_the_role(aws: AwsSandbox, connect: Connect) -> None:
    """Members that are absent, too short, or outside their range are a `ValidationError`."""
    sts = connect("sts", parameter_validation=False)
    arn = aws.role()
    for params in (
        {"RoleArn": arn},
        {"RoleArn": "short", **SESSION},
        {"RoleArn": arn, "RoleSessionName": "a b"},
        {"RoleArn": arn, "DurationSeconds": 899, **SESSION},
        {"RoleArn": arn, "DurationSeconds": 3601, **SESSION},
    ):
        assert _error(sts.assume_role, **params)["Code"] == "ValidationError"
    assert sts.assume_role(RoleArn=arn, DurationSeconds=900, **SESSION)["Credentials"]


def test_sessions_expire_by_themselves_and_when_told(aws: AwsSandbox, connect: Connect) -> None:
    """A role's credentials last as long as asked, by AWS's clock; `expire` ends them at once."""
    arn = aws.role(caller="delegated")
    sts = connect("sts", "standalone")
    credentials = sts.assume_role(RoleArn=arn, DurationSeconds=900, **SESSION)["Credentials"]
    with closing(_client(aws.url, "sts", credentials)) as assumed:
        assert assumed.get_caller_identity()["Account"] == "222222222222"
        aws.expire("delegated")
        assert _error(assumed.get_caller_identity)["Code"] == "ExpiredToken"
        # A role can still be assumed: it is not the credentials of before that do it.
        fresh = sts.assume_role(RoleArn=arn, DurationSeconds=900, **SESSION)["Credentials"]
    with closing(_client(aws.url, "sts", fresh)) as assumed:
        assert assumed.get_caller_identity()["Account"] == "222222222222"
        aws.clock_skew(901)
        assert _error(assumed.get_caller_identity)["Code"] == "ExpiredToken"


def test_assumed_credentials_are_not_on_record(aws: AwsSandbox, connect: Connect) -> None:
    """Neither what a role hands out nor the external id reaches the wire."""
    arn = aws.role(external_id="given-by-them")
    last = aws.wire()["last"]
    sts = connect("sts", "standalone")
    answer = sts.assume_role(RoleArn=arn, ExternalId="given-by-them", **SESSION)
    [entry] = aws.wire(last, 5)["entries"]
    assert (entry["name"], entry["caller"], entry["ok"]) == ("sts:AssumeRole", "standalone", True)
    text = json.dumps([entry, aws.state()])
    held = answer["Credentials"]
    for secret in (held["SecretAccessKey"], held["SessionToken"], "given-by-them"):
        assert secret not in text
    assert aws.state()["roles"] == [{"arn": arn, "caller": "management", "trusts": ""}]


def test_faults_strike_the_assuming_of_roles(aws: AwsSandbox, connect: Connect) -> None:
    """STS throttles in its own words."""
    arn = aws.role()
    aws.fault("throttle", "AssumeRole", count=1)
    sts = connect("sts", "standalone")
    assert _error(sts.assume_role, RoleArn=arn, **SESSION)["Code"] == "Throttling"
    assert aws.stats()["throttled"] == 1
    sts.assume_role(RoleArn=arn, **SESSION)


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ({"name": "a b"}, "role's name"),
        ({"name": "a", "external_id": "x"}, "external id"),
        ({"name": "a", "trusts": "management"}, "12-digit id"),
        ({"name": "a", "caller": "nobody"}, "no caller 'nobody'"),
    ],
)
def test_roles_that_iam_has_not_are_refused(
    aws: AwsSandbox, wanted: dict[str, str], why: str
) -> None:
    """The control interface makes no role that could not be."""
    with pytest.raises(SandboxError, match=why):
        aws.role(**wanted)


def test_two_organizations_stand_side_by_side(aws: AwsSandbox, second: AwsSandbox) -> None:
    """Each has its own id, accounts and keys; neither knows the other's."""
    aws.seed_demo()
    second.seed_demo()
    ids = [{account["id"] for account in each.accounts()} for each in (aws, second)]
    assert not ids[0] & ids[1]
    assert len(ids[0]) == len(ids[1]) == 15
    assert aws.units()["organization"] != second.units()["organization"]
    assert second.state()["denials"][0]["account_id"] in ids[1]
    keys = [each.environment()["AWS_ACCESS_KEY_ID"] for each in (aws, second)]
    assert keys[0] != keys[1]
    stranger = {
        "AccessKeyId": keys[0],
        "SecretAccessKey": "made-up",
        "SessionToken": aws.environment()["AWS_SESSION_TOKEN"],
    }
    with closing(_client(second.url, "sts", stranger)) as client:
        assert _error(client.get_caller_identity)["Code"] == "InvalidClientTokenId"


def test_the_second_organization_is_reached_by_a_role_of_it(second: AwsSandbox) -> None:
    """Its own outsider assumes a role in its management account, and lists its accounts."""
    environment = second.environment("standalone")
    arn = second.role(trusts=Identity(1).account("999999999999"))
    assert arn.split(":")[4] == Identity(1).management_id
    keys = {
        "AccessKeyId": environment["AWS_ACCESS_KEY_ID"],
        "SecretAccessKey": environment["AWS_SECRET_ACCESS_KEY"],
        "SessionToken": None,
    }
    with closing(_client(second.url, "sts", keys)) as sts:
        held = sts.assume_role(RoleArn=arn, **SESSION)["Credentials"]
    with closing(_client(second.url, "organizations", held)) as client:
        described = client.describe_organization()["Organization"]
        assert described["Id"] == "o-sandbox0001"
        assert described["MasterAccountId"] == Identity(1).management_id
        assert len(client.list_accounts()["Accounts"]) == 4
    with closing(_client(second.url, "account", held)) as client:
        assert client.get_contact_information()["ContactInformation"]


def test_made_up_accounts_differ_between_organizations(second: AwsSandbox) -> None:
    """The same seed gives another organization accounts with other ids."""
    second.seed_realistic(50, seed=7)
    here = {account["id"] for account in second.accounts()}
    assert not here & {account.id for account in realistic_accounts(50, 7)}
    assert Identity(1).management_id in here
    with pytest.raises(SandboxError, match="from 0 to 99"):
        Identity(100)


def test_a_bot_reaches_each_organization_by_a_profile(
    aws: AwsSandbox, second: AwsSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With an address and keys in each profile, one process checks both, one by a role."""
    config = tmp_path / "config"
    config.write_text(
        "".join(
            f"[profile {name}]\nregion = us-east-1\nendpoint_url = {sandbox.url}\n"
            f"aws_access_key_id = {held['AWS_ACCESS_KEY_ID']}\n"
            f"aws_secret_access_key = {held['AWS_SECRET_ACCESS_KEY']}\n"
            + (f"aws_session_token = {held['AWS_SESSION_TOKEN']}\n" if name == "own" else "")
            for name, sandbox, held in (
                ("own", aws, aws.environment()),
                ("acquired", second, second.environment("standalone")),
            )
        )
    )
    for name in [each for each in os.environ if each.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    role = second.role(external_id="given-by-them")
    targets = (
        AwsTarget("own", profile="own"),
        AwsTarget("acquired", profile="acquired", role=role, external_id="given-by-them"),
    )
    listed = []
    for target in targets:
        gateway = AwsGateway(None, target=target)
        listed.append({account.id for account in gateway.accounts()})
        gateway.close()
    assert [len(ids) for ids in listed] == [4, 4]
    assert not listed[0] & listed[1]
    assert second.stats()["operations"]["AssumeRole"]["codes"] == {"ok": 1}
