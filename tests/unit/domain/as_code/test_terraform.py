"""Contacts as Terraform."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.as_code import terraform
from bot.domain.contacts import ContactType
from tests.unit.domain.as_code.contacts import CONTACT, WANTED, read_hcl


def test_the_resource_of_a_member_account() -> None:
    """All arguments of the provider's documentation, with the values as they are."""
    read = read_hcl(terraform.resource(WANTED))
    (resource,) = read["resource"]
    assert resource == {
        "aws_account_alternate_contact": {
            "security_444455556666": {
                "account_id": "444455556666",
                "alternate_contact_type": "SECURITY",
                "name": CONTACT.name,
                "title": CONTACT.title,
                "email_address": CONTACT.email,
                "phone_number": CONTACT.phone,
            }
        }
    }
    assert terraform.resource(WANTED).splitlines()[0] == "# Data lake (444455556666)"


def test_an_account_that_runs_the_code_itself_is_not_named() -> None:
    """AWS denies the management account's own id."""
    own = replace(WANTED, is_own_account=True)
    assert "account_id" not in terraform.resource(own)
    assert "444455556666/" not in terraform.import_command(own)
    assert terraform.import_command(own).endswith(".security_444455556666 SECURITY")


def test_what_exists_is_imported() -> None:
    """By a command, or by a block."""
    address = "aws_account_alternate_contact.billing_444455556666"
    wanted = replace(WANTED, type=ContactType.BILLING)
    assert terraform.import_command(wanted) == f"terraform import {address} 444455556666/BILLING"
    (block,) = read_hcl(terraform.import_block(wanted))["import"]
    assert block["id"] == "444455556666/BILLING"
    assert address in str(block["to"])


@pytest.mark.parametrize("name", ["", "a\n}\nresource", "${x}", '"', "*/ /*", "\u202eevil"])
def test_an_account_name_is_only_a_comment(name: str) -> None:
    """Whatever an account is called, the resource is the same."""
    named = terraform.resource(replace(WANTED, account_name=name))
    assert read_hcl(named) == read_hcl(terraform.resource(WANTED))
