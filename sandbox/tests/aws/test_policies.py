"""Identity policies: what the sandbox's AWS allows a role that has one, and how it denies."""

from collections.abc import Callable
from contextlib import closing
from typing import Any

import boto3
import pytest
from altcontact_sandbox.aws.iam.policy import Decision, PolicyRequest, read_policy
from altcontact_sandbox.aws.sandbox import AwsSandbox
from altcontact_sandbox.errors import SandboxError
from botocore.config import Config
from botocore.exceptions import ClientError

from sandbox.tests.aws.fixtures import Connect

MANAGEMENT = "arn:aws:iam::111111111111:role/altcontact"
DELEGATED = "arn:aws:iam::222222222222:role/altcontact"
STANDALONE = "arn:aws:iam::999999999999:user/altcontact"
CONTACT = {
    "AlternateContactType": "SECURITY",
    "Name": "Security Team",
    "Title": "Officer",
    "EmailAddress": "security@example.com",
    "PhoneNumber": "+44 20 7946 0000",
}


def _policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Resource": "*", **each} for each in statements],
    }


def _denied(call: Callable[..., object], **params: object) -> str:
    with pytest.raises(ClientError) as raised:
        call(**params)
    error = raised.value.response["Error"]
    assert error["Code"] in {"AccessDenied", "AccessDeniedException"}
    return str(error["Message"])


def test_what_no_statement_allows_is_denied(aws: AwsSandbox, connect: Connect) -> None:
    """Each service denies it in AWS's words; callers without a policy are let pass."""
    aws.attach_policy(_policy({"Action": "organizations:DescribeOrganization"}), MANAGEMENT)
    organizations = connect("organizations")
    assert organizations.describe_organization()["Organization"]["Id"]
    user = (
        "User: arn:aws:sts::111111111111:assumed-role/altcontact/bot is not authorized to perform: "
    )
    assert _denied(organizations.list_accounts) == (
        f"{user}organizations:ListAccounts on resource: * because no identity-based policy allows "
        "the organizations:ListAccounts action"
    )
    get = connect("account").get_alternate_contact
    assert _denied(get, AlternateContactType="SECURITY", AccountId="444444444444") == (
        f"{user}account:GetAlternateContact on resource: "
        "arn:aws:account::111111111111:account/o-sandbox0000/444444444444 because no "
        "identity-based policy allows the account:GetAlternateContact action"
    )
    role = {"RoleArn": aws.role("other"), "RoleSessionName": "bot"}
    assert "sts:AssumeRole on resource: arn:aws:iam" in _denied(connect("sts").assume_role, **role)
    assert connect("sts").get_caller_identity()["Account"] == "111111111111"
    assert connect("organizations", "delegated").list_accounts()["Accounts"]
    assert aws.state()["policies"] == [MANAGEMENT]
    aws.detach_policies()
    assert organizations.list_accounts()["Accounts"]


def test_an_explicit_denial_wins(aws: AwsSandbox, connect: Connect) -> None:
    """Whatever is allowed beside it; NotAction covers everything else."""
    aws.attach_policy(
        _policy({"Action": "*"}, {"Effect": "Deny", "NotAction": "organizations:Describe*"}),
        MANAGEMENT,
    )
    organizations = connect("organizations")
    assert organizations.describe_organization()
    message = _denied(organizations.list_roots)
    assert message.endswith("on resource: * with an explicit deny in an identity-based policy")


def test_an_account_has_the_arn_of_its_organization(aws: AwsSandbox, connect: Connect) -> None:
    """It has the management account's id, whoever calls; without an id, the caller's own."""
    put = connect("account", "delegated").put_alternate_contact
    aws.attach_policy(
        _policy(
            {
                "Action": "account:PutAlternateContact",
                "Resource": "arn:aws:account::111111111111:account/o-*/*",
            }
        ),
        DELEGATED,
    )
    put(AccountId="444444444444", **CONTACT)
    own = _denied(put, **CONTACT)
    assert "on resource: arn:aws:account::222222222222:account because" in own
    aws.attach_policy(
        _policy(
            {
                "Action": "account:putalternatecontact",
                "Resource": "arn:aws:account::222222222222:account",
            }
        ),
        DELEGATED,
    )
    put(**CONTACT)
    assert "account/o-sandbox0000/444444444444" in _denied(put, AccountId="444444444444", **CONTACT)


def test_an_ou_and_a_tagged_account_have_arns(aws: AwsSandbox, connect: Connect) -> None:
    """Organizations' actions on OUs and accounts are allowed by the ARN of what they list."""
    unit = aws.create_unit("/Production")
    prefix = "arn:aws:organizations::111111111111"
    allowed = [f"{prefix}:ou/o-sandbox0000/*", f"{prefix}:account/o-sandbox0000/444444444444"]
    aws.attach_policy(_policy({"Action": "organizations:List*", "Resource": allowed}), MANAGEMENT)
    organizations = connect("organizations")
    assert organizations.list_accounts_for_parent(ParentId=unit)["Accounts"] == []
    assert organizations.list_tags_for_resource(ResourceId="444444444444")["Tags"] == []
    root = aws.units()["root"]
    message = _denied(organizations.list_accounts_for_parent, ParentId=root)
    assert f"on resource: {prefix}:root/o-sandbox0000/{root} because" in message
    assert "333333333333" in _denied(
        organizations.list_tags_for_resource, ResourceId="333333333333"
    )


def test_conditions_limit_types_and_sessions(aws: AwsSandbox, connect: Connect) -> None:
    """The type of a contact and the name of a session decide, as in the policies of the docs."""
    role = aws.role("reader", external_id="given")
    aws.attach_policy(
        _policy(
            {
                "Action": "account:*",
                "Condition": {
                    "ForAnyValue:StringEquals": {"account:AlternateContactTypes": ["SECURITY"]}
                },
            },
            {
                "Action": "sts:AssumeRole",
                "Resource": role,
                "Condition": {"StringLike": {"sts:RoleSessionName": "altcontact*"}},
            },
        ),
        STANDALONE,
    )
    account = connect("account", "standalone")
    account.put_alternate_contact(**CONTACT)
    _denied(account.put_alternate_contact, **{**CONTACT, "AlternateContactType": "BILLING"})
    _denied(account.get_contact_information)
    assume = connect("sts", "standalone").assume_role
    assert assume(RoleArn=role, RoleSessionName="altcontact-U1", ExternalId="given")["Credentials"]
    _denied(assume, RoleArn=role, RoleSessionName="other", ExternalId="given")
    _denied(assume, RoleArn=aws.role("other"), RoleSessionName="altcontact")


def test_an_assumed_role_has_the_policy_of_its_own(aws: AwsSandbox, connect: Connect) -> None:
    """What the caller may do counts no more: the role's policy does."""
    role = aws.role("reader", caller="member")
    aws.attach_policy(_policy({"Action": "account:GetAlternateContact"}), role)
    answer = connect("sts").assume_role(RoleArn=role, RoleSessionName="altcontact")
    held = answer["Credentials"]
    session = boto3.Session(
        held["AccessKeyId"], held["SecretAccessKey"], held["SessionToken"], region_name="us-east-1"
    )
    config = Config(retries={"total_max_attempts": 1})
    with closing(session.client("account", endpoint_url=aws.url, config=config)) as client:
        message = _denied(client.put_alternate_contact, **CONTACT)
        assert "assumed-role/reader/altcontact" in message
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            client.get_alternate_contact(AlternateContactType="SECURITY")


def test_an_account_has_a_name(aws: AwsSandbox, connect: Connect) -> None:
    """`GetAccountInformation` names the caller's own account, and a member's."""
    own = connect("account", "standalone").get_account_information()
    assert (own["AccountId"], own["AccountName"]) == ("999999999999", "Standalone")
    member = connect("account").get_account_information(AccountId="444444444444")
    assert member["AccountName"] == "Workload"
    message = _denied(
        connect("account", "member").get_account_information, AccountId="444444444444"
    )
    assert "account:GetAccountInformation" in message


@pytest.mark.parametrize(
    "document",
    [
        [],
        {"Statement": []},
        {"Version": "2008-10-17", "Statement": [{"Effect": "Allow"}]},
        {"Version": "2012-10-17"},
        _policy({"Action": "*", "Effect": "allow"}),
        _policy({"Action": "*", "Principal": "*"}),
        _policy({"Action": "*", "NotAction": "sts:*"}),
        _policy({}),
        _policy({"Action": []}),
        _policy({"Action": [1]}),
        _policy({"Action": "*", "Resource": "arn:aws:iam::1:user/${aws:username}"}),
        _policy({"Action": "*", "Condition": []}),
        _policy({"Action": "*", "Condition": {"StringEquals": []}}),
        _policy({"Action": "*", "Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}),
    ],
)
def test_what_is_no_policy_is_refused(aws: AwsSandbox, document: Any) -> None:  # noqa: ANN401 - of any shape
    """Nothing that isn't understood passes for a policy, and the one before stays."""
    with pytest.raises(SandboxError):
        aws.attach_policy(document, MANAGEMENT)
    with pytest.raises(SandboxError):
        aws.attach_policy(_policy({"Action": "*"}), "management")
    assert aws.state()["policies"] == []


@pytest.mark.parametrize(
    ("condition", "context", "holds"),
    [
        ({"StringEquals": {"k": "a"}}, {"k": ("a",)}, True),
        ({"StringEquals": {"K": ["b", "a"]}}, {"k": ("a",)}, True),
        ({"StringEquals": {"k": "a"}}, {}, False),
        ({"StringEqualsIfExists": {"k": "a"}}, {}, True),
        ({"StringNotEquals": {"k": "a"}}, {}, True),
        ({"StringNotEquals": {"k": ["a", "b"]}}, {"k": ("b",)}, False),
        ({"StringEqualsIgnoreCase": {"k": "A"}}, {"k": ("a",)}, True),
        ({"StringLike": {"k": "s3.*.aws"}}, {"k": ("s3.eu.aws",)}, True),
        ({"StringLike": {"k": "s?"}}, {"k": ("s34",)}, False),
        ({"StringNotLike": {"k": "s*"}}, {"k": ("s34",)}, False),
        ({"ArnLike": {"k": "arn:aws:iam::*:role/x"}}, {"k": ("arn:aws:iam::1:role/x",)}, True),
        ({"Bool": {"k": False}}, {"k": ("false",)}, True),
        ({"Null": {"k": "false"}}, {"k": ("*",)}, True),
        ({"Null": {"k": "false"}}, {}, False),
        ({"Null": {"k": True}}, {}, True),
        ({"ForAnyValue:StringEquals": {"k": "a"}}, {"k": ("b", "a")}, True),
        ({"ForAnyValue:StringEquals": {"k": "a"}}, {}, False),
        ({"ForAllValues:StringEquals": {"k": "a"}}, {"k": ("b", "a")}, False),
        ({"ForAllValues:StringEquals": {"k": "a"}}, {}, True),
        ({"StringEquals": {"k": "a", "l": "a"}}, {"k": ("a",), "l": ("b",)}, False),
        ({"StringEquals": {"k": "a"}, "StringLike": {"l": "*"}}, {"k": ("a",)}, False),
    ],
)
def test_conditions_hold_as_at_aws(
    condition: dict[str, Any], context: dict[str, tuple[str, ...]], *, holds: bool
) -> None:
    """Values of a key are alternatives; keys and operators all have to hold."""
    policy = read_policy(_policy({"Action": "s3:PutObject", "Condition": condition}))
    decision = policy.decide(PolicyRequest("s3:PutObject", "arn:aws:s3:::b/k", context))
    assert decision is (Decision.ALLOWED if holds else Decision.NOT_ALLOWED)


@pytest.mark.parametrize(
    ("resource", "covered"),
    [
        ({"Resource": "arn:aws:s3:::bucket/*"}, True),
        ({"Resource": "arn:aws:s3:::Bucket/*"}, False),
        ({"Resource": ["arn:aws:s3:::other", "arn:aws:s3:::bucket/a?b"]}, True),
        ({"NotResource": "arn:aws:s3:::bucket/*"}, False),
        ({"NotResource": "arn:aws:s3:::other/*"}, True),
    ],
)
def test_resources_are_matched_with_case(resource: dict[str, Any], *, covered: bool) -> None:
    """ARNs have case and wildcards; NotResource covers everything else."""
    statement = {"Effect": "Allow", "Action": "S3:put*", **resource}
    policy = read_policy({"Version": "2012-10-17", "Statement": statement})
    request = PolicyRequest("s3:PutObject", "arn:aws:s3:::bucket/a/b", {})
    assert policy.decide(request) is (Decision.ALLOWED if covered else Decision.NOT_ALLOWED)
