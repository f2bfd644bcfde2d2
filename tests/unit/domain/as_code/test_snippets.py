"""What to paste, for each tool that a policy can name."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import yaml

from bot.domain.as_code.snippets import Snippet, problem, snippets
from bot.domain.policy.account_policy import ManagedBy
from tests.unit.domain.as_code.contacts import CONTACT, WANTED, lint, read_hcl


def codes(tool: ManagedBy, *, exists: bool) -> list[str]:
    """The code of each snippet."""
    return [each.code for each in snippets(tool, replace(WANTED, exists=exists))]


@pytest.mark.parametrize("tool", ManagedBy)
@pytest.mark.parametrize("exists", [True, False])
def test_every_tool_has_a_snippet_with_the_values(tool: ManagedBy, exists: bool) -> None:
    """Each says what to do with it, and its texts hold no contact details."""
    found = snippets(tool, replace(WANTED, exists=exists))
    assert CONTACT.email in found[0].code
    assert all(each.what.endswith(":") and each.code for each in found)
    assert all(CONTACT.email not in each.what for each in found)
    assert CONTACT.email not in repr(found)
    assert any("already has this contact" in each.what for each in found) == (
        # org-formation's type overwrites what exists.
        exists and tool is not ManagedBy.ORG_FORMATION
    )


def test_terraform() -> None:
    """The resource, and the import of a contact that exists."""
    (resource,) = codes(ManagedBy.TERRAFORM, exists=False)
    assert "444455556666" in str(read_hcl(resource))
    assert codes(ManagedBy.TERRAFORM, exists=True)[1].startswith("terraform import ")


def test_aft_runs_in_the_account_itself() -> None:
    """So the account is named neither in the resource nor in the import."""
    resource, block = codes(ManagedBy.AFT, exists=True)
    assert "account_id" not in resource
    assert 'id = "SECURITY"' in block


def test_cloudformation() -> None:
    """The resource fits below a template's Resources, and what exists can be imported."""
    resource, activate, to_import = codes(ManagedBy.CLOUDFORMATION, exists=True)
    assert list(yaml.safe_load(resource)) == ["Security444455556666"]
    assert activate.startswith("aws cloudformation activate-type ")
    assert json.loads(to_import)[0]["ResourceIdentifier"] == {
        "AccountId": "444455556666",
        "AlternateContactType": "SECURITY",
    }


def test_lza_deploys_a_whole_template() -> None:
    """cfn-lint accepts it, and the configuration names its file."""
    template, stack, _ = codes(ManagedBy.LZA, exists=False)
    assert lint(template) == []
    (entry,) = yaml.safe_load(stack)["customizations"]["cloudFormationStacks"]
    assert entry["template"] in snippets(ManagedBy.LZA, WANTED)[0].what
    assert entry["deploymentTargets"] == {"accounts": ["Management"]}


def test_values_that_a_tool_cannot_take() -> None:
    """Only CloudFormation's type is stricter than AWS."""
    odd = replace(WANTED, contact=replace(CONTACT, email="a|b@corp.example"))
    refusing = [tool for tool in ManagedBy if problem(tool, odd)]
    assert refusing == [ManagedBy.CLOUDFORMATION, ManagedBy.LZA]
    (only,) = snippets(ManagedBy.LZA, replace(odd, exists=True))
    assert isinstance(only, Snippet)
    assert only.what.startswith("Choose other values, because the type AwsCommunity::")
