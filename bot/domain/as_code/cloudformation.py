"""Contacts as CloudFormation, by the third-party type `AwsCommunity::Account::AlternateContact`.

CloudFormation has no type of its own for alternate contacts. This one is in AWS's public registry,
and has to be activated once for an account and region. Its properties, and that it doesn't adopt a
contact that exists already, are taken from its source:
https://github.com/aws-cloudformation/community-registry-extensions (resources/
Account_AlternateContact).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.as_code.quoting import comment, comments, yaml_string

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.domain.as_code.code_contact import CodeContact

MOST_RESOURCES: Final = 500
"""The most resources of one template:
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"""

TYPE: Final = "AwsCommunity::Account::AlternateContact"

ACTIVATE: Final = (
    f"aws cloudformation activate-type --region us-east-1 --type RESOURCE --type-name {TYPE} "
    "--publisher-id c830e97710da0c9954d80ba8df021e5439e7134b --execution-role-arn ROLE_ARN"
)
"""The command that activates the type; its role needs Get-, Put- and DeleteAlternateContact."""

_HEAD: Final = """\
AWSTemplateFormatVersion: "2010-09-09"
Description: AWS alternate contacts, written by altcontact.
Metadata:
  cfn-lint:
    config:
      ignore_checks:
        # A type of the public registry, which cfn-lint doesn't know.
        - E3006
Resources:
"""


def logical_id(wanted: CodeContact) -> str:
    """The resource's logical id, unique for each contact: `Security111122223333`."""
    return f"{wanted.type.label}{wanted.account_id}"


def problem(wanted: CodeContact) -> str:
    """Why this contact can't be written for CloudFormation; empty if it can."""
    contact = wanted.contact
    if "|" in contact.email:
        return f"the type {TYPE} doesn't accept | in an email address"
    if any("{{resolve:" in each for each in (contact.name, contact.title)):
        return "CloudFormation would take {{resolve: for a dynamic reference"
    return ""


def resource(wanted: CodeContact) -> str:
    """The resource, indented as it is in a template.

    `DeletionPolicy`: removing it from the template leaves the contact in AWS. Importing an existing
    contact requires that policy, too.
    """
    contact = wanted.contact
    properties = {
        "AccountId": wanted.account_id,
        "AlternateContactType": wanted.type.value,
        "Name": contact.name,
        "Title": contact.title,
        "EmailAddress": contact.email,
        "PhoneNumber": contact.phone,
    }
    name = comment(wanted.account_name)
    return "\n".join(
        [
            *([f"  # {name}"] if name else []),
            f"  {logical_id(wanted)}:",
            f"    Type: {TYPE}",
            "    DeletionPolicy: Retain",
            "    UpdateReplacePolicy: Retain",
            "    Properties:",
            *(f"      {key}: {yaml_string(value)}" for key, value in properties.items()),
        ]
    )


def template(resources: Iterable[str], above: Iterable[str] = (), below: Iterable[str] = ()) -> str:
    """A whole template with these resources, which must be at least one.

    Args:
        resources: as `resource` gives them.
        above: lines of comments before everything else.
        below: lines of comments after it.
    """
    lines = "".join(f"{each}\n" for each in resources)
    return comments(above) + _HEAD + lines + comments(below)
