"""What to paste where a contact is kept as code, for each tool that a policy can name.

Only keys and attributes that the tool's own documentation or source has are used; the page
`docs/managed-as-code.md` names them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from bot.domain.as_code import cloudformation, org_formation, terraform
from bot.domain.policy.account_policy import ManagedBy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.domain.as_code.code_contact import CodeContact


@dataclass(frozen=True, slots=True)
class Snippet:
    """One piece of code or one command, and what to do with it. It has personal data."""

    what: str
    code: str = field(repr=False)


def snippets(tool: ManagedBy, wanted: CodeContact) -> tuple[Snippet, ...]:
    """What to paste for a contact, in order.

    Args:
        tool: the tool that manages the account.
        wanted: the contact as it should be.
    """
    found = _SNIPPETS[tool](wanted)
    if why := problem(tool, wanted):
        return (replace(found[0], what=f"Choose other values, because {why}:"),)
    return found


def problem(tool: ManagedBy, wanted: CodeContact) -> str:
    """Why the tool can't take this contact; empty if it can."""
    if tool in {ManagedBy.CLOUDFORMATION, ManagedBy.LZA}:
        return cloudformation.problem(wanted)
    return ""


def _terraform(wanted: CodeContact) -> tuple[Snippet, ...]:
    found = [
        Snippet(
            "Add this to the Terraform configuration, or change the values there:",
            terraform.resource(wanted),
        )
    ]
    if wanted.exists:
        found.append(
            Snippet(
                "AWS already has this contact. If it isn't in Terraform's state yet, import it:",
                terraform.import_command(wanted),
            )
        )
    return tuple(found)


def _aft(wanted: CodeContact) -> tuple[Snippet, ...]:
    # AFT runs an account's customizations in that account.
    here = replace(wanted, is_own_account=True)
    found = [
        Snippet(
            "In the repository aft-account-customizations, add this to a .tf file in the terraform "
            "folder of this account's customizations, or change the values there:",
            terraform.resource(here),
        )
    ]
    if wanted.exists:
        found.append(
            Snippet(
                "AWS already has this contact. If it isn't in Terraform's state yet, add this "
                "block, too (Terraform 1.5 or later):",
                terraform.import_block(here),
            )
        )
    return tuple(found)


def _cloudformation(wanted: CodeContact) -> tuple[Snippet, ...]:
    found = [
        Snippet(
            "Add this to the Resources of the template, or change the values there:",
            cloudformation.resource(wanted),
        ),
        _ACTIVATE,
    ]
    if wanted.exists:
        to_import = {
            "ResourceType": cloudformation.TYPE,
            "LogicalResourceId": cloudformation.logical_id(wanted),
            "ResourceIdentifier": {
                "AccountId": wanted.account_id,
                "AlternateContactType": wanted.type.value,
            },
        }
        found.append(
            Snippet(
                "AWS already has this contact. If no stack manages it yet, import it with a change "
                "set of the type IMPORT and these --resources-to-import, because creating it "
                "fails:",
                json.dumps([to_import], indent=2),
            )
        )
    return tuple(found)


def _lza(wanted: CodeContact) -> tuple[Snippet, ...]:
    return (
        Snippet(
            "Landing Zone Accelerator has no setting for alternate contacts, but can deploy a "
            "template. In its configuration repository, add this to "
            "cloudformation/alternate-contacts.yaml, or change the values there"
            + (
                ". AWS already has this contact: if no stack manages it yet, remove it in AWS "
                "first, because creating it fails:"
                if wanted.exists
                else ":"
            ),
            cloudformation.template([cloudformation.resource(wanted)]).rstrip(),
        ),
        Snippet("Once, add the stack to customizations-config.yaml:", _LZA_STACK),
        _ACTIVATE,
    )


def _org_formation(wanted: CodeContact) -> tuple[Snippet, ...]:
    return (
        Snippet(
            "Add this template as alternate-contacts.yml, or change the values there. Check the "
            "account's name in it against organization.yml:",
            org_formation.template(wanted),
        ),
        Snippet("Once, add these tasks to the task file:", org_formation.TASKS),
    )


_ACTIVATE: Final = Snippet(
    "Once, activate the resource type in the management account and each Region of the stack:",
    cloudformation.ACTIVATE,
)

_LZA_STACK: Final = """\
customizations:
  cloudFormationStacks:
    - name: AlternateContacts
      description: AWS alternate contacts.
      template: cloudformation/alternate-contacts.yaml
      deploymentTargets:
        accounts:
          - Management
      regions:
        - us-east-1
      runOrder: 1
      terminationProtection: true"""

_SNIPPETS: Final[Mapping[ManagedBy, Callable[[CodeContact], tuple[Snippet, ...]]]] = {
    ManagedBy.TERRAFORM: _terraform,
    ManagedBy.CLOUDFORMATION: _cloudformation,
    ManagedBy.LZA: _lza,
    ManagedBy.AFT: _aft,
    ManagedBy.ORG_FORMATION: _org_formation,
}
