"""How an organization is reached: by a profile, by a role that is assumed, by boto3's own chain."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import structlog
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError

from bot.aws.gateway import gateways_for
from bot.aws.roles import assume_role, open_session
from bot.domain.errors import GatewayError
from bot.domain.failures import FailureCode
from bot.domain.scope import AwsTarget, ScopeKind
from bot.services.ports.aws import Priority
from tests.unit.aws.test_gateway import SECURITY, gateway, managed
from tests.unit.aws.wire import MEMBER, OWN, Answer, Wire, contact, identity, page
from tests.unit.reported_metrics import ReportedMetrics

if TYPE_CHECKING:
    from pathlib import Path

    from bot.aws.gateway import AwsGateway

ROLE = f"arn:aws:iam::{OWN}:role/altcontact"
TARGET = AwsTarget("acquired", role=ROLE, external_id="given-by-them")
ONCE = Config(retries={"total_max_attempts": 1, "mode": "standard"})


def handed_out(lasting: timedelta = timedelta(hours=1)) -> Answer:
    """What AssumeRole answers."""
    until = (datetime.now(UTC) + lasting).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = (
        '<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>'
        "<Credentials><AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>made-up"
        f"</SecretAccessKey><SessionToken>token</SessionToken><Expiration>{until}</Expiration>"
        "</Credentials></AssumeRoleResult></AssumeRoleResponse>"
    )
    return Answer(200, body.encode(), {"content-type": "text/xml"})


def denied(code: str = "AccessDenied") -> Answer:
    """What STS answers to a caller that may not, naming the caller."""
    body = (
        f"<ErrorResponse><Error><Code>{code}</Code><Message>User: "
        f"arn:aws:sts::1:assumed-role/bot/jo@example.com is not authorized to perform: "
        f"sts:AssumeRole on resource: {ROLE}</Message></Error></ErrorResponse>"
    )
    return Answer(403, body.encode(), {"content-type": "text/xml"})


def by_role(base: Wire, there: Wire, target: AwsTarget = TARGET) -> AwsGateway:
    """A gateway that assumes a role on one wire, and calls AWS with it on the other."""
    there.session = assume_role(target, ONCE, base.session, there.core())
    return gateway(there, target=target)


def test_a_role_is_assumed_once_and_its_credentials_are_used() -> None:
    """All calls are signed with what the role was handed out, for as long as it is good."""
    base = Wire().on("AssumeRole", handed_out())
    there = managed().on("GetAlternateContact", contact())
    adapter = by_role(base, there)
    adapter.scope()
    adapter.read(MEMBER, SECURITY, Priority.SCAN)
    [asked] = base.asked("AssumeRole")
    assert asked["RoleArn"] == ROLE
    assert asked["RoleSessionName"] == "altcontact"
    assert asked["ExternalId"] == "given-by-them"
    assert "AssumeRole" not in {name for name, _ in there.calls}


def test_a_role_without_an_external_id_names_none() -> None:
    """Where the trust policy asks for none, none is sent."""
    base = Wire("eu-west-1").on("AssumeRole", handed_out())
    by_role(base, managed(), AwsTarget("acquired", role=ROLE)).scope()
    assert "ExternalId" not in base.asked("AssumeRole")[0]
    assert base.urls == ["https://sts.eu-west-1.amazonaws.com/"]


def test_credentials_that_run_out_are_renewed() -> None:
    """What is about to expire is fetched again before it is used."""
    base = Wire().on("AssumeRole", handed_out(timedelta(minutes=1)), handed_out())
    by_role(base, managed()).scope()
    assert len(base.asked("AssumeRole")) == 2


def test_each_call_that_assumes_the_role_is_reported() -> None:
    """With its outcome: denials, and what comes after them."""
    metrics = ReportedMetrics()
    for answer in (handed_out(), denied()):
        base, there = Wire().on("AssumeRole", answer), managed()
        there.session = assume_role(TARGET, ONCE, base.session, there.core(), metrics=metrics)
        with suppress(GatewayError):
            gateway(there, target=TARGET).scope()
    first, *others = metrics.aws
    assert first == ("AssumeRole", "ok")
    assert others
    assert {operation for operation, _ in others} == {"AssumeRole"}
    assert all(FailureCode(outcome).is_denial for _, outcome in others)


def test_a_denied_role_is_told_with_its_trust_policy() -> None:
    """The role and what to fix are named, the caller is not, and a scan would end at once."""
    with pytest.raises(GatewayError) as caught:
        by_role(Wire().on("AssumeRole", denied()), managed()).scope()
    why = caught.value.failure
    assert why.message == f"Couldn't assume the role {ROLE}: AWS denied it."
    assert "trust policy" in why.remedy
    assert "sts:AssumeRole" in why.remedy
    assert "jo@" not in f"{why} {caught.value.__cause__} {caught.value.__context__}"
    assert why.cause.of_the_caller


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (denied("ExpiredToken"), FailureCode.CREDENTIALS_EXPIRED),
        (denied("Throttling"), FailureCode.THROTTLED),
        (denied("ValidationError"), FailureCode.REFUSED),
        (Answer(503), FailureCode.AWS_FAULT),
        (page(), FailureCode.MALFORMED),
        (identity(), FailureCode.MALFORMED),
        (EndpointConnectionError(endpoint_url="https://x"), FailureCode.UNREACHABLE),
    ],
)
def test_whatever_keeps_a_role_from_being_assumed_is_told(
    answer: Answer | Exception, cause: FailureCode
) -> None:
    """STS's failures keep their cause, and name the role."""
    with pytest.raises(GatewayError) as caught:
        by_role(Wire().on("AssumeRole", answer), managed()).scope()
    assert caught.value.failure.cause is cause
    assert f"Couldn't assume the role {ROLE}. " in caught.value.failure.message


def test_a_role_of_another_partition_is_asked_for_there() -> None:
    """Without a region in the settings, STS is asked where the role's partition is served."""
    base = Wire().on("AssumeRole", handed_out())
    role = f"arn:aws-cn:iam::{OWN}:role/altcontact"
    there = managed().on("GetCallerIdentity", identity(partition="aws-cn"))
    by_role(base, there, AwsTarget("china", role=role)).scope()
    assert base.urls == ["https://sts.cn-northwest-1.amazonaws.com.cn/"]


def test_a_session_has_the_name_that_was_asked_for() -> None:
    """A person's session is named after them, and nothing is logged."""
    base = Wire().on("AssumeRole", handed_out())
    there = managed()
    there.session = assume_role(TARGET, ONCE, base.session, there.core(), "altcontact-U0123ABC")
    with structlog.testing.capture_logs() as logs:
        gateway(there, target=TARGET).scope()
    assert [each["RoleSessionName"] for each in base.asked("AssumeRole")] == ["altcontact-U0123ABC"]
    assert not [each for each in logs if each["log_level"] == "warning"]


def test_a_session_name_that_sts_refuses_gives_way_to_the_common_one() -> None:
    """A trust policy that allows one name stops no write; the log says what to allow."""
    base = Wire().on("AssumeRole", denied(), handed_out())
    there = managed()
    there.session = assume_role(TARGET, ONCE, base.session, there.core(), "altcontact-U0123ABC")
    with structlog.testing.capture_logs() as logs:
        gateway(there, target=TARGET).scope()
    names = [each["RoleSessionName"] for each in base.asked("AssumeRole")]
    assert names == ["altcontact-U0123ABC", "altcontact"]
    [warning] = [each for each in logs if each["log_level"] == "warning"]
    assert warning["session_name"] == "altcontact-U0123ABC"
    assert "sts:RoleSessionName" in warning["remedy"]
    assert "jo@" not in str(logs)


@pytest.mark.parametrize("answers", [(denied(), denied()), (denied("Throttling"),)])
def test_a_session_name_is_given_up_only_if_that_helps(answers: tuple[Answer, ...]) -> None:
    """A role that can't be assumed at all, and a passing failure, are reported as before."""
    base = Wire().on("AssumeRole", *answers)
    there = managed()
    there.session = assume_role(TARGET, ONCE, base.session, there.core(), "altcontact-U0123ABC")
    with structlog.testing.capture_logs() as logs, pytest.raises(GatewayError):
        gateway(there, target=TARGET).scope()
    assert not [each for each in logs if each["event"] == "aws.session_name_refused"]


@pytest.fixture
def profiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS's own configuration with a profile."""
    config = tmp_path / "config"
    config.write_text(
        "[profile acquired]\nregion = eu-north-1\naws_access_key_id = AKIA\n"
        "aws_secret_access_key = made-up\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("profiles")
def test_a_profile_gives_its_region_and_credentials() -> None:
    """A target's profile is opened; with a role besides, the role is to be assumed by it."""
    session = open_session(AwsTarget(profile="acquired"), ONCE)
    assert session.region_name == "eu-north-1"
    assert session.profile_name == "acquired"
    with_role = open_session(AwsTarget(profile="acquired", role=ROLE), ONCE)
    assert with_role.region_name == "eu-north-1"
    credentials = with_role.get_credentials()
    assert credentials is not None
    assert credentials.method == "assume-role"


@pytest.mark.usefixtures("profiles")
def test_a_profile_that_is_not_there_is_told() -> None:
    """Credentials of a profile that nobody wrote are missing."""
    [adapter] = gateways_for([AwsTarget("acquired", profile="nobody")], None)
    with pytest.raises(GatewayError) as caught:
        adapter.scope()
    assert caught.value.failure.cause is FailureCode.AWS_CONFIGURATION
    assert "[[aws]]" in caught.value.failure.message


@pytest.mark.usefixtures("profiles")
def test_an_endpoint_that_is_no_url_is_told_of_a_role_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """The configured endpoint is at fault, and is named."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "no url")
    [adapter] = gateways_for([AwsTarget(profile="acquired", role=ROLE)], None)
    with pytest.raises(GatewayError) as caught:
        adapter.scope()
    assert "AWS_ENDPOINT_URL" in caught.value.failure.remedy


def test_each_target_has_a_gateway() -> None:
    """Without a target there is one, without a name."""
    [alone] = gateways_for((), None)
    assert alone.name == ""
    made = gateways_for([AwsTarget("a"), AwsTarget("b")], ScopeKind.ORGANIZATION, 5, 2)
    assert [each.name for each in made] == ["a", "b"]
