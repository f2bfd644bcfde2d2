"""A contact as code, for the tests of each tool, and readers of what they write."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import hcl2
from cfnlint.api import lint_all

from bot.domain.as_code.code_contact import CodeContact
from bot.domain.contacts import AlternateContact, ContactType

if TYPE_CHECKING:
    from collections.abc import Mapping

CONTACT: Final = AlternateContact(
    "Security ${team}", 'The "duty" \\ lead', "aws-security@corp.example", "+44 20 7946 0958"
)
"""Values that mean something in HCL."""

WANTED: Final = CodeContact("444455556666", "Data lake", ContactType.SECURITY, CONTACT)


def read_hcl(text: str) -> Mapping[str, Any]:
    """What a parser of Terraform's language sees, with quoted strings decoded."""
    read = hcl2.loads(f"{text}\n")
    return {key: _decoded(value) for key, value in read.items() if key != "__comments__"}


def lint(template: str) -> list[str]:
    """The errors and warnings of cfn-lint about a template, without its hints."""
    found = lint_all(template)
    return [str(problem) for problem in found if not problem.rule.id.startswith("I")]


def _decoded(value: object) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return {
            _decoded(key): _decoded(each) for key, each in value.items() if key != "__is_block__"
        }
    if isinstance(value, list):
        return [_decoded(each) for each in value]
    if isinstance(value, str) and value.startswith('"'):
        assert not re.search(r"[$%]\{", value)
        astral = re.sub(r"(?<!\\)((?:\\\\)*)\\U([0-9a-f]{8})", _pair, value)
        return json.loads(astral)
    return value


def _pair(found: re.Match[str]) -> str:
    """A character beyond the first plane as JSON writes it."""
    return found[1] + json.dumps(chr(int(found[2], 16)))[1:-1]
