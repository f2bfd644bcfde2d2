"""Contacts as org-formation's annotated CloudFormation.

org-formation's `OC::ORG::Account` has no attribute for alternate contacts. Its own catalog of
resource types has `Community::Account::AlternateContact`, which manages the contacts of the account
that it is bound to:
https://github.com/org-formation/aws-resource-providers (account/alternate-contact).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from bot.domain.as_code.cloudformation import logical_id
from bot.domain.as_code.quoting import yaml_string

if TYPE_CHECKING:
    from bot.domain.as_code.code_contact import CodeContact

TYPE: Final = "Community::Account::AlternateContact"

TASKS: Final = f"""\
AlternateContactType:
  Type: register-type
  ResourceType: {TYPE}
  SchemaHandlerPackage: s3://community-resource-provider-catalog/\
community-account-alternatecontact-0.1.0.zip
  OrganizationBinding:
    IncludeMasterAccount: true
    Account: "*"
    Region: us-east-1

AlternateContacts:
  DependsOn: AlternateContactType
  Type: update-stacks
  Template: ./alternate-contacts.yml
  StackName: alternate-contacts"""
"""The tasks that register the type in every account, and deploy the template."""

_SUFFIX: Final = "Account"


def account_reference(name: str) -> str:
    """The logical name that `org-formation init` gives an account: `DataLakeAccount`."""
    words = re.findall(r"[A-Za-z0-9]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name))
    pascal = "".join(word[:1].upper() + word[1:].lower() for word in words)
    return pascal if pascal.endswith(_SUFFIX) else f"{pascal}{_SUFFIX}"


def template(wanted: CodeContact) -> str:
    """A template with one contact, bound to its account."""
    contact = wanted.contact
    properties = {
        "AlternateContactType": wanted.type.value,
        "Name": contact.name,
        "Title": contact.title,
        "EmailAddress": contact.email,
        "PhoneNumber": contact.phone,
    }
    return "\n".join(
        [
            'AWSTemplateFormatVersion: "2010-09-09-OC"',
            "Resources:",
            f"  {logical_id(wanted)}:",
            f"    Type: {TYPE}",
            "    DeletionPolicy: Retain",
            "    OrganizationBinding:",
            f"      # The name of account {wanted.account_id} in organization.yml.",
            f"      Account: !Ref {account_reference(wanted.account_name)}",
            "      Region: us-east-1",
            "    Properties:",
            *(f"      {key}: {yaml_string(value)}" for key, value in properties.items()),
        ]
    )
