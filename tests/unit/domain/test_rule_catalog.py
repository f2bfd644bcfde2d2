"""The page of each rule matches the rule."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Final

import pytest

from bot.domain.findings import OUTCOMES, Outcome
from bot.domain.rule_catalog import ALWAYS_ON, ON_BY_DEFAULT, SEVERITIES, Rule
from bot.domain.rules.placeholder import MAILBOXES, RESERVED, WORDS

ROOT: Final = Path(__file__).parents[3]
HEADINGS: Final = [
    "Why it matters",
    "How it's decided",
    "How to fix it",
    "How to turn it off",
    "Who requires it",
]


def page(rule: Rule) -> str:
    """A rule's page."""
    return (ROOT / rule.page).read_text(encoding="utf-8")


def test_each_rule_has_a_page_and_each_page_a_rule() -> None:
    """No page is missing, and there are no other pages."""
    pages = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs" / "rules").iterdir()}
    assert pages == {rule.page for rule in Rule}


@pytest.mark.parametrize("rule", Rule)
def test_each_page_says_the_same_things(rule: Rule) -> None:
    """It is named for its rule and has each heading, in order, with something below it."""
    text = page(rule)
    assert text.startswith(f"# {rule.value}\n")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS
    assert all(
        len(part.strip()) > 20 for part in re.split(r"^##? .+$", text, flags=re.MULTILINE)[1:]
    )


@pytest.mark.parametrize(
    ("control", "numbers"),
    [
        ("Maintain current contact details", "1.1 in versions 1.4 to 5.0, 2.1 in 6.0, 2.2 in 7.0"),
        (
            "Ensure security contact information is registered",
            "1.2 in versions 1.4 to 5.0, 2.2 in 6.0, 2.3 in 7.0",
        ),
    ],
)
def test_pages_name_the_present_numbers_of_the_benchmark(control: str, numbers: str) -> None:
    """Versions 6.0 and 7.0 of the CIS benchmark number its controls again."""
    texts = [" ".join(page(rule).split()) for rule in Rule]
    named = [text for text in texts if f"“{control}”" in text]
    assert named
    assert all(f"“{control}” ({numbers})" in text for text in named)


@pytest.mark.parametrize("rule", Rule)
def test_each_page_says_what_the_code_does(rule: Rule) -> None:
    """Outcome, severity and whether it is on without a policy are those of the code."""
    opening = " ".join(page(rule).partition("\n## ")[0].split())
    severity = SEVERITIES.get(rule)
    outcome = OUTCOMES.get(rule, Outcome.WEAK).value
    named = "Announced, no finding" if rule is Rule.CHANGED else f"Outcome `{outcome}`"
    assert named in opening
    assert re.findall(r"severity `(\w+)`", opening) == ([severity.value] if severity else [])
    on = rule in ON_BY_DEFAULT or severity is None
    assert f"; {'on' if on else 'off'} without a policy." in opening


@pytest.mark.parametrize("rule", Rule)
def test_each_page_shows_toml_that_switches_it(rule: Rule) -> None:
    """The example is TOML, and names a rule that can be turned off."""
    (example,) = re.findall(r"^```toml\n(.+?)^```$", page(rule), re.DOTALL | re.MULTILINE)
    policy = tomllib.loads(example)["policy"]
    if rule in SEVERITIES.keys() - ALWAYS_ON:
        assert policy["rules"] == {rule.value: "off"}
        assert policy["override"][0]["rules"] == {rule.value: "off"}
    else:
        assert "off" not in policy.get("rules", {}).values()


@pytest.mark.parametrize("rule", Rule)
def test_links_between_pages_lead_somewhere(rule: Rule) -> None:
    """Every linked page exists; the policy's page has its own tests."""
    for target in re.findall(r"\]\((?!https://|\.\./policy\.md)([^)#]+)", page(rule)):
        assert (ROOT / rule.page).parent.joinpath(target).resolve().exists(), target


def test_the_page_of_placeholders_lists_them_all() -> None:
    """The page lists every word and every domain that counts."""
    text = page(Rule.PLACEHOLDER)
    for word in MAILBOXES | WORDS:
        assert f"`{word}`" in " ".join(text.split()), word
    for domain in RESERVED:
        assert f"`{domain}`" in text or f"`.{domain}`" in text
