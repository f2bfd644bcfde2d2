"""Contacts as org-formation's annotated CloudFormation."""

from __future__ import annotations

import pytest
import yaml

from bot.domain.as_code import org_formation
from tests.unit.domain.as_code.contacts import CONTACT, WANTED


def test_the_template_is_bound_to_the_account() -> None:
    """The values are as they are; the account is referred to by its logical name."""
    text = org_formation.template(WANTED)
    assert "Account: !Ref DataLakeAccount\n" in text
    resource = yaml.safe_load(text.replace("!Ref ", ""))["Resources"]["Security444455556666"]
    assert resource["Type"] == "Community::Account::AlternateContact"
    assert resource["OrganizationBinding"] == {"Account": "DataLakeAccount", "Region": "us-east-1"}
    assert resource["Properties"] == {
        "AlternateContactType": "SECURITY",
        "Name": CONTACT.name,
        "Title": CONTACT.title,
        "EmailAddress": CONTACT.email,
        "PhoneNumber": CONTACT.phone,
    }


def test_the_tasks() -> None:
    """The type is registered before the template is deployed."""
    tasks = yaml.safe_load(org_formation.TASKS)
    assert tasks["AlternateContactType"]["Type"] == "register-type"
    package = (
        "s3://community-resource-provider-catalog/community-account-alternatecontact-0.1.0.zip"
    )
    assert tasks["AlternateContactType"]["SchemaHandlerPackage"] == package
    assert tasks["AlternateContacts"]["DependsOn"] == "AlternateContactType"


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("Data lake", "DataLakeAccount"),
        ("audit-account", "AuditAccount"),
        ("prodEU 2", "ProdEu2Account"),
        ("\u202e", "Account"),
        ("x\n  Region: y", "XRegionYAccount"),
    ],
)
def test_the_logical_name_of_an_account(name: str, reference: str) -> None:
    """As org-formation names it at first, and never more than a name."""
    assert org_formation.account_reference(name) == reference
