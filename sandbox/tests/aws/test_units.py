"""The sandbox's OUs, tags and primary contacts, as AWS's own client sees them."""

import re
from collections.abc import Callable
from typing import Any

import botocore.session
import pytest
from altcontact_sandbox.aws.sandbox import AwsSandbox
from altcontact_sandbox.aws.seeds.demo import SECURITY_TEAM
from altcontact_sandbox.errors import SandboxError
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from bot.domain.contacts import AlternateContact
from sandbox.tests.aws.fixtures import Connect

MANAGEMENT = "111111111111"
MEMBER = "444444444444"
PAYMENTS = "/Production/Payments"


def _code(call: Callable[..., object], **params: object) -> str:
    with pytest.raises(ClientError) as raised:
        call(**params)
    return str(raised.value.response["Error"]["Code"])


def _reason(call: Callable[..., object], **params: object) -> str:
    with pytest.raises(ClientError) as raised:
        call(**params)
    return str({**raised.value.response}["Reason"])


def _all(client: BaseClient, operation: str, key: str, **params: object) -> list[dict[str, Any]]:
    pages = client.get_paginator(operation).paginate(**params)
    return [entry for page in pages for entry in page[key]]


def _root(client: Any) -> str:  # noqa: ANN401 - boto3's client
    [root] = _all(client, "list_roots", "Roots")
    return str(root["Id"])


def _walked(client: Any) -> dict[str, str]:  # noqa: ANN401 - boto3's client
    """{account id: path by names}, found as a client without `Paths` finds it."""
    found = {}
    level = [(_root(client), "")]
    for parent, path in level:
        for account in _all(client, "list_accounts_for_parent", "Accounts", ParentId=parent):
            found[account["Id"]] = path or "/"
        units = _all(
            client,
            "list_organizational_units_for_parent",
            "OrganizationalUnits",
            ParentId=parent,
        )
        level += [(unit["Id"], f"{path}/{unit['Name']}") for unit in units]
    return found


def _pattern(shape: str) -> str:
    service = botocore.session.get_session().get_service_model("organizations")
    return str(service.shape_for(shape).metadata["pattern"])


def test_the_walk_finds_each_account_where_it_was_put(aws: AwsSandbox, connect: Connect) -> None:
    """Roots, OUs and accounts lead to every account, by the names that it was placed under."""
    unit = aws.place(MEMBER, PAYMENTS)
    aws.place("222222222222", "/Security")
    aws.create_unit("/Empty/Deeper")
    client = connect("organizations")
    assert _walked(client) == {
        MANAGEMENT: "/",
        "222222222222": "/Security",
        "333333333333": "/",
        MEMBER: PAYMENTS,
    }
    assert _walked(client) == aws.units()["accounts"]
    assert {each["path"] for each in aws.units()["units"]} >= {PAYMENTS, "/Empty/Deeper"}
    aws.place(MEMBER, "/production/payments")
    assert aws.place(MEMBER, PAYMENTS) == unit
    assert aws.place(MEMBER, "/") == _root(client)


def test_an_ou_may_have_a_slash_in_its_name(aws: AwsSandbox, connect: Connect) -> None:
    """AWS takes any characters in a name; the path encodes those that would be boundaries."""
    unit = aws.place(MEMBER, "/Build/CI%2FCD 50%2525")
    assert _walked(connect("organizations"))[MEMBER] == "/Build/CI/CD 50%25"
    assert aws.units()["accounts"][MEMBER] == "/Build/CI%2FCD 50%2525"
    assert aws.place(MEMBER, aws.units()["accounts"][MEMBER]) == unit


def test_the_demo_and_made_up_accounts_stand_in_a_tree(aws: AwsSandbox, connect: Connect) -> None:
    """Both have nested OUs that could be real, and every account is in one or in the root."""
    aws.quotas(on=False)
    aws.seed_demo()
    placed = _walked(connect("organizations"))
    assert {"/Production/Payments", "/Security/Tooling", "/Sandbox", "/"} <= set(placed.values())
    assert len(placed) == len(aws.accounts())
    aws.seed_realistic(300, seed=7)
    placed = _walked(connect("organizations"))
    assert {"/Production/Data", "/Development/Staging", "/Suspended"} <= set(placed.values())
    assert len(placed) == 300
    assert placed[MEMBER].startswith("/Production")


def test_listings_are_cut_into_pages_as_set(aws: AwsSandbox, connect: Connect) -> None:
    """No page has more than 20; short and empty ones carry a token; each entry comes once."""
    aws.quotas(on=False)
    accounts = [{"name": f"a{number}", "ou": f"/Many/{number}"} for number in range(45)]
    aws.seed_accounts([*accounts, *({"name": f"b{number}", "ou": "/Many"} for number in range(45))])
    client = connect("organizations")
    many = aws.create_unit("/Many")

    def sizes(operation: str, key: str) -> list[int]:
        pages = client.get_paginator(operation).paginate(ParentId=many)
        return [len(page[key]) for page in pages]

    assert sizes("list_accounts_for_parent", "Accounts") == [20, 20, 5]
    listed = sizes("list_organizational_units_for_parent", "OrganizationalUnits")
    assert listed == [20, 20, 5]
    aws.pages(0, 3)
    assert sizes("list_accounts_for_parent", "Accounts")[:4] == [0, 3, 0, 3]
    assert client.list_roots()["Roots"] == []
    assert len(_walked(client)) == 91
    page = client.list_accounts_for_parent(ParentId=many, MaxResults=2)
    elsewhere = {"ParentId": _root(client), "NextToken": page["NextToken"]}
    assert _reason(client.list_accounts_for_parent, **elsewhere) == "INVALID_NEXT_TOKEN"
    other = client.list_organizational_units_for_parent
    token = page["NextToken"]
    assert _reason(other, ParentId=many, NextToken=token) == "INVALID_NEXT_TOKEN"


def test_an_account_shows_its_path_by_ids_unless_told_not_to(
    aws: AwsSandbox, connect: Connect
) -> None:
    """`Paths` is one path in AWS's pattern, in every listing, and can be switched off."""
    unit = aws.place(MEMBER, PAYMENTS)
    client = connect("organizations")
    described = client.describe_account(AccountId=MEMBER)["Account"]
    [path] = described["Paths"]
    assert re.fullmatch(_pattern("Path"), path)
    assert path.endswith(f"/{unit}/{MEMBER}/")
    [listed] = client.list_accounts_for_parent(ParentId=unit)["Accounts"]
    assert listed["Paths"] == [path]
    own = client.describe_account(AccountId=MANAGEMENT)["Account"]["Paths"]
    assert own == [f"{aws.units()['organization']}/{_root(client)}/{MANAGEMENT}/"]
    assert all(account["Paths"] for account in client.list_accounts()["Accounts"])
    [administrator, _] = client.list_delegated_administrators()["DelegatedAdministrators"]
    assert "Paths" not in administrator
    aws.paths(on=False)
    assert "Paths" not in client.describe_account(AccountId=MEMBER)["Account"]
    [production] = client.list_organizational_units_for_parent(ParentId=_root(client))[
        "OrganizationalUnits"
    ]
    assert "Path" not in production


def test_parents_are_told_of_accounts_and_ous(aws: AwsSandbox, connect: Connect) -> None:
    """`ListParents` gives the one parent, a root or an OU; ids are as AWS's patterns have them."""
    unit = aws.place(MEMBER, PAYMENTS)
    client = connect("organizations")
    parent = {"Id": unit, "Type": "ORGANIZATIONAL_UNIT"}
    assert client.list_parents(ChildId=MEMBER)["Parents"] == [parent]
    above = aws.create_unit("/Production")
    assert client.list_parents(ChildId=unit)["Parents"][0]["Id"] == above
    root = {"Id": _root(client), "Type": "ROOT"}
    assert client.list_parents(ChildId=above)["Parents"] == [root]
    assert re.fullmatch(_pattern("OrganizationalUnitId"), unit)
    assert re.fullmatch(_pattern("RootId"), root["Id"])


def test_what_is_not_there_is_not_found(aws: AwsSandbox, connect: Connect) -> None:
    """Each listing has its own error for an id of nothing, and another for no id at all."""
    client = connect("organizations")
    nowhere = "ou-s000-00000000"
    for ask in (client.list_accounts_for_parent, client.list_organizational_units_for_parent):
        assert _code(ask, ParentId=nowhere) == "ParentNotFoundException"
        assert _reason(ask, ParentId="Production") == "INVALID_PATTERN"
    assert _code(client.list_parents, ChildId=nowhere) == "ChildNotFoundException"
    assert _code(client.list_parents, ChildId="000000000000") == "ChildNotFoundException"
    assert _code(client.list_tags_for_resource, ResourceId=nowhere) == "TargetNotFoundException"
    assert _reason(client.list_roots, MaxResults=20 + 1) == "MAX_VALUE_EXCEEDED"
    assert _reason(client.describe_account, AccountId="1" * 13) == "MAX_LENGTH_EXCEEDED"
    lenient = connect("organizations", parameter_validation=False)
    assert _reason(lenient.list_roots, MaxResults=0) == "MIN_VALUE_EXCEEDED"
    assert _reason(lenient.list_roots, MaxResults=True) == "INVALID_PATTERN"
    assert _reason(lenient.list_accounts_for_parent) == "INPUT_REQUIRED"
    assert _reason(lenient.list_accounts_for_parent, ParentId=7) == "INVALID_PATTERN"
    assert aws.stats()["operations"]["ListParents"]["codes"] == {"ChildNotFoundException": 2}


def test_tags_are_listed_as_set(aws: AwsSandbox, connect: Connect) -> None:
    """An account's tags are replaced as a whole and listed in pages; OUs and the root have none."""
    client = connect("organizations")

    def tags(resource: str) -> dict[str, str]:
        found = _all(client, "list_tags_for_resource", "Tags", ResourceId=resource)
        return {tag["Key"]: tag["Value"] for tag in found}

    assert tags(MEMBER) == {}
    aws.tags(MEMBER, {"owner": "ana@corp.example", "Équipe": ""})
    assert tags(MEMBER) == {"owner": "ana@corp.example", "Équipe": ""}
    many = {f"key{number}": str(number) for number in range(50)}
    aws.tags(MEMBER, many)
    assert tags(MEMBER) == many
    assert len(client.list_tags_for_resource(ResourceId=MEMBER)["Tags"]) == 20
    assert tags(aws.create_unit("/Production")) == tags(_root(client)) == {}


@pytest.mark.parametrize(
    ("tags", "why"),
    [
        ({"owner": "team <web>"}, "the value of the tag 'owner'"),
        ({"owner": "x" * 257}, "the value of the tag 'owner'"),
        ({"": "x"}, "the tag key"),
        ({"a\tb": "x"}, "the tag key"),
        ({"aws:x": "x"}, "AWS's own"),
        ({str(number): "" for number in range(51)}, "at most 50"),
    ],
)
def test_tags_that_aws_would_not_take_are_refused(
    aws: AwsSandbox, tags: dict[str, str], why: str
) -> None:
    """The control interface sets no tags that no account can have."""
    with pytest.raises(SandboxError, match=why):
        aws.tags(MEMBER, tags)


def test_ous_that_aws_would_not_make_are_refused(aws: AwsSandbox) -> None:
    """More than five levels, nameless OUs and unknown accounts are refused, and nothing is made."""
    with pytest.raises(SandboxError, match="5 levels"):
        aws.place(MEMBER, "/a/b/c/d/e/f")
    with pytest.raises(SandboxError, match="1 to 128"):
        aws.place(MEMBER, "/a//b")
    with pytest.raises(SandboxError, match="no such account"):
        aws.place("000000000000", "/a")
    with pytest.raises(SandboxError, match="no such account"):
        aws.tags("000000000000", {})
    assert aws.units()["units"] == []


@pytest.mark.parametrize(
    ("caller", "code"),
    [
        ("delegated", ""),
        ("delegated_other", ""),
        ("govcloud", ""),
        ("member", "AccessDeniedException"),
        ("standalone", "AWSOrganizationsNotInUseException"),
    ],
)
def test_who_may_walk_and_read_tags(connect: Connect, caller: str, code: str) -> None:
    """The management account and administrators may, in every partition; others are refused."""
    client = connect("organizations", caller)
    root = _root(connect("organizations"))
    for ask, params in (
        (client.list_roots, {}),
        (client.list_accounts_for_parent, {"ParentId": root}),
        (client.list_tags_for_resource, {"ResourceId": MEMBER}),
    ):
        if code:
            assert _code(ask, **params) == code
        else:
            ask(**params)


def test_denials_faults_and_quotas_hold_for_the_new_operations(
    aws: AwsSandbox, connect: Connect
) -> None:
    """Each is denied, struck and throttled like the older ones, by the account that it is about."""
    client = connect("organizations")
    ask = client.list_tags_for_resource
    aws.deny("organizations:ListTagsForResource", account_id=MEMBER)
    assert _code(ask, ResourceId=MEMBER) == "AccessDeniedException"
    ask(ResourceId=MANAGEMENT)
    aws.clear_denials()
    aws.fault("error", "ListTagsForResource", account_id=MEMBER)
    assert _code(ask, ResourceId=MEMBER) == "ServiceException"
    ask(ResourceId=MANAGEMENT)
    aws.clear_faults()
    for operation in ("ListTagsForResource", "ListRoots", "ListAccountsForParent"):
        aws.quota(operation, rate=0.001, burst=1)
    ask(ResourceId=MEMBER)
    assert _code(ask, ResourceId=MEMBER) == "TooManyRequestsException"
    root = _root(client)
    assert _code(client.list_roots) == "TooManyRequestsException"
    client.list_accounts_for_parent(ParentId=root)
    assert _code(client.list_accounts_for_parent, ParentId=root) == "TooManyRequestsException"
    assert aws.stats()["throttled"] == 3


def test_the_wire_names_the_account_whose_tags_are_read(aws: AwsSandbox, connect: Connect) -> None:
    """A call about an account is recorded with it, whatever the parameter is called."""
    last = aws.wire()["last"]
    connect("organizations").list_tags_for_resource(ResourceId=MEMBER)
    [entry] = aws.wire(last, 5)["entries"]
    assert (entry["name"], entry["account"]) == ("organizations:ListTagsForResource", MEMBER)


def test_each_account_has_a_primary_contact(aws: AwsSandbox, connect: Connect) -> None:
    """It is made up, as AWS would take it, and can be set in part."""
    client = connect("account")
    own = client.get_contact_information()["ContactInformation"]
    other = client.get_contact_information(AccountId=MEMBER)["ContactInformation"]
    assert own == aws.primary(MANAGEMENT)
    assert own["PhoneNumber"] != other["PhoneNumber"]
    assert other["PhoneNumber"].startswith("+44 1632 960")
    assert connect("account", "member").get_contact_information()["ContactInformation"] == other
    aws.set_primary(MEMBER, FullName="Ana Roe", PhoneNumber="+44 20 7946 0018", CompanyName="")
    after = client.get_contact_information(AccountId=MEMBER)["ContactInformation"]
    changed = {"FullName": "Ana Roe", "PhoneNumber": "+44 20 7946 0018"}
    assert after == {
        name: changed.get(name, value) for name, value in other.items() if name != "CompanyName"
    }


def test_a_primary_contact_that_aws_would_not_take_is_refused(aws: AwsSandbox) -> None:
    """Members are checked by AWS's own lengths and patterns."""
    for members, why in (
        ({"PhoneNumber": "0207"}, "this PhoneNumber"),
        ({"CountryCode": "GBR"}, "this CountryCode"),
        ({"City": ""}, "this City"),
        ({"Email": "a@corp.example"}, "no member Email"),
    ):
        with pytest.raises(SandboxError, match=why):
            aws.set_primary(MEMBER, **members)
    with pytest.raises(SandboxError, match="no such account"):
        aws.set_primary("000000000000", City="Leeds")


def test_the_primary_contact_is_as_closed_as_the_others(aws: AwsSandbox, connect: Connect) -> None:
    """The same callers are refused as for an alternate contact, and the quota is AWS's."""
    ask = connect("account").get_contact_information
    assert _code(ask, AccountId=MANAGEMENT) == "AccessDeniedException"
    assert _code(ask, AccountId="000000000000") == "AccessDeniedException"
    own = connect("account", "member").get_contact_information
    assert _code(own, AccountId=MEMBER) == "AccessDeniedException"
    lenient = connect("account", parameter_validation=False)
    assert _code(lenient.get_contact_information, AccountId="12") == "ValidationException"
    aws.deny("account:GetContactInformation", MEMBER)
    assert _code(ask, AccountId=MEMBER) == "AccessDeniedException"
    aws.clear_denials()
    aws.set_account(MEMBER, state="SUSPENDED")
    assert _code(ask, AccountId=MEMBER) == "AccessDeniedException"
    quotas = aws.state()["quotas"]
    assert quotas["aws"]["GetContactInformation"] == {"rate": 10, "burst": 15}
    assert quotas["aws-cn"]["GetContactInformation"] == {"rate": 3, "burst": 5}


def test_one_call_seeds_a_whole_organization(aws: AwsSandbox, connect: Connect) -> None:
    """Sixty accounts with OUs, tags, contacts and primary contacts are there with one call."""
    ids = aws.seed_accounts(
        {
            "id": f"{300_000_000_000 + number}",
            "name": f"account {number}",
            "ou": f"/Production/{number % 7}",
            "tags": {"owner": f"team{number}@corp.example"},
            "contacts": {"SECURITY": SECURITY_TEAM, "BILLING": None},
            "primary": {"FullName": f"Owner {number}"},
        }
        for number in range(60)
    )
    assert ids == [f"{300_000_000_000 + number}" for number in range(60)]
    aws.quotas(on=False)
    last = ids[-1]
    assert _walked(connect("organizations"))[last] == "/Production/3"
    assert aws.contact(last, "SECURITY") == SECURITY_TEAM
    assert aws.contact(last, "BILLING") is None
    assert aws.primary(last)["FullName"] == "Owner 59"
    tags = connect("organizations").list_tags_for_resource(ResourceId=last)["Tags"]
    assert tags == [{"Key": "owner", "Value": "team59@corp.example"}]


def test_what_a_seed_leaves_out_is_made_up(aws: AwsSandbox) -> None:
    """An account needs but a name; contacts may be given as AWS's API names their members."""
    wired = {"Name": "N", "Title": "T", "EmailAddress": "e@corp.example", "PhoneNumber": "1"}
    [first, second] = aws.seed_accounts(
        [{"name": "one", "contacts": {"SECURITY": wired}}, {"name": "two", "state": "SUSPENDED"}]
    )
    assert aws.contact(first, "SECURITY") == AlternateContact("N", "T", "e@corp.example", "1")
    accounts = {each["id"]: each for each in aws.accounts()}
    assert accounts[first]["email"] == f"root+{first}@example.com"
    assert accounts[second]["state"] == "SUSPENDED"
    assert aws.units()["accounts"][second] == "/"


@pytest.mark.parametrize(
    ("seed", "why"),
    [
        ({"name": "x", "id": "12"}, "12 digits"),
        ({"name": "x", "id": "111111111111", "state": "CLOSED"}, "stays active"),
        ({"name": "x", "state": "GONE"}, "no such state"),
        ({"name": ""}, "1 to 50 characters"),
        ({"name": "x", "OU": "/Production"}, "no member OU"),
    ],
)
def test_a_wrong_seed_changes_nothing(aws: AwsSandbox, seed: dict[str, str], why: str) -> None:
    """A seed that no account can be is refused, and the accounts before it stay."""
    with pytest.raises(SandboxError, match=why):
        aws.seed_accounts([{"name": "right"}, seed])
    twice = {"id": MEMBER, "name": "x"}
    with pytest.raises(SandboxError, match="twice"):
        aws.seed_accounts([twice, twice])
    assert len(aws.accounts()) == 4
