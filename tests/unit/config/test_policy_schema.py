"""The JSON Schema of altcontact.toml against what the parser takes."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from bot.config.load import load_lenient
from bot.config.policy_keys import (
    DAYS,
    EXPECTED,
    KEYS,
    LISTS,
    MATCH_KEYS,
    PEOPLE,
    RULES,
    SINGLE,
    TARGET_KEYS,
    TEXTS,
    TYPES,
)
from bot.config.policy_schema import policy_schema
from bot.config.settings import Settings
from bot.config.toml_file import CONFIG
from tests.unit.config.test_policy_file import BROKEN, EXAMPLE, mangle
from tests.unit.config.toml_writing import as_toml

ROOT: Final = Path(__file__).parents[3]
SCHEMA: Final = json.loads(json.dumps(policy_schema()))
VALIDATOR: Final = Draft202012Validator(SCHEMA)


def test_it_is_a_schema_of_its_dialect() -> None:
    """It is valid itself, and the same after a round trip through JSON."""
    Draft202012Validator.check_schema(SCHEMA)
    assert policy_schema() == SCHEMA


def examples() -> list[tuple[str, str]]:
    """Every TOML file of the docs, and every example in Markdown that is one."""
    files = [(path.name, path.read_text()) for path in ROOT.glob("docs/examples/*.toml")]
    for page in [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]:
        found = re.findall(r"^```toml\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)
        files += [(f"{page.name} {number}", text) for number, text in enumerate(found, 1)]
    return files


@pytest.mark.parametrize(("name", "text"), examples())
def test_every_example_of_the_docs_is_valid(name: str, text: str) -> None:
    """What the docs show is not underlined in an editor."""
    errors = [error.message for error in VALIDATOR.iter_errors(tomllib.loads(text))]
    assert errors == [], name


def keys(schema: dict[str, Any]) -> set[str]:
    """The keys of a table."""
    assert schema["additionalProperties"] is False
    return set(schema["properties"])


def test_it_has_every_key_of_the_parser_and_no_other() -> None:
    """Settings, the policy's keys, contacts, rules, matches and targets."""
    assert keys(SCHEMA) == set(Settings.model_fields)
    policy = SCHEMA["properties"]["policy"]
    override, exclude = (policy["properties"][key]["items"] for key in ("override", "exclude"))
    assert keys(policy) == {*KEYS, "override", "exclude"}
    assert keys(override) == {*KEYS, "match"}
    assert keys(exclude) == {"match", "reason"}
    assert set(KEYS) == {*TYPES, "rules", *LISTS, *TEXTS, *DAYS, *PEOPLE, *SINGLE}
    for table in (policy, override):
        for name in TYPES:
            assert keys(table["properties"][name]["anyOf"][1]) == {"presence", *EXPECTED}
    assert keys(SCHEMA["$defs"]["rules"]) == set(RULES)
    assert keys(SCHEMA["$defs"]["match"]) == set(MATCH_KEYS)
    assert keys(SCHEMA["properties"]["aws"]["items"]) == set(TARGET_KEYS)


def descriptions(schema: object) -> list[str]:
    """The keys of all tables that have no description, at any depth."""
    if isinstance(schema, list):
        return [key for item in schema for key in descriptions(item)]
    if not isinstance(schema, dict):
        return []
    properties = schema.get("properties", {})
    bare = [key for key, value in properties.items() if not {"description", "$ref"} & value.keys()]
    return bare + [key for value in schema.values() for key in descriptions(value)]


def test_every_key_is_described() -> None:
    """An editor shows what a key is for."""
    assert descriptions(SCHEMA) == []


BEYOND: Final = re.compile(
    # What it takes more than a schema to see.
    "domain|email address|apostrophe|phone number|start with|characters|user id|#secu"
    r"|OU|%2F|use \*\* alone|is not a string|is empty|no ..aws.. section|no section"
    "|link|a user name|bot never fixes|all four"
    "|can't be expected|sets no values|same match|has this name|not the ARN|valid external id"
    "|than 128|combined with ids|mean “corp|more than 500|xn--|with a hyphen|accept email"
    "|hidden char|visible"
)


@pytest.mark.parametrize(
    ("text", "words"), [(text, words) for text, _, words in BROKEN if not BEYOND.search(words)]
)
def test_it_refuses_what_a_schema_can(text: str, words: str) -> None:
    """Unknown keys and values, wrong types, and what is missing are found while typing."""
    assert not VALIDATOR.is_valid(tomllib.loads(text)), words


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_it_is_never_stricter_than_the_parser(tmp_path: Path, data: st.DataObject) -> None:
    """However a valid file is mangled, what the parser takes is valid by the schema as well."""
    content = tomllib.loads(EXAMPLE)
    for _ in range(data.draw(st.integers(1, 4))):
        mangle(content, data)
    file = tmp_path / "mangled.toml"
    lines = "".join(f"{as_toml(key)} = {as_toml(value)}\n" for key, value in content.items())
    file.write_text(lines, encoding="utf-8", errors="surrogatepass")
    if not load_lenient({CONFIG: str(file)}, needs_slack=False).problems:
        # The parser ignores empty settings, whatever their names.
        read = {key: value for key, value in tomllib.loads(lines).items() if value != ""}
        assert [error.message for error in VALIDATOR.iter_errors(read)] == []
