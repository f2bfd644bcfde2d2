"""Lines of a TOML file against what tomllib reads of it."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from bot.config.toml_positions import Lines
from tests.unit.config.toml_writing import as_toml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.config.toml_positions import Path

TEXT = '''# A comment with = and [brackets] and "quotes".
title = "a # b" # c
"quoted key".'other = key' = 1

[policy]
domains = [ # one
  "one", # two ]

  'two, "quoted"',
  """three
  ""and more""""",
]
security.email = """
a \\""" b""\\
"""
security.phone = \'\'\'
# [no] header'\'\'\'
when = 1979-05-27 07:32:00
inline = { a = 1, b.c = [ { d = 2 }, { d = 3 } ], "e}" = "}" }

  [[policy.override]]
match = { ou = ["/a",
  "/b"] }
[[policy.exclude]]
reason = "x"
[[ policy . override ]]
[policy.override.match]
name = "x"
[[policy.override.deeper]]
n = 1
[[policy.override.deeper]]
n = 2

[policy.rules]
last = true'''


def test_every_key_has_its_line() -> None:
    """Dotted keys, inline tables, long texts and lists, and mixed arrays of tables are placed."""
    lines = Lines(TEXT)
    assert {path: lines.line_of(path) for path in places(tomllib.loads(TEXT))} == {
        ("title",): 2,
        ("quoted key",): 3,
        ("quoted key", "other = key"): 3,
        ("policy",): 5,
        ("policy", "domains"): 6,
        ("policy", "domains", 0): 7,
        ("policy", "domains", 1): 9,
        ("policy", "domains", 2): 10,
        ("policy", "security"): 13,
        ("policy", "security", "email"): 13,
        ("policy", "security", "phone"): 16,
        ("policy", "when"): 18,
        ("policy", "inline"): 19,
        ("policy", "inline", "a"): 19,
        ("policy", "inline", "b"): 19,
        ("policy", "inline", "b", "c"): 19,
        ("policy", "inline", "b", "c", 0): 19,
        ("policy", "inline", "b", "c", 0, "d"): 19,
        ("policy", "inline", "b", "c", 1): 19,
        ("policy", "inline", "b", "c", 1, "d"): 19,
        ("policy", "inline", "e}"): 19,
        ("policy", "override"): 21,
        ("policy", "override", 0): 21,
        ("policy", "override", 0, "match"): 22,
        ("policy", "override", 0, "match", "ou"): 22,
        ("policy", "override", 0, "match", "ou", 0): 22,
        ("policy", "override", 0, "match", "ou", 1): 23,
        ("policy", "exclude"): 24,
        ("policy", "exclude", 0): 24,
        ("policy", "exclude", 0, "reason"): 25,
        ("policy", "override", 1): 26,
        ("policy", "override", 1, "match"): 27,
        ("policy", "override", 1, "match", "name"): 28,
        ("policy", "override", 1, "deeper"): 29,
        ("policy", "override", 1, "deeper", 0): 29,
        ("policy", "override", 1, "deeper", 0, "n"): 30,
        ("policy", "override", 1, "deeper", 1): 31,
        ("policy", "override", 1, "deeper", 1, "n"): 32,
        ("policy", "rules"): 34,
        ("policy", "rules", "last"): 35,
    }
    assert list(lines.headers) == [
        ("policy",),
        ("policy", "override", 0),
        ("policy", "exclude", 0),
        ("policy", "override", 1),
        ("policy", "override", 1, "match"),
        ("policy", "override", 1, "deeper", 0),
        ("policy", "override", 1, "deeper", 1),
        ("policy", "rules"),
    ]


def test_what_is_not_there_has_the_line_around_it() -> None:
    """A path that does not stand in the text is placed at the nearest table around it."""
    lines = Lines("[a]\n[a.b]\nc = 1\n")
    assert lines.line_of(("a", "b", "missing", 3)) == 2
    assert lines.line_of(("missing",)) == 1
    assert Lines("").line_of(("a",)) == 1


NUMBERED = st.recursive(
    st.integers(0, 9)
    | st.text(st.characters(codec="utf-8", exclude_characters="\x7f"), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("ab.\"' #=]", max_size=4), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(
    st.lists(st.dictionaries(st.text("ab.\"' #=]", max_size=4), NUMBERED, max_size=4), max_size=4)
)
def test_any_values(tables: list[dict[str, Any]]) -> None:
    """Each key of each table stands on the line that it was written to, whatever its value."""
    written: list[str] = []
    expected: dict[Path, int] = {}
    for number, table in enumerate(tables):
        written += ["# [[x]]", "[[x]]"]
        expected["x", number] = len(written)
        for key, value in table.items():
            text = as_toml(value)
            written.append(f"{json.dumps(key)} = {text} # = [")
            expected["x", number, key] = len(written)
            written += [""] if len(text) % 2 else []
    text = "\n".join(written)
    assert tomllib.loads(text).get("x", []) == tables
    lines = Lines(text)
    assert {path: lines.line_of(path) for path in expected} == expected


def places(value: object, path: Path = ()) -> Iterator[Path]:
    """The path of everything that stands in a value."""
    if path:
        yield path
    if isinstance(value, dict):
        for key, each in value.items():
            yield from places(each, (*path, key))
    elif isinstance(value, list):
        for place, each in enumerate(value):
            yield from places(each, (*path, place))
