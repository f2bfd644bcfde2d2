"""Where accounts stand, on canned answers: paths, the walk of OUs, placements, tags."""

from __future__ import annotations

import pytest

from bot.aws.gateway import AwsGateway
from bot.domain.accounts import Unit
from bot.domain.errors import GatewayError
from bot.domain.failures import FailureCode
from bot.domain.readings import PlacementsReading, UnitsReading
from bot.domain.scope import AwsTarget, ScopeKind
from tests.unit.aws.test_gateway import THROTTLED, gateway, managed
from tests.unit.aws.wire import MEMBER, OWN, Answer, Wire, ok, organization, page, refusal

ROOT = "r-ab12"
PROD, TEAM, TEST = "ou-ab12-11111111", "ou-ab12-22222222", "ou-ab12-33333333"
STANDALONE = refusal("AWSOrganizationsNotInUseException")
UNITS, ACCOUNTS = "ListOrganizationalUnitsForParent", "ListAccountsForParent"


def unit(identity: str, name: str) -> dict[str, str]:
    """An OU as AWS lists it."""
    return {"Id": identity, "Name": name, "Arn": "arn:aws:organizations::1:ou/o-1/x"}


def units(*entries: dict[str, str], token: str = "") -> Answer:
    """A page of OUs."""
    return ok(OrganizationalUnits=list(entries), **({"NextToken": token} if token else {}))


def rooted(*answers: Answer | Exception) -> Wire:
    """A management account with a root, whose OUs are listed so, parent by parent."""
    return managed().on("ListRoots", ok(Roots=[{"Id": ROOT}])).on(UNITS, *answers)


def tree() -> Wire:
    """`/Production/Payments` and `/Test`; the listing of the root takes two pages."""
    return rooted(
        units(unit(PROD, "Production"), token="t1"),
        units(unit(TEST, "Test")),
        units(unit(TEAM, "Payments")),
        units(),
    )


def cause_of(caught: pytest.ExceptionInfo[GatewayError]) -> FailureCode:
    """Why it failed."""
    return caught.value.failure.cause


# Paths


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ([f"o-exampleorgid/{ROOT}/{PROD}/{TEAM}/{MEMBER}/"], (Unit(PROD, ""), Unit(TEAM, ""))),
        ([f"o-exampleorgid/{ROOT}/{PROD}/"], (Unit(PROD, ""),)),
        ([f"o-exampleorgid/{ROOT}/{MEMBER}/"], ()),
        ([f"o-exampleorgid/{ROOT}/"], ()),
        ([], None),
        (["o-exampleorgid/"], None),
        (["odd"], None),
    ],
)
def test_a_path_that_aws_gives_tells_the_ous(
    paths: list[str], expected: tuple[Unit, ...] | None
) -> None:
    """The path of an account is its OUs without their names; one that is odd is no path."""
    wire = managed().on("ListAccounts", ok(Accounts=[]), ok(Accounts=[{"Id": "1", "Paths": paths}]))
    assert [account.units for account in gateway(wire).accounts()] == [expected]


def test_accounts_carry_the_name_of_their_organization() -> None:
    """Each account, listed or alone, has the name of the table that it was reached by."""
    target = AwsTarget("acquired")
    assert [each.organization for each in gateway(managed(), target=target).accounts()] == [
        "acquired"
    ]
    wire = managed().on("GetAccountInformation", ok(AccountName="Main"))
    target = AwsTarget("acquired", scope=ScopeKind.ACCOUNT)
    adapter = gateway(wire, target=target)
    assert [each.organization for each in adapter.accounts()] == ["acquired"]
    assert adapter.name == "acquired"


# OUs


def test_the_ous_are_walked_level_by_level() -> None:
    """Each OU is known by its id, with all that it is in, over all pages."""
    wire = tree()
    production, test = Unit(PROD, "Production"), Unit(TEST, "Test")
    assert gateway(wire).units().paths == {
        PROD: (production,),
        TEST: (test,),
        TEAM: (production, Unit(TEAM, "Payments")),
    }
    assert [(each["ParentId"], each.get("NextToken")) for each in wire.asked(UNITS)] == [
        (ROOT, None),
        (ROOT, "t1"),
        (PROD, None),
        (TEST, None),
        (TEAM, None),
    ]


def test_an_ou_that_is_deleted_during_the_walk_holds_nothing() -> None:
    """What is gone when its turn comes is passed over; the walk goes on."""
    gone = refusal("ParentNotFoundException")
    wire = rooted(units(unit(PROD, "Production"), unit(TEST, "Test")), gone, units())
    assert set(gateway(wire).units().paths) == {PROD, TEST}


def test_a_page_of_the_walk_that_is_throttled_is_asked_for_again() -> None:
    """Throttling neither loses an OU nor ends the walk."""
    wire = rooted(units(unit(PROD, "Production"), token="t1"), THROTTLED, units())
    assert set(gateway(wire).units().paths) == {PROD}


@pytest.mark.parametrize(
    "answers",
    [
        (units(unit(PROD, "Production"), token="t1"), units(token="t1")),
        (units(token="t1"), units(token="t2"), units(token="t1")),
        (units(unit(PROD, "Production")), units(unit(PROD, "Production"))),
        (units({"Name": "no id"}),),
        (ok(),),
        (page(),),
    ],
)
def test_a_walk_that_goes_in_circles_or_is_no_walk_is_an_error(answers: tuple[Answer, ...]) -> None:
    """Tokens that come again, OUs within themselves, and pages of a proxy end the walk."""
    with pytest.raises(GatewayError) as caught:
        gateway(rooted(*answers)).units()
    assert cause_of(caught) is FailureCode.MALFORMED


def test_a_walk_without_an_end_is_an_error() -> None:
    """Deeper than AWS ever lets OUs be nested, the walk ends."""
    levels = [units(unit(f"ou-ab12-{level:08}", "Down")) for level in range(12)]
    with pytest.raises(GatewayError) as caught:
        gateway(rooted(*levels)).units()
    assert cause_of(caught) is FailureCode.MALFORMED


# Placements


def test_placements_tell_the_ou_that_each_account_is_right_in() -> None:
    """The root and each OU are asked; an account right in the root has the empty id."""
    wire = rooted().on(
        ACCOUNTS,
        ok(Accounts=[{"Id": OWN}], NextToken="t1"),
        ok(Accounts=[{"Id": "1"}]),
        ok(Accounts=[{"Id": MEMBER}]),
        refusal("ParentNotFoundException"),
    )
    assert gateway(wire).placements([PROD, TEST]).unit_of == {OWN: "", "1": "", MEMBER: PROD}
    assert [asked["ParentId"] for asked in wire.asked(ACCOUNTS)] == [ROOT, ROOT, PROD, TEST]


# Failures


DENIED = refusal("AccessDeniedException", "Access denied", status=403)
SLOW = refusal("InternalServerException", status=500)


def test_an_ou_that_is_denied_ends_no_others_walk() -> None:
    """Its own OUs are not known, with why; those of others are."""
    listed = units(unit(PROD, "Production"), unit(TEST, "Test"))
    found = gateway(rooted(listed, DENIED, units(unit(TEAM, "Payments")), units())).units()
    assert set(found.paths) == {PROD, TEST, TEAM}
    assert {key: why.cause for key, why in found.failures.items()} == {PROD: FailureCode.DENIED}


def test_an_ou_whose_accounts_are_denied_ends_no_others_listing() -> None:
    """Accounts of other OUs are placed, and so are those on the pages before the denied one."""
    wire = rooted().on(
        ACCOUNTS,
        ok(Accounts=[{"Id": OWN}]),
        ok(Accounts=[{"Id": "1"}], NextToken="t1"),
        DENIED,
        ok(Accounts=[{"Id": MEMBER}]),
    )
    found = gateway(wire).placements([PROD, TEST])
    assert found.unit_of == {OWN: "", "1": PROD, MEMBER: TEST}
    assert set(found.failures) == {PROD}


@pytest.mark.parametrize(
    ("first", "answer", "asked"),
    [
        (ok(Accounts=[{"Id": OWN}]), DENIED, 8),
        (ok(Accounts=[{"Id": OWN}]), SLOW, 6),
    ],
)
def test_ous_are_given_up_where_aws_does_not_answer(
    first: Answer, answer: Answer, asked: int
) -> None:
    """Refusals are each OU's own; several without an answer end it, and that is said."""
    wire = rooted().on(ACCOUNTS, first, *([answer] * 7))
    ous = [f"ou-ab12-{number:08}" for number in range(7)]
    found = AwsGateway(None, session=wire.session, tries={}).placements(ous)
    assert len(wire.asked(ACCOUNTS)) == asked
    assert set(found.failures) == set(ous)
    skipped = {why.cause for why in found.failures.values()} & {FailureCode.NOT_ASKED}
    assert bool(skipped) == (asked < 8)


def test_ous_are_given_up_where_none_can_be_listed() -> None:
    """Where nothing at all is listed that is an error, after several in a row."""
    wire = rooted().on(ACCOUNTS, *([DENIED] * 9))
    with pytest.raises(GatewayError) as caught:
        gateway(wire).placements([f"ou-ab12-{number:08}" for number in range(8)])
    assert cause_of(caught) is FailureCode.DENIED
    assert len(wire.asked(ACCOUNTS)) == 5


def test_a_caller_that_is_refused_ends_the_walk() -> None:
    """Credentials that expire during a walk are no OU's own trouble."""
    listed = units(unit(PROD, "Production"), unit(TEST, "Test"))
    with pytest.raises(GatewayError) as caught:
        gateway(rooted(listed, refusal("ExpiredTokenException"))).units()
    assert cause_of(caught) is FailureCode.CREDENTIALS_EXPIRED


# Tags


def test_tags_are_read_over_all_pages() -> None:
    """A tag without a value has an empty one."""
    wire = managed().on(
        "ListTagsForResource",
        ok(Tags=[{"Key": "env", "Value": "prod"}], NextToken="t1"),
        ok(Tags=[{"Key": "owner"}]),
    )
    assert gateway(wire).tags(MEMBER) == {"env": "prod", "owner": ""}
    assert wire.asked("ListTagsForResource") == [
        {"ResourceId": MEMBER},
        {"ResourceId": MEMBER, "NextToken": "t1"},
    ]


def test_an_account_that_left_has_no_tags_to_read() -> None:
    """AWS not knowing the account is reported as its state."""
    wire = managed().on("ListTagsForResource", refusal("TargetNotFoundException"))
    with pytest.raises(GatewayError) as caught:
        gateway(wire).tags(MEMBER)
    assert cause_of(caught) is FailureCode.ACCOUNT_STATE


# Who may not


def test_a_standalone_account_is_in_no_ou_and_has_no_tags() -> None:
    """Without an organization nothing is asked, and nothing is in the way."""
    wire = Wire().on("DescribeOrganization", STANDALONE)
    adapter = gateway(wire)
    assert (adapter.units(), adapter.placements([])) == (UnitsReading(), PlacementsReading())
    assert adapter.tags(OWN) == {}
    assert {name for name, _ in wire.calls} == {"GetCallerIdentity", "DescribeOrganization"}


ASK = {
    "ListRoots": lambda adapter: adapter.units(),
    UNITS: lambda adapter: adapter.units(),
    ACCOUNTS: lambda adapter: adapter.placements([]),
    "ListTagsForResource": lambda adapter: adapter.tags(MEMBER),
}


@pytest.mark.parametrize("operation", ASK)
def test_a_permission_that_is_missing_is_named(operation: str) -> None:
    """The action that the role may not call stands in the words and in the remedy."""
    action = f"organizations:{operation}"
    words = (
        f"User: arn:aws:iam::1:user/jo@example.com is not authorized to perform: {action} on "
        f"resource: * because no identity-based policy allows the {action} action"
    )
    wire = tree().on(operation, refusal("AccessDeniedException", words))
    adapter: AwsGateway = gateway(wire)
    with pytest.raises(GatewayError) as caught:
        ASK[operation](adapter)
    why = caught.value.failure
    assert why.cause is FailureCode.PERMISSION_MISSING
    assert action in why.message
    assert action in why.remedy
    assert "jo@" not in why.message


def test_a_member_that_looks_after_itself_may_not_ask_where_it_stands() -> None:
    """What an organization does not tell its member is an error, not an empty answer."""
    denied = refusal("AccessDeniedException", "You don't have permissions to access this resource.")
    wire = managed().on("DescribeOrganization", organization("999988887777"))
    wire.on("ListAccounts", denied).on("ListRoots", denied).on("ListTagsForResource", denied)
    adapter = gateway(wire)
    for ask in (adapter.units, lambda: adapter.tags(OWN)):
        with pytest.raises(GatewayError) as caught:
            ask()
        assert cause_of(caught) is FailureCode.WRONG_CALLER
