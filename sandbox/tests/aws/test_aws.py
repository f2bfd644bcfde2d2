"""The sandbox's AWS seen from outside: its start and stop, its callers, STS and Organizations."""

import threading
from collections.abc import Callable
from typing import Any

import boto3
import httpx
import psutil
import pytest
from altcontact_sandbox.aws.client.client import AwsControl
from altcontact_sandbox.aws.organizations.identity import Identity
from altcontact_sandbox.aws.sandbox import AwsSandbox
from altcontact_sandbox.aws.seeds.demo import SECURITY_TEAM, SandboxAccount
from altcontact_sandbox.aws.sts.callers import AccessKeys
from altcontact_sandbox.errors import SandboxError
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from bot.domain.contacts import ContactType
from sandbox.tests.aws.fixtures import Connect


def _servers() -> set[threading.Thread]:
    return {each for each in threading.enumerate() if each.name == "AWS sandbox"}


def _refusal(call: Callable[..., object], **params: object) -> dict[str, Any]:
    with pytest.raises(ClientError) as raised:
        call(**params)
    return {**raised.value.response}


def _pages(client: BaseClient) -> list[list[dict[str, Any]]]:
    return [page["Accounts"] for page in client.get_paginator("list_accounts").paginate()]


def test_an_endpoint_url_is_all_that_a_client_needs(
    aws: AwsSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the environment that the sandbox gives, boto3 reaches all three services at one URL."""
    for name, value in aws.environment("management").items():
        monkeypatch.setenv(name, value)
    session = boto3.Session()
    with_sts = session.client("sts")
    with_organizations = session.client("organizations")
    with_account = session.client("account")
    assert with_sts.get_caller_identity()["Account"] == "111111111111"
    organization = with_organizations.describe_organization()["Organization"]
    assert organization["MasterAccountId"] == "111111111111"
    with pytest.raises(with_account.exceptions.ResourceNotFoundException):
        with_account.get_alternate_contact(AlternateContactType="SECURITY")
    for client in (with_sts, with_organizations, with_account):
        client.close()


@pytest.mark.parametrize(
    ("caller", "arn"),
    [
        ("management", "arn:aws:sts::111111111111:assumed-role/altcontact/bot"),
        ("standalone", "arn:aws:iam::999999999999:user/altcontact"),
        ("govcloud", "arn:aws-us-gov:sts::111111111111:assumed-role/altcontact/bot"),
        ("eusc", "arn:aws-eusc:sts::111111111111:assumed-role/altcontact/bot"),
        ("china", "arn:aws-cn:sts::111111111111:assumed-role/altcontact/bot"),
    ],
)
def test_the_caller_follows_from_the_access_key(connect: Connect, caller: str, arn: str) -> None:
    """`GetCallerIdentity` gives each ready-made caller's ARN in its own partition."""
    assert connect("sts", caller).get_caller_identity()["Arn"] == arn


@pytest.mark.parametrize(
    ("service", "operation", "codes"),
    [
        ("sts", "get_caller_identity", ("ExpiredToken", "InvalidClientTokenId")),
        (
            "organizations",
            "describe_organization",
            ("ExpiredTokenException", "UnrecognizedClientException"),
        ),
        (
            "account",
            "get_alternate_contact",
            ("ExpiredTokenException", "UnrecognizedClientException"),
        ),
    ],
)
def test_credentials_expire_and_unknown_ones_are_refused(
    aws: AwsSandbox, connect: Connect, service: str, operation: str, codes: tuple[str, str]
) -> None:
    """Each service says in its own words that credentials have expired, or are not known."""
    expired, unknown = codes
    params = {"AlternateContactType": "SECURITY"} if service == "account" else {}
    client = connect(service)
    aws.expire("management")
    assert _refusal(getattr(client, operation), **params)["Error"]["Code"] == expired
    stranger = connect(service, "delegated")
    stranger._request_signer._credentials.token = "another session's"
    assert _refusal(getattr(stranger, operation), **params)["Error"]["Code"] == unknown


def test_renewed_credentials_work_and_the_old_ones_do_not(
    aws: AwsSandbox, connect: Connect
) -> None:
    """`renew` gives a caller a new key and expires the one before it."""
    before = connect("sts")
    assert aws.renew("management") != before
    assert connect("sts").get_caller_identity()["Account"] == "111111111111"
    assert _refusal(before.get_caller_identity)["Error"]["Code"] == "ExpiredToken"


def test_unsigned_requests_are_refused_by_each_service(aws: AwsSandbox) -> None:
    """Without credentials every service answers that its authentication token is missing."""
    sts = httpx.post(aws.url, data={"Action": "GetCallerIdentity"})
    account = httpx.post(f"{aws.url}/getAlternateContact", json={})
    target = {"X-Amz-Target": "AWSOrganizationsV20161128.ListAccounts"}
    organizations = httpx.post(aws.url, json={}, headers=target)
    assert (sts.status_code, account.status_code, organizations.status_code) == (403, 403, 400)
    assert "<Code>MissingAuthenticationToken</Code>" in sts.text
    assert account.headers["x-amzn-errortype"] == "MissingAuthenticationTokenException"
    assert organizations.json()["__type"] == "MissingAuthenticationTokenException"


def test_what_is_no_call_is_refused(aws: AwsSandbox, connect: Connect) -> None:
    """Bodies that are no JSON, other services and operations, and every role are refused."""
    body = httpx.post(f"{aws.url}/getAlternateContact", content=b"{")
    listing = httpx.post(f"{aws.url}/getAlternateContact", content=b"[]")
    assert body.headers["x-amzn-errortype"] == "SerializationException"
    assert listing.headers["x-amzn-errortype"] == "SerializationException"
    scope = "Credential=AKIA/20260101/us-east-1/iam/aws4_request"
    other = httpx.post(aws.url, headers={"Authorization": f"AWS4-HMAC-SHA256 {scope}"})
    assert other.status_code == 404
    assert "no service 'iam'" in other.text
    policy = {"TargetId": "111111111111", "Filter": "SERVICE_CONTROL_POLICY"}
    assert _refusal(connect("sts").get_session_token)["Error"]["Code"] == "InvalidAction"
    assert _refusal(connect("organizations").list_policies_for_target, **policy)["Error"][
        "Code"
    ] == ("UnknownOperationException")
    unknown = _refusal(connect("account").list_regions)
    assert unknown["Error"]["Code"] == "UnknownOperationException"
    role = {"RoleArn": "arn:aws:iam::222222222222:role/any", "RoleSessionName": "bot"}
    assert _refusal(connect("sts").assume_role, **role)["Error"]["Code"] == "AccessDenied"


def test_accounts_come_at_most_twenty_a_page(aws: AwsSandbox, connect: Connect) -> None:
    """Ten thousand accounts are listed in pages of at most 20, each account once."""
    aws.seed_many(10_000)
    aws.quotas(on=False)
    pages = _pages(connect("organizations"))
    assert max(len(page) for page in pages) == 20
    assert len({account["Id"] for page in pages for account in page}) == 10_000


def test_more_than_twenty_a_page_and_made_up_tokens_are_invalid(connect: Connect) -> None:
    """`MaxResults` above 20 and tokens that AWS did not give are `InvalidInputException`."""
    client = connect("organizations")
    assert _refusal(client.list_accounts, MaxResults=20 + 1)["Error"]["Code"] == (
        "InvalidInputException"
    )
    for token in ("x", "MTIz", "YTpiOmM="):
        assert _refusal(client.list_accounts, NextToken=token)["Reason"] == "INVALID_NEXT_TOKEN"


def test_short_and_empty_pages_still_carry_a_token(aws: AwsSandbox, connect: Connect) -> None:
    """Pages as small as they are set, empty ones too, carry a token until all are listed."""
    aws.pages(0, 1, 2)
    sizes = [len(page) for page in _pages(connect("organizations"))]
    assert sizes == [0, 1, 2, 0, 1]


def test_an_account_shows_its_state_as_set(aws: AwsSandbox, connect: Connect) -> None:
    """An account shows `State` alone, or the retired `Status` alone, or both, as set."""
    client = connect("organizations")
    aws.set_account("444444444444", state="CLOSED")
    describe = {"AccountId": "444444444444"}
    account = client.describe_account(**describe)["Account"]
    assert account["State"] == "CLOSED"
    assert "Status" not in account
    aws.state_fields("Status")
    account = client.describe_account(**describe)["Account"]
    assert account["Status"] == "SUSPENDED"
    assert "State" not in account
    aws.state_fields("State", "Status")
    assert client.describe_account(**describe)["Account"]["State"] == "CLOSED"


@pytest.mark.parametrize(
    ("caller", "code"),
    [
        ("delegated", None),
        ("delegated_other", None),
        ("member", "AccessDeniedException"),
        ("standalone", "AWSOrganizationsNotInUseException"),
    ],
)
def test_who_may_list_accounts(connect: Connect, caller: str, code: str | None) -> None:
    """Delegated administrators of any service list accounts; members and others do not."""
    client = connect("organizations", caller)
    if code is None:
        assert len(client.list_accounts()["Accounts"]) == 4
    else:
        assert _refusal(client.list_accounts)["Error"]["Code"] == code


def test_any_member_learns_of_its_organization(connect: Connect) -> None:
    """A plain member may describe its organization; an account of none hears that."""
    organization = connect("organizations", "member").describe_organization()["Organization"]
    assert organization["Id"].startswith("o-")
    refusal = _refusal(connect("organizations", "standalone").describe_organization)
    assert refusal["Error"]["Code"] == "AWSOrganizationsNotInUseException"


def test_trusted_access_and_administrators_are_listed(aws: AwsSandbox, connect: Connect) -> None:
    """The doctor's questions are answered: which services are trusted, and who administers."""
    client = connect("organizations")

    def services() -> set[str]:
        found = client.list_aws_service_access_for_organization()["EnabledServicePrincipals"]
        return {each["ServicePrincipal"] for each in found}

    assert "account.amazonaws.com" in services()
    aws.trusted_access(on=False)
    assert "account.amazonaws.com" not in services()
    mine = client.list_delegated_administrators(ServicePrincipal="account.amazonaws.com")
    assert [each["Id"] for each in mine["DelegatedAdministrators"]] == ["222222222222"]
    assert len(client.list_delegated_administrators()["DelegatedAdministrators"]) == 2


def test_a_denied_organizations_action_is_refused(aws: AwsSandbox, connect: Connect) -> None:
    """An IAM policy that lacks `organizations:ListAccounts` is refused in AWS's words."""
    aws.deny("organizations:ListAccounts")
    client = connect("organizations")
    message = _refusal(client.list_accounts)["Error"]["Message"]
    assert "because no identity-based policy allows the organizations:ListAccounts" in message
    client.describe_organization()
    aws.clear_denials()
    client.list_accounts()


def test_an_account_that_does_not_exist_is_not_described(connect: Connect) -> None:
    """`DescribeAccount` of an id outside of the organization is not found."""
    refusal = _refusal(connect("organizations").describe_account, AccountId="000000000000")
    assert refusal["Error"]["Code"] == "AccountNotFoundException"


def test_the_demo_holds_accounts_in_every_state(aws: AwsSandbox) -> None:
    """The demo has about a dozen accounts, every state, and names that need care."""
    aws.seed_demo()
    accounts = aws.accounts()
    names = {account["name"] for account in accounts}
    assert {account["state"] for account in accounts} == {
        "ACTIVE",
        "SUSPENDED",
        "CLOSED",
        "PENDING_CLOSURE",
        "PENDING_ACTIVATION",
    }
    assert "R&D <sandbox>" in names
    assert max(len(name) for name in names) == 50  # AWS's limit
    lacking = [
        account["id"]
        for account in accounts
        if account["state"] == "ACTIVE" and aws.contact(account["id"], "SECURITY") is None
    ]
    assert len(lacking) == 6
    assert aws.state()["denials"] == [{"action": "*", "by": "scp", "account_id": "161616161616"}]


def test_accounts_and_contacts_are_seeded_as_given(aws: AwsSandbox) -> None:
    """Seeding replaces every account and contact, and adds the management account."""
    aws.set_contact("444444444444", "BILLING", SECURITY_TEAM)
    held = {ContactType.SECURITY: SECURITY_TEAM}
    aws.seed([SandboxAccount("123456789012", "only", contacts=held)])
    assert [account["id"] for account in aws.accounts()] == ["111111111111", "123456789012"]
    assert aws.contact("123456789012", "SECURITY") == SECURITY_TEAM
    assert aws.contact("444444444444", "BILLING") is None


def test_an_account_joins_changes_and_leaves(aws: AwsSandbox) -> None:
    """Single accounts are added, changed and removed, but for the management account."""
    aws.set_account("123456789012", name="new", email="root@example.com")
    aws.set_account("123456789012", state="SUSPENDED")
    assert aws.accounts()[-1] == {
        "id": "123456789012",
        "name": "new",
        "state": "SUSPENDED",
        "email": "root@example.com",
    }
    aws.remove_account("123456789012")
    assert len(aws.accounts()) == 4
    with pytest.raises(SandboxError, match="cannot leave"):
        aws.remove_account("111111111111")


def test_wrong_control_requests_say_what_is_wrong(aws: AwsSandbox) -> None:
    """The control interface answers a wrong request with a plain error."""
    with pytest.raises(SandboxError, match="no caller 'nobody'"):
        aws.environment("nobody")
    with pytest.raises(SandboxError, match="page_sizes"):
        aws.pages(0)
    with pytest.raises(SandboxError, match="state_fields"):
        aws.state_fields("Sate")
    with pytest.raises(SandboxError, match="iam or scp"):
        aws.deny("*", by="magic")
    with pytest.raises(SandboxError, match="answered 404"):
        aws._call("GET", "/nothing")
    with pytest.raises(SandboxError, match="isn't responding"):
        AwsControl("http://127.0.0.1:9").stats()


def test_another_process_drives_the_sandbox_by_its_url(aws: AwsSandbox) -> None:
    """The control interface is HTTP: whoever knows the URL sets and sees the same."""
    AwsControl(aws.url).set_contact("444444444444", "SECURITY", SECURITY_TEAM)
    assert aws.contact("444444444444", "SECURITY") == SECURITY_TEAM


def test_a_port_in_use_is_named_and_nothing_is_left_running(aws: AwsSandbox) -> None:
    """Where its port is taken, the sandbox names the port, and no server of its own runs."""
    port = int(aws.url.rpartition(":")[2])
    second = AwsSandbox(port)
    before = _servers()
    with pytest.raises(SandboxError, match=f"Port {port} is in use"):
        second.start()
    assert _servers() == before
    second.stop()


def test_stopping_ends_the_server_and_a_new_start_is_fresh() -> None:
    """Stopped, the sandbox leaves nothing running; started again, it has its URL and no past."""
    sandbox = AwsSandbox()
    before = _servers()
    with sandbox:
        url = sandbox.url
        sandbox.latency(1)
        sandbox.set_contact("444444444444", "SECURITY", SECURITY_TEAM)
        assert len(_servers() - before) == 1
    sandbox.stop()
    assert _servers() == before
    with pytest.raises(SandboxError, match="isn't responding"):
        AwsControl(url).state()
    with sandbox:
        assert sandbox.url == url
        assert sandbox.state()["latency_ms"] == 0
        assert sandbox.contact("444444444444", "SECURITY") is None


def test_the_sandbox_is_no_process_of_its_own(aws: AwsSandbox) -> None:
    """The sandbox's AWS is a thread of the process that started it, and ends with it."""
    port = int(aws.url.rpartition(":")[2])
    listening = {
        each.laddr.port for each in psutil.Process().net_connections() if each.status == "LISTEN"
    }
    assert port in listening


def test_keys_of_nobody_belong_to_nobody() -> None:
    """An access key that was never given out has no owner."""
    assert AccessKeys(Identity()).owner("AKIAUNKNOWN") is None
