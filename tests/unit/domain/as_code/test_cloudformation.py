"""Contacts as CloudFormation."""

from __future__ import annotations

from dataclasses import replace

import pytest
import yaml

from bot.domain.as_code import cloudformation
from bot.domain.contacts import AlternateContact, ContactType
from tests.unit.domain.as_code.contacts import CONTACT, WANTED, lint


def test_a_template_that_cfn_lint_accepts() -> None:
    """All properties of the type's schema, with the values as they are."""
    billing = replace(WANTED, type=ContactType.BILLING)
    template = cloudformation.template(map(cloudformation.resource, [WANTED, billing]))
    assert lint(template) == []
    resources = yaml.safe_load(template)["Resources"]
    assert list(resources) == ["Security444455556666", "Billing444455556666"]
    assert resources["Security444455556666"] == {
        "Type": "AwsCommunity::Account::AlternateContact",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "AccountId": "444455556666",
            "AlternateContactType": "SECURITY",
            "Name": CONTACT.name,
            "Title": CONTACT.title,
            "EmailAddress": CONTACT.email,
            "PhoneNumber": CONTACT.phone,
        },
    }


def test_cfn_lint_still_finds_what_is_wrong() -> None:
    """Only the unknown type is left out of its checks."""
    template = cloudformation.template([cloudformation.resource(WANTED)])
    assert lint(template.replace("DeletionPolicy: Retain", "DeletionPolicy: Keep"))
    assert lint(template.replace("Security4444", "Security-4444"))


@pytest.mark.parametrize("name", ["", "a\nResources:", "{{resolve:ssm:x}}", '"', "\u202eevil"])
def test_an_account_name_is_only_a_comment(name: str) -> None:
    """Whatever an account is called, the resource is the same."""
    named = cloudformation.template([cloudformation.resource(replace(WANTED, account_name=name))])
    plain = cloudformation.template([cloudformation.resource(WANTED)])
    assert yaml.safe_load(named) == yaml.safe_load(plain)


@pytest.mark.parametrize(
    ("contact", "why"),
    [
        (replace(CONTACT, email="a|b@corp.example"), "doesn't accept | in an email address"),
        (replace(CONTACT, name="{{resolve:ssm:x}}"), "dynamic reference"),
        (replace(CONTACT, title="A {{resolve:secretsmanager:y}}"), "dynamic reference"),
        (CONTACT, ""),
    ],
)
def test_values_that_cannot_be_written(contact: AlternateContact, why: str) -> None:
    """The type's schema is stricter than AWS, and CloudFormation replaces dynamic references."""
    found = cloudformation.problem(replace(WANTED, contact=contact))
    assert why in found
    assert bool(found) == bool(why)
