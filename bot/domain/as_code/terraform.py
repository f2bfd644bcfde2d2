"""Contacts as Terraform: the resource `aws_account_alternate_contact`, and its import.

Arguments and import ids are those of the AWS provider's documentation:
https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/account_alternate_contact
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.as_code.quoting import comment, hcl_string

if TYPE_CHECKING:
    from bot.domain.as_code.code_contact import CodeContact

_RESOURCE: Final = "aws_account_alternate_contact"


def resource_name(wanted: CodeContact) -> str:
    """The resource's name, unique for each contact: `security_111122223333`.

    The account's name isn't part of it, since renaming an account would replace the resource.
    """
    return f"{wanted.type.value.lower()}_{wanted.account_id}"


def resource(wanted: CodeContact) -> str:
    """The resource, with the account's name as a comment above it."""
    contact = wanted.contact
    arguments = {
        "account_id": "" if wanted.is_own_account else wanted.account_id,
        "alternate_contact_type": wanted.type.value,
        "name": contact.name,
        "title": contact.title,
        "email_address": contact.email,
        "phone_number": contact.phone,
    }
    given = {key: value for key, value in arguments.items() if value}
    width = max(map(len, given))
    lines = [f"  {key.ljust(width)} = {hcl_string(value)}" for key, value in given.items()]
    name = comment(wanted.account_name)
    heading = f"# {name} ({wanted.account_id})" if name else f"# {wanted.account_id}"
    return "\n".join([heading, f'resource "{_RESOURCE}" "{resource_name(wanted)}" {{', *lines, "}"])


def import_command(wanted: CodeContact) -> str:
    """The command that makes Terraform adopt the contact in AWS."""
    return f"terraform import {_RESOURCE}.{resource_name(wanted)} {_import_id(wanted)}"


def import_block(wanted: CodeContact) -> str:
    """The block that makes Terraform 1.5 or later adopt the contact in AWS."""
    return "\n".join(
        [
            "import {",
            f"  to = {_RESOURCE}.{resource_name(wanted)}",
            f"  id = {hcl_string(_import_id(wanted))}",
            "}",
        ]
    )


def _import_id(wanted: CodeContact) -> str:
    kind = wanted.type.value
    return kind if wanted.is_own_account else f"{wanted.account_id}/{kind}"
