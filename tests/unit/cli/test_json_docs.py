"""docs/json.md against what the commands write with `--json`."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Final

from bot.cli import audit_output, doctor_output, fix_output, policy_output, scan_json
from bot.domain.accounts import Account
from bot.domain.actors import Actor
from bot.domain.audit import GENESIS, seal
from bot.domain.errors import SettingsError
from bot.domain.failures import FailureCode
from bot.domain.policy.explain import ExplainedValue
from bot.domain.policy.policy import PolicyUnknown
from bot.domain.run_summary import summarize
from bot.domain.runs import Run, RunCounts, RunItem, RunKind, RunState
from bot.domain.scans import ScanPart
from bot.services.bulk_preview import Preview
from bot.services.doctor import CheckResult, Section, State
from bot.services.explain_policy import Explanation
from tests.unit.domain.test_audit import AT, SALT, entry
from tests.unit.fakes import CONTACT, OTHER, SECURITY, START
from tests.unit.reports import SCOPE, different, every_state, report

PAGE: Final = (Path(__file__).parents[3] / "docs/json.md").read_text("utf-8")
ACCOUNT: Final = Account("444455556666", "Data lake")


def documented(command: str) -> set[str]:
    """The keys in the examples of a command's section."""
    section = PAGE.partition(f"\n## `{command}`\n")[2].partition("\n## ")[0]
    examples = re.findall(r"```json\n(.*?)```", section, re.DOTALL)
    assert examples
    return set[str]().union(*(keys(json.loads(example)) for example in examples))


def keys(value: object, path: str = "") -> set[str]:
    """The paths of all keys: `.accounts[].id`; contact types and tags count as one key each."""
    if isinstance(value, list):
        return set[str]().union(*(keys(item, f"{path}[]") for item in value))
    if not isinstance(value, dict):
        return set()
    named = path.endswith((".contacts", ".tags"))
    inner = {f"{path}.*" if named else f"{path}.{key}": each for key, each in value.items()}
    return set(inner).union(*(keys(each, name) for name, each in inner.items()))


def parsed(out: io.StringIO) -> set[str]:
    """The keys of what was written."""
    return keys(json.loads(out.getvalue()))


def test_check() -> None:
    """The page has every key of a report, of its error, and no other."""
    made = report([*every_state(), different(20, "a")])
    made = replace(made, scan=replace(made.scan, parts=(ScanPart("corp", SCOPE),)))
    complete, failed = io.StringIO(), io.StringIO()
    scan_json.write(made, complete)
    scan_json.write_error(SettingsError("Wrong."), failed)
    assert documented("altcontact check") == parsed(complete) | parsed(failed)


def test_the_codes_of_errors() -> None:
    """The codes that no cause has are named."""
    assert "`settings`" in PAGE
    assert "`database`" in PAGE
    assert not {"settings", "database"} & set(FailureCode)


def test_doctor() -> None:
    """The page has every key of the diagnosis, and every state."""
    out = io.StringIO()
    doctor_output.write_json([CheckResult(Section.AWS, "Trusted access", State.OK, "is on")], out)
    assert documented("altcontact doctor") == parsed(out)


def test_policy_explain() -> None:
    """The page has every key of an explanation, and of one that cannot be given."""
    tagged = replace(ACCOUNT, tags={"env": "prod"})
    value = ExplainedValue("security.presence", "required", "[policy]", (("built in", "optional"),))
    told, undecided = io.StringIO(), io.StringIO()
    policy_output.write_json(Explanation(tagged, (value,)), told)
    policy_output.write_json(Explanation(ACCOUNT, PolicyUnknown(("tags",), ())), undecided)
    assert documented("altcontact policy explain") == parsed(told) | parsed(undecided)


def test_audit() -> None:
    """The page has every key of an entry."""
    out = io.StringIO()
    write = seal(entry(before=None, details={}), 7, AT, GENESIS, SALT)
    audit_output.write_json([write], out, show_contacts=True)
    assert documented("altcontact audit") == parsed(out)


def test_fix() -> None:
    """The page has every key of a run, of the mistakes in a request, and no other."""
    item = RunItem(1, 1, ACCOUNT.id, ACCOUNT.name, SECURITY, OTHER, CONTACT, START)
    run = Run(1, "k", RunKind.FIX, RunState.PREVIEWED, Actor("cli:ana"), START, RunCounts(1))
    written, wrong = io.StringIO(), io.StringIO()
    fix_output.write_json(Preview(run, summarize([item])), run, [item], written)
    fix_output.write_problems_json(["Wrong."], "input", wrong)
    assert documented("altcontact fix") == parsed(written) | parsed(wrong)
