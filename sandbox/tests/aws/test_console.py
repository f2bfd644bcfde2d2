"""The sandbox's AWS as its console: accounts, contacts and denials, set or generated."""

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import phonenumbers
import pytest
from altcontact_sandbox.aws.control.form_checks import (
    STATES,
    changed_account,
    check_contact,
    new_account,
)
from altcontact_sandbox.aws.organizations.identity import (
    DELEGATED_ID,
    DELEGATED_OTHER_ID,
    MANAGEMENT_ID,
    MEMBER_ID,
    Identity,
)
from altcontact_sandbox.aws.organizations.organization import initial_members
from altcontact_sandbox.aws.protocol.input_model import AccountModel
from altcontact_sandbox.aws.sandbox import AwsSandbox
from altcontact_sandbox.aws.seeds.demo import SECURITY_TEAM, SandboxAccount, to_aws
from altcontact_sandbox.aws.seeds.realistic import realistic_accounts
from altcontact_sandbox.errors import SandboxError
from botocore.exceptions import ClientError

from bot.domain.contacts import AlternateContact, ContactType
from sandbox.tests.aws.fixtures import Connect

CONTACT = to_aws(SECURITY_TEAM)


def _put_checked(aws: AwsSandbox, account_id: str, contact: dict[str, object]) -> httpx.Response:
    path = f"{aws.url}/_sandbox/contacts/{account_id}/SECURITY?checked=1"
    return httpx.put(path, json=contact)


def _code(call: Callable[..., object], **params: object) -> str:
    with pytest.raises(ClientError) as raised:
        call(**params)
    return str(raised.value.response["Error"]["Code"])


def _owners(client: Any, **params: str) -> list[str]:  # noqa: ANN401 - boto3
    return [
        each["Id"]
        for each in client.list_delegated_administrators(**params)["DelegatedAdministrators"]
    ]


def test_an_account_is_created_and_listed(aws: AwsSandbox, connect: Connect) -> None:
    """A new account has an id of 12 digits and is active; its email is made up unless given."""
    made_up = aws.create_account("web-prod")
    given = aws.create_account("web-dev", "web-dev@example.com")
    listed = connect("organizations").list_accounts()["Accounts"][-2:]
    assert [each["Id"] for each in listed] == [made_up, given]
    assert [each["State"] for each in listed] == ["ACTIVE", "ACTIVE"]
    assert [each["Email"] for each in listed] == [
        f"root+{made_up}@example.com",
        "web-dev@example.com",
    ]
    assert made_up.isdigit()
    assert len(made_up) == 12
    connect("account").put_alternate_contact(
        AccountId=made_up, AlternateContactType="SECURITY", **CONTACT
    )
    assert aws.contact(made_up, "SECURITY") == SECURITY_TEAM


def test_a_new_id_is_of_no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """An id that is taken is not given again."""
    ids = iter([333333333333, 123456789012])
    monkeypatch.setattr("secrets.randbelow", lambda _below: next(ids) - 10**11)
    members = {each.id: each for each in initial_members(Identity())}
    assert new_account(members, {"name": "new"}).id == "123456789012"


def test_an_account_that_aws_would_not_create_is_refused(aws: AwsSandbox) -> None:
    """A name too long or not ASCII, no name, and an email that is taken or none are refused."""
    for name in ("", "x" * 51, "Zoë"):
        with pytest.raises(SandboxError, match="1 to 50 characters"):
            aws.create_account(name)
    with pytest.raises(SandboxError, match="email address has"):
        aws.create_account("web", "nowhere")
    with pytest.raises(SandboxError, match="Another account"):
        aws.create_account("web", f"root+{MEMBER_ID}@example.com")
    assert len(aws.accounts()) == 4


def test_an_account_is_changed_only_into_what_aws_has(aws: AwsSandbox) -> None:
    """An account takes each of AWS's states and no other; the management account stays active."""
    for state in STATES:
        aws.set_account(MEMBER_ID, state=state)
        assert aws.accounts()[-1]["state"] == state
    with pytest.raises(SandboxError, match="no such state") as raised:
        aws.set_account(MEMBER_ID, state="GONE")
    assert "PENDING_CLOSURE" in raised.value.remedy
    with pytest.raises(SandboxError, match="management account stays active"):
        aws.set_account(MANAGEMENT_ID, state="CLOSED")
    with pytest.raises(SandboxError, match="12 digits"):
        changed_account(None, "12", {"name": "short"})


def test_a_form_is_checked_as_aws_does_and_told_in_plain_words(aws: AwsSandbox) -> None:
    """The console's form is refused field by field, in words that hold nothing that was typed."""
    answer = _put_checked(
        aws,
        MEMBER_ID,
        {
            "Name": "",
            "Title": "t" * 51,
            "EmailAddress": "o'brien@example.com",
            "PhoneNumber": "ext",
        },
    )
    assert answer.status_code == 200
    told = answer.json()
    assert told["error"]
    assert told["remedy"]
    assert set(told["fields"]) == {"Name", "Title", "EmailAddress", "PhoneNumber"}
    assert told["fields"]["Name"] == "Give a name."
    assert "at most 50 characters" in told["fields"]["Title"]
    assert "brien" not in answer.text
    assert aws.contact(MEMBER_ID, "SECURITY") is None
    missing = _put_checked(aws, MEMBER_ID, {"Name": 1}).json()["fields"]
    assert missing["Name"] == "The name is a text."
    assert missing["EmailAddress"] == "Give an email address."
    assert _put_checked(aws, MEMBER_ID, {**CONTACT}).status_code == 204
    assert aws.contact(MEMBER_ID, "SECURITY") == SECURITY_TEAM


def test_a_form_for_an_account_that_cannot_be_written_is_refused(aws: AwsSandbox) -> None:
    """The console's form changes contacts of active accounts of the organization alone."""
    aws.set_account(MEMBER_ID, state="SUSPENDED")
    suspended = _put_checked(aws, MEMBER_ID, {**CONTACT})
    assert (suspended.status_code, "SUSPENDED" in suspended.json()["error"]) == (200, True)
    assert "no such account" in _put_checked(aws, "123456789012", {**CONTACT}).json()["error"]
    new = f"{aws.url}/_sandbox/accounts/new"
    refused = httpx.post(f"{new}?checked=1", json={"name": "x" * 51})
    assert (refused.status_code, "1 to 50 characters" in refused.json()["error"]) == (200, True)
    assert httpx.post(new, json={"name": "x" * 51}).status_code == 400
    assert httpx.post(f"{new}?checked=1", content="no JSON").status_code == 400
    listed = httpx.post(new, json=["no object"])
    assert (listed.status_code, listed.json()["error"]) == (400, "The body is JSON, but no object.")


def test_denials_are_taken_back_one_by_one(aws: AwsSandbox) -> None:
    """Those denials go that were chosen; one that is made twice is there once."""
    aws.deny("account:PutAlternateContact")
    aws.deny("account:PutAlternateContact")
    aws.deny("account:PutAlternateContact", MEMBER_ID, "scp")
    aws.deny("*", MEMBER_ID, "scp")
    assert len(aws.state()["denials"]) == 3
    aws.allow(action="account:PutAlternateContact", account_id=None)
    assert [each["by"] for each in aws.state()["denials"]] == ["scp", "scp"]
    aws.allow(action="*")
    assert [each["action"] for each in aws.state()["denials"]] == ["account:PutAlternateContact"]
    with pytest.raises(SandboxError, match="by action"):
        aws.allow(acton="*")
    aws.clear_denials()
    assert aws.state()["denials"] == []


def test_made_up_accounts_are_the_same_for_the_same_seed() -> None:
    """Fewer accounts are the beginning of more; another seed gives others."""
    few, many = realistic_accounts(60, 7), realistic_accounts(500, 7)
    assert many[:60] == few
    assert realistic_accounts(60, 8)[4:] != few[4:]
    assert [each.id for each in few[:4]] == [
        MANAGEMENT_ID,
        DELEGATED_ID,
        DELEGATED_OTHER_ID,
        MEMBER_ID,
    ]


@pytest.mark.parametrize("seed", [1, 7, 2026])
def test_made_up_accounts_are_a_believable_mix(seed: int) -> None:
    """Most are active, about a quarter of those lack SECURITY, and every name is its own."""
    accounts = realistic_accounts(1000, seed)
    states = Counter(each.state for each in accounts)
    active = [each for each in accounts if each.state == "ACTIVE"]
    lacking = [each for each in active if ContactType.SECURITY not in each.contacts]
    assert set(states) == set(STATES)
    assert 880 <= len(active) <= 960
    assert 0.19 <= len(lacking) / len(active) <= 0.31
    assert {(), (ContactType.BILLING,)} <= {tuple(each.contacts) for each in lacking}
    assert len({each.id for each in accounts}) == len({each.name for each in accounts}) == 1000
    assert all(re.fullmatch(r"[a-z0-9-]+", each.name) for each in accounts)
    holders = {each.contacts.get(ContactType.SECURITY) for each in active}
    assert len({contact.name for contact in holders if contact}) > 20


def _everyone(accounts: list[SandboxAccount]) -> list[AlternateContact]:
    return [contact for each in accounts for contact in each.contacts.values()]


def test_made_up_contacts_are_nobodys_and_such_as_aws_takes() -> None:
    """Domains are kept for private use, phones for fiction, and AWS would take all of them."""
    accounts = realistic_accounts(1000, 3)
    model = AccountModel()
    for contact in _everyone(accounts):
        check_contact(model, to_aws(contact))
        domain = contact.email.rpartition("@")[2].lower()
        assert domain in {"corp.internal", "bought.internal", "old.internal"}
        number = phonenumbers.parse(contact.phone)
        national = phonenumbers.national_significant_number(number)
        fiction = ("2079460", "1614960", "1134960", "7700900") if number.country_code == 44 else ()
        assert national.startswith(fiction) or national[3:8] == "55501"
    for each in accounts:
        changed_account(None, each.id, each.as_json())


def test_many_accounts_are_made_up_at_once(aws: AwsSandbox) -> None:
    """Ten thousand made-up accounts are there with one call."""
    aws.seed_realistic(10_000, 7)
    world = aws.world()
    assert len(world["accounts"]) == 10_000
    assert world["accounts"][100]["id"] == realistic_accounts(101, 7)[100].id


@pytest.mark.parametrize(
    ("caller", "code"),
    [
        ("management", ""),
        ("delegated", ""),
        ("delegated_other", ""),
        ("member", "AccessDeniedException"),
        ("standalone", "AWSOrganizationsNotInUseException"),
    ],
)
def test_who_may_ask_what_is_trusted_and_who_administers(
    connect: Connect, caller: str, code: str
) -> None:
    """The management account and delegated administrators may ask; others are refused."""
    client = connect("organizations", caller)
    for ask in (
        client.list_aws_service_access_for_organization,
        client.list_delegated_administrators,
    ):
        if code:
            assert _code(ask) == code
        else:
            ask()


def test_administrators_are_listed_by_the_service_asked_for(
    aws: AwsSandbox, connect: Connect
) -> None:
    """`ServicePrincipal` chooses; an administrator whose account has left is not listed."""
    client = connect("organizations")
    assert _owners(client) == [DELEGATED_ID, DELEGATED_OTHER_ID]
    assert _owners(client, ServicePrincipal="account.amazonaws.com") == [DELEGATED_ID]
    assert _owners(client, ServicePrincipal="guardduty.amazonaws.com") == [DELEGATED_OTHER_ID]
    assert _owners(client, ServicePrincipal="config.amazonaws.com") == []
    aws.remove_account(DELEGATED_ID)
    assert _owners(client, ServicePrincipal="account.amazonaws.com") == []


@pytest.mark.parametrize(
    ("action", "operation"),
    [
        ("ListAWSServiceAccessForOrganization", "list_aws_service_access_for_organization"),
        ("ListDelegatedAdministrators", "list_delegated_administrators"),
    ],
)
def test_the_doctors_questions_can_be_denied(
    aws: AwsSandbox, connect: Connect, action: str, operation: str
) -> None:
    """An IAM policy or an SCP that denies one of them leaves the others alone."""
    client = connect("organizations", "delegated")
    for by in ("iam", "scp"):
        aws.deny(f"organizations:{action}", by=by)
        assert _code(getattr(client, operation)) == "AccessDeniedException"
        client.list_accounts()
        aws.clear_denials()
    getattr(client, operation)()
