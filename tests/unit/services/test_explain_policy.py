"""`altcontact policy`: which account is meant, what its policy is, and how that is written."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from rich.console import Console

from bot.cli.exit_status import Exit
from bot.cli.policy_output import (
    write_json,
    write_not_found,
    write_plain,
    write_problems,
    write_table,
    write_unknown,
)
from bot.config.load import load_lenient
from bot.domain.accounts import Account, Unit
from bot.domain.errors import GatewayError
from bot.domain.failures import FailureCode
from bot.domain.policy.policy import PolicyUnknown
from bot.services.explain_policy import MAX_MATCHES, Explanation, NotFound, explain
from bot.services.find_account import AccountFinder
from bot.services.organizations import OrganizationRouter
from tests.unit.fakes import FakeClock, FakeGateway, account, gateway_error

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.domain.accounts import AccountPlacement
    from bot.domain.policy.explain import ExplainedValue
    from bot.domain.policy.policy import Policy
    from bot.services.ports.aws import ContactGateway
    from bot.services.ports.store import AccountRepository

TEXT = """
[policy]
domains = ["corp.example", "*.corp.example"]
[[policy.override]]
match.ou = "/Production/**"
security.email = ["a@corp.example"]
[[policy.override]]
match.tag.env = "prod"
security.email = ["b@corp.example", "@corp.example"]
rules.placeholder = "off"
"""
PROD = Unit("ou-ab12-11111111", "Production")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def policy(text: str = TEXT) -> Policy:
    """The policy of a file of this text."""
    Path("altcontact.toml").write_text(text)
    found = load_lenient({}, needs_slack=False)
    assert found.problems == ()
    return found.settings.policy


class Known:
    """The part of the store that knows accounts and where they stand."""

    def __init__(self, *accounts: Account) -> None:
        self.accounts = {each.id: each for each in accounts}

    def find(self, text: str, limit: int) -> list[Account]:
        sought = text.strip().casefold()
        found = [
            each
            for each in self.accounts.values()
            if each.id == sought or sought in each.name.casefold()
        ]
        return found[:limit]

    def get(self, account_id: str) -> Account | None:
        return self.accounts.get(account_id)

    def remember(self, accounts: Sequence[Account]) -> None:
        self.accounts.update((each.id, each) for each in accounts)

    def placements(self, organization: str) -> Mapping[str, AccountPlacement]:
        assert organization in {"corp", "other"}
        return {}

    def keep_placements(self, placements: Mapping[str, AccountPlacement]) -> None:
        assert placements.keys() <= self.accounts.keys()


class World:
    """Two organizations, in one of which there are OUs and tags; and the accounts known so far."""

    def __init__(self, *known: Account) -> None:
        self.gateway, self.other = FakeGateway(), FakeGateway()
        self.gateway.name, self.other.name = "corp", "other"
        self.gateway.tree = {PROD.id: (PROD,)}
        self.gateway.placed = {account(each).id: PROD.id for each in range(1, 40)}
        self.gateway.tagged = {account(each).id: {"env": "prod"} for each in range(1, 40)}
        self.store = Known(*known)

    def explain(self, text: str, by: Policy | None = None) -> Explanation | NotFound:
        """The policy of the account that is meant."""
        accounts = cast("AccountRepository", self.store)
        gateways = OrganizationRouter(
            cast("list[ContactGateway]", [self.gateway, self.other]), accounts
        )
        clock = FakeClock()
        finder = AccountFinder(accounts, gateways, clock)
        return explain(
            text, by or policy(), finder, gateways=gateways, accounts=accounts, clock=clock
        )


def known(number: int = 1, name: str = "payments", organization: str = "corp") -> Account:
    """An account as last listed, of whose OUs and tags nothing is known."""
    return Account(account(number).id, name, organization=organization)


def explained(world: World, text: str = "payments") -> tuple[Account, tuple[ExplainedValue, ...]]:
    """The account and its values."""
    found = world.explain(text)
    assert isinstance(found, Explanation)
    assert not isinstance(found.values, PolicyUnknown)
    return found.account, found.values


def test_each_value_names_its_table_and_what_gave_way() -> None:
    """The closest table gives a value; those that it wins over follow, the nearest first."""
    found, values = explained(World(known()))
    assert (found.path, found.tags) == ("/Production", {"env": "prod"})
    by_key = {each.key: each for each in values}
    assert by_key["security.email"].source == "[[policy.override]] 2 (line 7)"
    assert by_key["security.email"].overridden == (
        ("[[policy.override]] 1 (line 4)", ("a@corp.example",)),
    )
    assert by_key["domains"].source == "[policy] (line 2)"
    assert by_key["rules.placeholder"].value is None
    assert by_key["security.presence"].source == "the setting “types”"


def test_nothing_is_asked_that_the_policy_does_not_need() -> None:
    """Without a match on OUs or tags a known account is explained without AWS."""
    world = World(known())
    found = world.explain("payments", policy("[policy]\nsecurity = 'optional'\n"))
    assert isinstance(found, Explanation)
    assert (world.gateway.walks, world.gateway.tags_read) == (0, [])


@pytest.mark.parametrize("text", ["000000000002", "Pay", " pAy "])
def test_the_very_id_or_name_is_meant(text: str) -> None:
    """An account of exactly this id or name is meant, though others hold it in their names."""
    world = World(known(1, "payments"), known(2, "pay"), known(3, "payroll"))
    found, _ = explained(world, text)
    assert found.name == "pay"


def test_an_account_that_is_not_known_is_listed() -> None:
    """AWS is asked for an account that no check has listed; a part of a name is enough."""
    world = World(known(1, "payments"))
    world.gateway.listed = [known(5, "lab-seven")]
    found, _ = explained(world, "seven")
    assert found.id == account(5).id
    assert found.path == "/Production"


def test_several_accounts_are_listed() -> None:
    """Where a name may be that of several they are named, up to a number."""
    world = World(*(known(each, f"lab-{each}") for each in range(1, MAX_MATCHES + 5)))
    found = world.explain("lab")
    assert isinstance(found, NotFound)
    err = io.StringIO()
    assert write_not_found("lab", found, err) is Exit.USAGE
    head, *lines = err.getvalue().splitlines()
    assert head == "“lab” matches several accounts. Use an account id:"
    assert lines[0] == "  000000000001 lab-1, of “corp”"
    assert lines[-1] == "  and more"
    assert len(lines) == MAX_MATCHES


def test_few_accounts_are_listed_whole() -> None:
    """A few accounts are named without any others."""
    err = io.StringIO()
    write_not_found("a", NotFound([known(1, "a1", ""), known(2, "a2", "")]), err)
    assert err.getvalue().splitlines()[1:] == ["  000000000001 a1", "  000000000002 a2"]


def test_no_account() -> None:
    """An account that is nowhere is wrong usage; unless an organization could not be listed."""
    world = World(known())
    err = io.StringIO()
    found = world.explain("nobody\x1b")
    assert isinstance(found, NotFound)
    assert write_not_found("nobody\x1b", found, err) is Exit.USAGE
    assert err.getvalue() == "No account matches “nobody\\x1b”.\n"
    world.other.listing_fault = gateway_error(FailureCode.DENIED)
    found = world.explain("nobody")
    assert isinstance(found, NotFound)
    assert write_not_found("nobody", found, err) is Exit.UNCHECKED
    assert "Couldn't list the accounts of “other”. " in err.getvalue()


def test_what_cannot_be_told() -> None:
    """Where OUs and tags cannot be read nothing is guessed, and each cause is named once."""
    world = World(known())
    world.gateway.walk_fault = world.gateway.tag_fault = gateway_error(FailureCode.DENIED)
    found = world.explain("payments")
    assert isinstance(found, Explanation)
    assert isinstance(found.values, PolicyUnknown)
    err, out = io.StringIO(), io.StringIO()
    assert write_unknown(found, found.values.needs, err) is Exit.UNCHECKED
    head, *causes = err.getvalue().splitlines()
    assert head.startswith(
        "000000000001 payments, of “corp”: policy unknown, since its OUs and tags"
    )
    assert len(causes) == 1
    write_json(found, out)
    assert json.loads(out.getvalue()) == {
        "account": {
            "id": account(1).id,
            "name": "payments",
            "organization": "corp",
            "path": None,
            "tags": None,
        },
        "undecided": ["units", "tags"],
    }


def test_an_account_of_no_organization() -> None:
    """Of an account whose organization is no longer looked after nothing is reported."""
    with pytest.raises(GatewayError):
        World(known(organization="sold")).explain("payments")


def test_as_json() -> None:
    """The JSON holds the account, and each value with the tables."""
    world = World(known())
    found = world.explain("payments")
    assert isinstance(found, Explanation)
    out = io.StringIO()
    write_json(found, out)
    made: dict[str, Any] = json.loads(out.getvalue())
    assert made["account"]["path"] == "/Production"
    assert made["account"]["tags"] == {"env": "prod"}
    by_key = {each["key"]: each for each in made["values"]}
    assert by_key["security.email"] == {
        "key": "security.email",
        "value": ["b@corp.example", "@corp.example"],
        "source": "[[policy.override]] 2 (line 7)",
        "gave_way": [{"value": ["a@corp.example"], "source": "[[policy.override]] 1 (line 4)"}],
    }
    assert by_key["rules.placeholder"]["value"] is None


def test_plain_lines() -> None:
    """Piped, there is a value a line in even columns, and the account is said beside them."""
    found, values = explained(World(known()))
    out, err = io.StringIO(), io.StringIO()
    write_plain(found, values, out, err)
    assert err.getvalue() == "000000000001 payments, of “corp”, in /Production\n"
    lines = out.getvalue().splitlines()
    assert len(lines) == len(values)
    (email,) = [line for line in lines if line.startswith("security.email ")]
    assert " ".join(email.split()) == (
        "security.email b@corp.example, @corp.example [[policy.override]] 2 (line 7) "
        "overrides [[policy.override]] 1 (line 4): a@corp.example"
    )
    built_in = [line for line in lines if line.endswith("  built in")]
    assert len({line.index("built in") for line in built_in}) == 1
    off = next(line for line in lines if line.startswith("rules.placeholder"))
    assert off.split()[1] == "off"
    assert next(line for line in lines if line.startswith("mention")).split()[1] == "none"


def test_table() -> None:
    """On a terminal it is a table, below the account."""
    found, values = explained(World(known(name="pay\x1bments")), "000000000001")
    out = io.StringIO()
    write_table(found, values, Console(file=out, width=160, force_terminal=True, highlight=False))
    assert "\x1b]" not in out.getvalue()
    assert "pay\\x1bments" in out.getvalue()
    assert "a@corp.example: [[policy.override]] 1 (line 4)" in out.getvalue()
    assert ": built in" not in out.getvalue()
    narrow = io.StringIO()
    write_table(found, values, Console(file=narrow, width=80, highlight=False))
    assert "overrides a@corp.example:" in narrow.getvalue()


def test_check_of_a_right_file() -> None:
    """A right file is said to be so, with how many tables it has."""
    policy("[policy]\nsecurity = 'optional'\n[[aws]]\nname = 'a'\nprofile = 'p'\n")
    out, err = io.StringIO(), io.StringIO()
    assert write_problems(load_lenient({}, needs_slack=False), out, err) is Exit.COMPLIANT
    assert out.getvalue() == (
        "altcontact.toml: no problems found; 1 policy section and 1 [[aws]] section.\n"
    )
    assert err.getvalue() == ""


def test_check_of_a_wrong_file() -> None:
    """Each mistake is a line that begins with file and line; what is in no file is named alone."""
    Path("altcontact.toml").write_text("scope = 'x'\n[policy]\nsecurity = 1\nmention = []\n")
    out, err = io.StringIO(), io.StringIO()
    found = load_lenient({"ALTCONTACT_TYPES": "NONE"}, needs_slack=False)
    assert write_problems(found, out, err) is Exit.USAGE
    assert err.getvalue() == "4 problems.\n"
    lines = sorted(out.getvalue().splitlines())
    assert lines[0].startswith("ALTCONTACT_TYPES: “NONE” is not a contact type")
    assert lines[1].startswith("altcontact.toml:1: scope: “x” is not one of ")
    assert lines[2].startswith(
        "altcontact.toml:3: policy.security: invalid value “1”; use one of: "
    )
    assert lines[2].endswith('. For example: security = "required"')
    assert lines[3].startswith("altcontact.toml:4: policy.mention: is empty. For example: ")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "named.toml: file not found"),
        (
            b"a = [\n",
            "named.toml:2: is not valid TOML (at the end of the file, line 2). For example: chan",
        ),
    ],
)
def test_check_of_a_file_that_cannot_be_read(content: bytes | None, said: str) -> None:
    """A file that is not there or no TOML is named as it was given."""
    if content is not None:
        Path("named.toml").write_bytes(content)
    out = io.StringIO()
    found = load_lenient({"ALTCONTACT_CONFIG": "named.toml"}, needs_slack=False)
    assert write_problems(found, out, io.StringIO()) is Exit.USAGE
    assert out.getvalue().startswith(said)
