"""Text from outside in HCL and YAML: it comes out as it went in, and is never more than a value."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.as_code.quoting import comment, hcl_string, yaml_string
from tests.unit.domain.as_code.contacts import read_hcl

TEXTS = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from('$%{}\\"\n#:-'), max_size=12
)


@given(TEXTS)
def test_hcl_is_read_as_it_was_written(text: str) -> None:
    """Whatever the text, a parser of HCL sees one string without interpolations."""
    assert read_hcl(f"x = {hcl_string(text)}") == {"x": text}


@given(TEXTS)
def test_yaml_is_read_as_it_was_written(text: str) -> None:
    """Whatever the text, a parser of YAML sees one string."""
    assert yaml.safe_load(f"x: {yaml_string(text)}") == {"x": text}


@pytest.mark.parametrize(
    ("text", "hcl"),
    [
        ("${var.x}", '"\\u0024{var.x}"'),
        ("$${x}", '"$\\u0024{x}"'),
        ("%{ if true }", '"\\u0025{ if true }"'),
        ("100 %", '"100 %"'),
        ('a "b" \\', '"a \\"b\\" \\\\"'),
        ("a\u202eb\U000e0001", '"a\\u202eb\\U000e0001"'),
    ],
)
def test_what_hcl_would_take_for_more(text: str, hcl: str) -> None:
    """Interpolations, directives, quotation marks and invisible characters are written by code."""
    assert hcl_string(text) == hcl


@pytest.mark.parametrize("text", ["no", "012", "+1", "1e3", "~", "a: b", "- a", "!Ref x", "{{a}}"])
def test_yaml_never_takes_a_value_for_another_kind(text: str) -> None:
    """Numbers, booleans and tags stay text."""
    assert yaml.safe_load(yaml_string(text)) == text


def test_a_comment_stays_on_its_line() -> None:
    """A line break in an account's name doesn't end the comment."""
    assert comment('Data\nlake\u2028 {\r"\u202e') == 'Data lake {\u0020"'.replace("\u0020", " ")
    assert comment("\n\u200b") == ""
