"""The sandbox's Account Management: who reaches which account's contacts, and with what."""

from collections.abc import Callable
from typing import Any

import pytest
from altcontact_sandbox.aws.sandbox import AwsSandbox
from altcontact_sandbox.aws.seeds.demo import DENIED_ID, SECURITY_TEAM, to_aws
from botocore.exceptions import ClientError, ConnectionClosedError

from bot.domain.contacts import AlternateContact
from sandbox.tests.aws.fixtures import Connect

MEMBER = "444444444444"
SECURITY = {"AlternateContactType": "SECURITY"}
CONTACT = to_aws(SECURITY_TEAM)


def _refusal(call: Callable[..., object], **params: object) -> dict[str, Any]:
    with pytest.raises(ClientError) as raised:
        call(**{**SECURITY, **params})
    return {**raised.value.response}


def _denial(call: Callable[..., object], **params: object) -> str:
    refusal = _refusal(call, **params)
    assert refusal["Error"]["Code"] == "AccessDeniedException"
    assert refusal["ResponseMetadata"]["HTTPStatusCode"] == 403
    return str(refusal["Error"]["Message"])


def test_a_contact_is_put_read_and_deleted(aws: AwsSandbox, connect: Connect) -> None:
    """What is put is read back and held by AWS, and gone once deleted."""
    client = connect("account")
    target = {**SECURITY, "AccountId": MEMBER}
    client.put_alternate_contact(**target, **CONTACT)
    read = client.get_alternate_contact(**target)["AlternateContact"]
    assert read == {**CONTACT, **SECURITY}
    assert aws.contact(MEMBER, "SECURITY") == SECURITY_TEAM
    client.delete_alternate_contact(**target)
    assert aws.contact(MEMBER, "SECURITY") is None
    for call in (client.get_alternate_contact, client.delete_alternate_contact):
        refusal = _refusal(call, AccountId=MEMBER)
        assert refusal["Error"]["Code"] == "ResourceNotFoundException"
        assert refusal["ResponseMetadata"]["HTTPStatusCode"] == 404


@pytest.mark.parametrize("caller", ["management", "delegated", "member", "standalone", "china"])
def test_everyone_manages_their_own_account_without_naming_it(
    aws: AwsSandbox, connect: Connect, caller: str
) -> None:
    """Without `AccountId` a call is about the calling account, whoever it is."""
    connect("account", caller).put_alternate_contact(**SECURITY, **CONTACT)
    identity = connect("sts", caller).get_caller_identity()
    assert aws.contact(identity["Account"], "SECURITY") == SECURITY_TEAM


def test_the_control_interface_sets_and_deletes_contacts(aws: AwsSandbox, connect: Connect) -> None:
    """Contacts set or deleted directly show at once to callers."""
    client = connect("account")
    aws.set_contact("111111111111", "SECURITY", SECURITY_TEAM)
    assert client.get_alternate_contact(**SECURITY)["AlternateContact"]["Name"] == "Security Team"
    aws.delete_contact("111111111111", "SECURITY")
    assert _refusal(client.get_alternate_contact)["Error"]["Code"] == "ResourceNotFoundException"


@pytest.mark.parametrize("caller", ["management", "delegated"])
def test_the_management_account_is_never_named(connect: Connect, caller: str) -> None:
    """The management account's id is refused to itself and to its delegated administrator."""
    message = _denial(connect("account", caller).get_alternate_contact, AccountId="111111111111")
    assert "can only be managed using the standalone context from the management" in message


@pytest.mark.parametrize(
    ("caller", "account_id"),
    [
        ("member", MEMBER),
        ("member", "222222222222"),
        ("delegated_other", MEMBER),
        ("delegated", "222222222222"),
        ("standalone", "999999999999"),
    ],
)
def test_who_may_not_name_an_account_gets_a_bare_denial(
    connect: Connect, caller: str, account_id: str
) -> None:
    """A plain member, or another service's administrator, is denied without a reason."""
    message = _denial(connect("account", caller).get_alternate_contact, AccountId=account_id)
    assert message.endswith("is not authorized to perform: account:GetAlternateContact")


@pytest.mark.parametrize("caller", ["management", "delegated"])
def test_trusted_access_off_is_said(aws: AwsSandbox, connect: Connect, caller: str) -> None:
    """Without trusted access no member is reached, and AWS's message says what to enable."""
    aws.trusted_access(on=False)
    client = connect("account", caller)
    message = _denial(client.get_alternate_contact, AccountId=MEMBER)
    assert "must first enable trusted access with AWS Account Management" in message
    assert _refusal(client.get_alternate_contact)["Error"]["Code"] == "ResourceNotFoundException"


def test_accounts_of_others_are_refused(connect: Connect) -> None:
    """An id outside of the organization is denied."""
    message = _denial(connect("account").get_alternate_contact, AccountId="000000000000")
    assert "not a member of your organization" in message


@pytest.mark.parametrize("state", ["SUSPENDED", "CLOSED", "PENDING_CLOSURE", "PENDING_ACTIVATION"])
def test_accounts_that_are_not_active_are_refused(
    aws: AwsSandbox, connect: Connect, state: str
) -> None:
    """An account that is not `ACTIVE` is neither read nor written."""
    aws.set_account(MEMBER, state=state)
    client = connect("account")
    assert state in _denial(client.get_alternate_contact, AccountId=MEMBER)
    assert state in _denial(client.put_alternate_contact, AccountId=MEMBER, **CONTACT)


def test_a_denied_action_names_the_policy_that_is_missing(
    aws: AwsSandbox, connect: Connect
) -> None:
    """A missing IAM permission differs from an SCP's denial, by action and account."""
    aws.deny("account:PutAlternateContact", by="iam")
    aws.deny("account:GetAlternateContact", MEMBER, by="scp")
    client = connect("account")
    put = _denial(client.put_alternate_contact, AccountId=MEMBER, **CONTACT)
    get = _denial(client.get_alternate_contact, AccountId=MEMBER)
    assert "no identity-based policy allows the account:PutAlternateContact action" in put
    assert "arn:aws:account::111111111111:account/o-sandbox0000/444444444444" in put
    assert get.endswith("with an explicit deny in a service control policy")
    own = _denial(client.put_alternate_contact, **CONTACT)
    assert "on resource: arn:aws:account::111111111111:account because" in own
    assert _refusal(client.get_alternate_contact)["Error"]["Code"] == "ResourceNotFoundException"


def test_the_demo_has_an_account_that_an_scp_denies(aws: AwsSandbox, connect: Connect) -> None:
    """The demo's account under legal hold cannot be looked at."""
    aws.seed_demo()
    message = _denial(connect("account").get_alternate_contact, AccountId=DENIED_ID)
    assert "service control policy" in message


@pytest.mark.parametrize(
    ("field", "value", "name", "words"),
    [
        ("Name", "n" * 65, "name", "less than or equal to 64"),
        ("Title", "t" * 51, "title", "less than or equal to 50"),
        ("EmailAddress", "o'neil@example.com", "emailAddress", "regular expression"),
        ("EmailAddress", "a" * 250 + "@b.co", "emailAddress", "less than or equal to 254"),
        ("PhoneNumber", "call me", "phoneNumber", "regular expression"),
        ("AlternateContactType", "LEGAL", "alternateContactType", "enum value set"),
        ("AccountId", "123456789o12", "accountId", "regular expression"),
    ],
)
def test_fields_are_held_to_awss_own_model(
    connect: Connect, field: str, value: str, name: str, words: str
) -> None:
    """A field that breaks botocore's model is a `ValidationException` that names it."""
    params = {"AccountId": MEMBER, **CONTACT, field: value}
    refusal = _refusal(connect("account").put_alternate_contact, **params)
    assert refusal["Error"]["Code"] == "ValidationException"
    assert refusal["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert refusal["reason"] == "fieldValidationFailed"
    [found] = refusal["fieldList"]
    assert found["name"] == name
    assert words in found["message"]


def test_every_wrong_field_is_listed(connect: Connect) -> None:
    """Several wrong fields come back together; absent, empty and mistyped ones too."""
    client = connect("account", parameter_validation=False)
    params = {"Name": None, "Title": "", "EmailAddress": 7, "PhoneNumber": "1"}
    refusal = _refusal(client.put_alternate_contact, **params)
    assert {each["name"]: each["message"] for each in refusal["fieldList"]} == {
        "name": "Member must not be null",
        "title": "Member must have length greater than or equal to 1",
        "emailAddress": "Member must be a string",
    }
    assert refusal["message"].startswith("3 validation errors")


@pytest.mark.parametrize("caller", ["govcloud", "eusc"])
def test_a_partition_has_no_account_management(connect: Connect, caller: str) -> None:
    """A caller there lists its organization, but nothing answers for alternate contacts."""
    assert connect("organizations", caller).list_accounts()["Accounts"]
    with pytest.raises(ConnectionClosedError):
        connect("account", caller).get_alternate_contact(**SECURITY)


def test_a_write_shows_only_after_the_delay(aws: AwsSandbox, connect: Connect) -> None:
    """With a delay, Get answers as before the write though the write is done."""
    aws.delay(3600)
    client = connect("account")
    client.put_alternate_contact(**SECURITY, **CONTACT)
    assert _refusal(client.get_alternate_contact)["Error"]["Code"] == "ResourceNotFoundException"
    assert aws.contact("111111111111", "SECURITY") == SECURITY_TEAM
    aws.set_contact("111111111111", "SECURITY", SECURITY_TEAM)
    other = AlternateContact("Other", "Other", "other@example.com", "+1 555 0100")
    client.put_alternate_contact(**SECURITY, **to_aws(other))
    assert client.get_alternate_contact(**SECURITY)["AlternateContact"]["Name"] == "Security Team"


def test_a_delay_ends_by_itself(aws: AwsSandbox, connect: Connect) -> None:
    """Once the delay is over, Get answers with what was written."""
    aws.delay(0.001)
    client = connect("account")
    client.put_alternate_contact(**SECURITY, **CONTACT)
    aws.latency(5)
    assert client.get_alternate_contact(**SECURITY)["AlternateContact"]["Name"] == "Security Team"
