"""The contacts that a policy expects of all accounts, as code."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.accounts import Account
from bot.domain.as_code.export import (
    cloudformation_files,
    collect,
    for_cloudformation,
    terraform_file,
)
from bot.domain.contacts import AlternateContact, ContactType
from bot.domain.policy.match import Match
from bot.domain.policy.policy import Policy, PolicyTable
from bot.domain.runs import LastReading
from tests.unit.domain.as_code.contacts import lint, read_hcl
from tests.unit.fakes import CONTACT, OTHER, SECURITY, START, account

if TYPE_CHECKING:
    from bot.domain.as_code.export import Export
    from bot.domain.policy.account_policy import Value

WHOLE: Final[dict[str, Value]] = {
    "security.name": ("Security team",),
    "security.title": ("Duty", "Lead"),
    "security.email": ("@corp.example", "sec@corp.example"),
    "security.phone": ("+44 20 7946 0958",),
}
OPTIONAL: Final[dict[str, Value]] = {
    "billing.presence": "optional",
    "billing.name": ("Billing",),
    "billing.title": ("Billing",),
    "billing.email": ("billing@corp.example",),
    "billing.phone": ("+44 20 7946 0959",),
}
EXPECTED: Final = AlternateContact("Security team", "Duty", "sec@corp.example", "+44 20 7946 0958")


def policy(*tables: PolicyTable, **more: Value) -> Policy:
    """A policy that expects a security contact whole, and a billing contact if there is one."""
    values = {**WHOLE, "security.title": ("Duty",), **OPTIONAL}
    values |= {key.replace("__", "."): value for key, value in more.items()}
    return Policy.requiring(tables=[PolicyTable("policy", values), *tables])


def read(
    *contacts: tuple[int, AlternateContact | None],
) -> dict[tuple[str, ContactType], LastReading]:
    """Security contacts as last read, by the account's number."""
    return {
        (account(number).id, SECURITY): LastReading(contact, START) for number, contact in contacts
    }


def reasons(export: Export) -> list[str]:
    """What is left out, and why."""
    return [str(each) for each in export.left_out]


def test_the_expected_contacts_of_all_accounts() -> None:
    """Required ones, and optional ones that exist; in a fixed order, whatever the order read."""
    readings = read((1, OTHER), (2, None))
    readings[account(2).id, ContactType.BILLING] = LastReading(OTHER, START)
    export = collect([account(2), account(1)], policy(), readings, {account(1).id})
    assert [(each.account_id, each.type.value, each.exists) for each in export.contacts] == [
        (account(1).id, "SECURITY", True),
        (account(2).id, "SECURITY", False),
        (account(2).id, "BILLING", True),
    ]
    assert [each.is_own_account for each in export.contacts] == [True, False, False]
    assert export.contacts[1].contact == EXPECTED
    assert export == collect([account(1), account(2)], policy(), readings, {account(1).id})


def test_a_field_with_several_allowed_values_keeps_the_one_in_aws() -> None:
    """Without one of them in AWS, nothing is chosen for the reader."""
    several = policy(security__title=("Duty", "Lead"))
    held = replace(CONTACT, title="Lead", email="ops@corp.example")
    export = collect([account(1), account(2)], several, read((1, held), (2, OTHER)), ())
    (written,) = export.contacts
    assert (written.contact.title, written.contact.email) == ("Lead", "ops@corp.example")
    assert reasons(export) == [
        "000000000002 Account 2, Security: the policy doesn't expect exactly one value for: title"
    ]


def test_accounts_that_are_left_out() -> None:
    """Each says why, once."""
    tables = (
        PolicyTable("x", {"excluded": "Closed every Friday."}, Match(names=("Account 2",))),
        PolicyTable("y", {"channel": "#x"}, Match(names=("Account 3",), tags=(("env", "prod"),))),
        PolicyTable("z", {"security.presence": "ignored"}, Match(names=("Account 4",))),
    )
    accounts = [account(1, state="SUSPENDED"), account(2), account(3), account(4)]
    export = collect(accounts, policy(*tables), {}, ())
    assert export.contacts == ()
    assert reasons(export) == [
        "000000000001 Account 1: the account is suspended",
        "000000000002 Account 2: the policy excludes the account",
        "000000000003 Account 3: its OUs or tags are unknown; run altcontact check",
    ]


def test_terraform_with_what_exists_and_what_is_left_out() -> None:
    """One configuration that a parser of HCL accepts; imports and reasons are comments in it."""
    accounts = [
        account(1, 'A "quoted" ${name}'),
        Account("111122223333", "B", organization="corp\n}"),
        account(3, "C\nD", "CLOSED"),
    ]
    text = terraform_file(collect(accounts, policy(), read((1, OTHER)), {"111122223333"}))
    names = [name for each in read_hcl(text)["resource"] for kind in each.values() for name in kind]
    assert names == ["security_000000000001", "security_111122223333"]
    assert "# terraform import aws_account_alternate_contact.security_000000000001 " in text
    assert "# Organization corp }: apply these" in text
    assert "# Apply this with a provider for this account itself.\n# B (111122223333)" in text
    assert "# 000000000003 C D: the account is closed" in text


def test_cloudformation_with_what_exists_and_what_is_left_out() -> None:
    """A template that cfn-lint accepts."""
    accounts = [account(1), account(2, "C\nD", "CLOSED"), account(3)]
    odd = policy(
        PolicyTable("odd", {"security.name": ("{{resolve:ssm:x}}",)}, Match(names=("Account 3",)))
    )
    export = for_cloudformation(collect(accounts, odd, read((1, OTHER)), ()))
    (text,) = cloudformation_files(export)
    assert lint(text) == []
    assert list(yaml.safe_load(text)["Resources"]) == ["Security000000000001"]
    assert "# AWS already has these contacts" in text
    assert "# Security000000000001\n" in text
    assert "# 000000000002 C D: the account is closed" in text
    assert "# 000000000003 Account 3, Security: CloudFormation would take" in text


def test_templates_are_split_by_organization_and_at_the_limit_of_resources() -> None:
    """A stack reaches one organization, and has at most 500 resources."""
    accounts = [
        Account(f"{number:012}", f"A{number}", organization="b" if number < 10 else "a")
        for number in range(520)
    ]
    texts = cloudformation_files(for_cloudformation(collect(accounts, policy(), {}, ())))
    assert [len(yaml.safe_load(text)["Resources"]) for text in texts] == [500, 10, 10]
    assert cloudformation_files(collect([], policy(), {}, ())) == []


@given(st.lists(st.tuples(st.text(max_size=12), st.text(min_size=1, max_size=12)), max_size=4))
def test_whatever_accounts_and_values_are_called(given: list[tuple[str, str]]) -> None:
    """Every name of a resource is there once, and every value comes out as it went in."""
    accounts = [account(number, name) for number, (name, _) in enumerate(given, 1)]
    tables = [
        PolicyTable(str(number), {"security.name": (value,)}, Match(accounts=(account(number).id,)))
        for number, (_, value) in enumerate(given, 1)
    ]
    export = collect(accounts, policy(*tables), {}, ())
    read_back = read_hcl(terraform_file(export)).get("resource", [])
    values = {
        name: arguments["name"]
        for each in read_back
        for kind in each.values()
        for name, arguments in kind.items()
    }
    assert values == {
        f"security_{account(number).id}": value for number, (_, value) in enumerate(given, 1)
    }
