"""What is in scope by what AWS says of the organization, and by what was listed before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.aws.gateway import AwsGateway
from bot.aws.token_bucket import Quota
from bot.domain.errors import GatewayError, StoreError
from bot.domain.failures import FailureCode
from bot.domain.scope import AwsTarget, CallerRole, KnownOrganization, ScopeKind
from tests.unit.aws.wire import ORGANIZATION, OWN, Answer, Wire, ok, organization, refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.domain.scope import Scope

MANAGEMENT = "999988887777"
NOT_IN_USE = refusal("AWSOrganizationsNotInUseException")
STRANGER = refusal("AccessDeniedException", "You don't have permissions to access this resource.")
FORBIDDEN = refusal(
    "AccessDeniedException",
    "User: arn:aws:sts::111122223333:assumed-role/bot/jo@corp.example is not authorized to perform:"
    " organizations:ListAccounts because no identity-based policy allows the action",
)
BY_SCP = refusal("AccessDeniedException", "with an explicit deny in a service control policy")
LISTED = ok(Accounts=[{"Id": OWN, "Name": "main", "State": "ACTIVE"}])
THROTTLED = refusal("TooManyRequestsException", status=429)

OWNER, MEMBER = organization(), organization(MANAGEMENT)
KNOWN = KnownOrganization(ORGANIZATION, 3)
SETTING = "set ALTCONTACT_SCOPE=account"


def find(
    described: Answer,
    listed: Answer,
    known: KnownOrganization | None = None,
    wanted: ScopeKind | None = None,
    target: AwsTarget = AwsTarget(),  # noqa: B008 - frozen, so it may be shared
    *,
    before: Callable[[str, str], KnownOrganization | None] | None = None,
) -> Scope:
    """The scope that is found."""
    fast = Quota(10_000, 10_000)
    wire = Wire().on("DescribeOrganization", described).on("ListAccounts", listed)
    gateway = AwsGateway(
        wanted,
        session=wire.session,
        listing=fast,
        pause=lambda _: None,
        target=target,
        listed_before=before or (lambda _section, _account_id: known),
    )
    return gateway.scope()


@pytest.mark.parametrize(
    ("described", "listed", "role", "cause"),
    [
        (NOT_IN_USE, NOT_IN_USE, CallerRole.STANDALONE, None),
        (FORBIDDEN, NOT_IN_USE, CallerRole.STANDALONE, None),
        (MEMBER, STRANGER, CallerRole.MEMBER, FailureCode.WRONG_CALLER),
        (MEMBER, FORBIDDEN, CallerRole.MEMBER, FailureCode.PERMISSION_MISSING),
        (MEMBER, BY_SCP, CallerRole.MEMBER, FailureCode.DENIED_BY_SCP),
        (FORBIDDEN, FORBIDDEN, CallerRole.UNKNOWN, FailureCode.PERMISSION_MISSING),
    ],
)
def test_the_one_account_is_checked(
    described: Answer, listed: Answer, role: CallerRole, cause: FailureCode | None
) -> None:
    """By itself where AWS says that it is alone; else with the reason, and what to do."""
    scope = find(described, listed)
    assert (scope.kind, scope.role) == (ScopeKind.ACCOUNT, role)
    if cause is None:
        assert scope.limit is None
        return
    assert scope.limit is not None
    assert scope.limit.cause is cause
    assert scope.limit.message.startswith(f"Only account {OWN} is checked, since the bot can't")
    assert "organizations:ListAccounts" in scope.limit.message
    assert scope.limit.remedy.endswith(f"If this is the only account to check, {SETTING}.")
    assert "jo@corp.example" not in str(scope)


@pytest.mark.parametrize(
    ("described", "listed", "known", "cause", "words"),
    [
        (OWNER, FORBIDDEN, None, FailureCode.PERMISSION_MISSING, "management account"),
        (OWNER, BY_SCP, KNOWN, FailureCode.DENIED_BY_SCP, "with 3 other accounts"),
        (MEMBER, STRANGER, KNOWN, FailureCode.WRONG_CALLER, f"member account {OWN}; earlier"),
        (FORBIDDEN, FORBIDDEN, KNOWN, FailureCode.PERMISSION_MISSING, ORGANIZATION),
        (FORBIDDEN, LISTED, None, FailureCode.PERMISSION_MISSING, "may have more accounts"),
        (NOT_IN_USE, NOT_IN_USE, KNOWN, FailureCode.NO_ORGANIZATION, "earlier checks covered"),
        (FORBIDDEN, NOT_IN_USE, KNOWN, FailureCode.NO_ORGANIZATION, f"standalone account {OWN}"),
        (FORBIDDEN, THROTTLED, None, FailureCode.THROTTLED, "throttling"),
        (THROTTLED, LISTED, None, FailureCode.THROTTLED, "throttling"),
        (MEMBER, Answer(500), None, FailureCode.AWS_FAULT, "internal error"),
    ],
)
def test_an_organization_that_is_there_is_not_left_out(
    described: Answer,
    listed: Answer,
    known: KnownOrganization | None,
    cause: FailureCode,
    words: str,
) -> None:
    """Nor is anything concluded from an answer that AWS didn't give."""
    with pytest.raises(GatewayError) as caught:
        find(described, listed, known)
    assert caught.value.failure.cause is cause
    assert words in str(caught.value)
    definite = cause not in {FailureCode.THROTTLED, FailureCode.AWS_FAULT}
    asks = f"To check only account {OWN} from now on, {SETTING}."
    assert caught.value.remedy.endswith(asks) == definite


def test_the_setting_is_named_by_its_section() -> None:
    """Where there are several organizations, the variable would be about all of them."""
    scope = find(MEMBER, STRANGER, target=AwsTarget("corp"))
    assert scope.limit is not None
    assert 'set scope = "account" in the [[aws]] section “corp”' in scope.limit.remedy


@pytest.mark.parametrize("described", [OWNER, MEMBER, NOT_IN_USE, FORBIDDEN, THROTTLED])
def test_who_wants_the_one_account_gets_it(described: Answer) -> None:
    """Whatever was listed before, and without a word about what isn't checked."""
    scope = find(described, FORBIDDEN, KNOWN, ScopeKind.ACCOUNT)
    assert (scope.kind, scope.limit) == (ScopeKind.ACCOUNT, None)


def test_nothing_is_concluded_while_the_database_is_out_of_reach() -> None:
    """An organization may have been listed before."""

    def unreadable(_section: str, _account_id: str) -> KnownOrganization | None:
        raise StoreError("The database is locked.")

    with pytest.raises(GatewayError) as caught:
        find(MEMBER, STRANGER, before=unreadable)
    assert caught.value.failure.cause is FailureCode.WRONG_CALLER
