"""Makes up an organization that could be real: the same for the same seed, and of any size.

Contacts' addresses are of a domain that is kept for private use, since one that is kept for
examples makes a contact a placeholder; phone numbers are of ranges that are nobody's.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final, TypeVar

from altcontact_sandbox.aws.organizations.identity import (
    DELEGATED_ID,
    DELEGATED_OTHER_ID,
    MANAGEMENT_ID,
    MEMBER_ID,
    STANDALONE_ID,
)
from altcontact_sandbox.aws.seeds.demo import SECURITY_TEAM, SandboxAccount
from altcontact_sandbox.aws.seeds.placements import ou_path_of, tags_of
from altcontact_sandbox.sample_names import ENVIRONMENTS, FAMILY, GIVEN, REGIONS, TEAMS
from bot.domain.contacts import AlternateContact, ContactType

if TYPE_CHECKING:
    from random import Random

_T = TypeVar("_T")

_FIRST: Final = {
    MANAGEMENT_ID: "management",
    DELEGATED_ID: "security-tooling",
    DELEGATED_OTHER_ID: "audit",
    MEMBER_ID: "workload",
}
_STATES: Final = {
    "ACTIVE": 920,
    "SUSPENDED": 30,
    "CLOSED": 25,
    "PENDING_CLOSURE": 17,
    "PENDING_ACTIVATION": 8,
}
_HELD: Final[dict[tuple[ContactType, ...], int]] = {
    (): 9,
    (ContactType.BILLING,): 7,
    (ContactType.OPERATIONS,): 4,
    (ContactType.BILLING, ContactType.OPERATIONS): 5,
    (ContactType.SECURITY,): 30,
    (ContactType.SECURITY, ContactType.BILLING): 15,
    (ContactType.SECURITY, ContactType.OPERATIONS): 10,
    (ContactType.SECURITY, ContactType.BILLING, ContactType.OPERATIONS): 20,
}
"""Which types an account has, and how often in a hundred: a quarter has no SECURITY contact."""

_PHONES: Final = (
    "+44 20 7946 00{:02d}",
    "+44 161 496 01{:02d}",
    "+44 113 496 02{:02d}",
    "+44 7700 9003{:02d}",
    "+442079460{:02d}4",
    "+1 212 555 01{:02d}",
    "+1-415-555-01{:02d}",
    "+1 (312) 555-01{:02d}",
)
"""Written as people write them, and all in ranges that are nobody's."""

_SOURCES: Final = {"central": 55, "typed otherwise": 7, "out of date": 6, "team": 17, "person": 15}
_TITLES: Final = ("Engineer", "Team lead", "Head of department", "Contractor")
_ROLES: Final = {
    ContactType.SECURITY: ("Security", "Security Operations"),
    ContactType.BILLING: ("Finance", "Accounts Payable"),
    ContactType.OPERATIONS: ("Platform", "On call"),
}
_CENTRAL: Final = {
    ContactType.SECURITY: SECURITY_TEAM,
    ContactType.BILLING: AlternateContact(
        "Finance", "Accounts Payable", "aws-billing@corp.internal", "+44 20 7946 0321"
    ),
    ContactType.OPERATIONS: AlternateContact(
        "Platform Team", "On call", "aws-operations@corp.internal", "+44 20 7946 0755"
    ),
}
_SAME_BUT_TYPED_OTHERWISE: Final = AlternateContact(
    "Security Team", "Security Operations", "AWS-Security@Corp.internal", "+442079460018"
)
_OUT_OF_DATE: Final = AlternateContact(
    "SecOps (old)", "Security", "secops@old.internal", "+44 161 496 0042"
)


def realistic_accounts(count: int, seed: int) -> list[SandboxAccount]:
    """So many accounts; each is the same for the same seed, however many there are.

    The first four are those of the ready-made callers that are in the organization.
    """
    used = {STANDALONE_ID, *_FIRST}
    names: set[str] = set()
    accounts = []
    first = list(_FIRST.items())
    for number in range(count):
        # A source of its own for each account: what one draws does not move the next.
        source = random.Random(f"{seed}/{number}")  # noqa: S311 - made-up data, not a secret
        if number < len(first):
            account_id, name = first[number]
            state = "ACTIVE"
        else:
            account_id = _unused(source, used)
            state = _drawn(source, _STATES)
            name = _name(source, names)
        team = name.split("-", 1)[0]
        held = _drawn(source, _HELD)
        accounts.append(
            SandboxAccount(
                account_id,
                name,
                state,
                f"aws+{account_id}@example.com",
                {kind: _contact(source, kind, team) for kind in held},
                ou_path_of(name, state),
                tags_of(name),
            )
        )
    return accounts


def _drawn(source: Random, weights: dict[_T, int]) -> _T:
    return source.choices(list(weights), list(weights.values()))[0]


def _unused(source: Random, used: set[str]) -> str:
    account_id = str(source.randrange(10**11, 10**12))
    while account_id in used:
        account_id = str(source.randrange(10**11, 10**12))
    used.add(account_id)
    return account_id


def _name(source: Random, names: set[str]) -> str:
    team, environment = source.choice(TEAMS), source.choice(ENVIRONMENTS)
    name = f"{team}-{environment}"
    if name in names:
        name = f"{name}-{source.choice(REGIONS)}"
    base, number = name, 1
    while name in names:
        number += 1
        name = f"{base}-{number}"
    names.add(name)
    return name


def _contact(source: Random, kind: ContactType, team: str) -> AlternateContact:
    """Mostly the one of all; else the team's list, one person, or one that is out of date."""
    match _drawn(source, _SOURCES):
        case "typed otherwise" if kind is ContactType.SECURITY:
            return _SAME_BUT_TYPED_OTHERWISE
        case "out of date" if kind is ContactType.SECURITY:
            return _OUT_OF_DATE
        case "team":
            word, title = _ROLES[kind]
            address = f"{team}-{word.lower()}@{source.choice(('corp.internal', 'bought.internal'))}"
            return AlternateContact(f"{team.capitalize()} {word}", title, address, _phone(source))
        case "person":
            given, title = source.choice(GIVEN), source.choice(_TITLES)
            letters = given.encode("ascii", "ignore").decode().lower()
            address = f"{letters}.{source.randrange(100)}@corp.internal"
            name = f"{given} {source.choice(FAMILY)}"
            return AlternateContact(name, title, address, _phone(source))
        case _:
            return _CENTRAL[kind]


def _phone(source: Random) -> str:
    return source.choice(_PHONES).format(source.randrange(100))
