"""The answer to `/altcontact reload`: what applies now, or every mistake with its line."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.config.policy_reload import PolicyReload
from bot.domain.errors import SettingProblem, SettingsError
from bot.domain.policy.policy import Policy
from bot.slack.views.policy_reload import refused_message, reloaded_message
from tests.unit.slack.views.assertions import assert_sound, texts

PROBLEMS = st.builds(
    SettingProblem,
    st.text(max_size=400),
    st.text(max_size=3000) | st.just("&" * 3000) | st.just("*_`<!channel>" * 200),
    st.text(max_size=400),
    key=st.text(max_size=400),
    line=st.integers(0, 10**6),
)


def test_a_reload_says_what_applies_now() -> None:
    """The answer gives the sections, and the settings that need a restart."""
    policy = Policy.requiring()
    new = PolicyReload(
        policy, changed=True, sections=3, sections_before=2, restart_for=("schedule",)
    )
    message = reloaded_message(new)
    assert_sound(message)
    assert "Policy reloaded: 3 sections" in message.text
    assert "`schedule` also changed" in json.dumps(message.blocks)
    assert "next check" in json.dumps(message.blocks)
    same = reloaded_message(PolicyReload(policy, changed=False, sections=3, sections_before=3))
    assert "Policy unchanged." in same.text
    assert len(same.blocks) == 1


def problem(line: int, what: str = "unknown key") -> SettingProblem:
    """A mistake in the file."""
    where = f"policy.chanel in x.toml, line {line}"
    return SettingProblem(where, what, 'channel = "#a"', key="policy.chanel", line=line)


def test_each_mistake_has_a_row_with_its_line() -> None:
    """Line, key, mistake and an example are in one row; the next step comes last."""
    message = refused_message(SettingsError("Wrong.", (problem(4), problem(11))))
    assert_sound(message)
    shown = texts(message.blocks, "plain_text", "mrkdwn")
    assert shown[0] == "2 mistakes in the policy file"
    assert "The previous policy stays in use." in shown[1]
    assert shown[2] == '*Line 4*  `policy.chanel`: unknown key\nFor example: `channel = "#a"`'
    assert shown[3].startswith("*Line 11*  ")
    assert "`/altcontact reload` again" in shown[-1]
    assert message.text.startswith("2 mistakes in the policy file: policy.chanel in x.toml, line 4")


def test_a_mistake_of_the_environment_has_no_line() -> None:
    """A variable is named as it is."""
    error = SettingsError("Wrong.", (SettingProblem("ALTCONTACT_TYPES", "unknown type"),))
    assert "`ALTCONTACT_TYPES`: unknown type" in texts(refused_message(error).blocks, "mrkdwn")


@pytest.mark.parametrize("number", [0, 1, 15, 400])
def test_more_mistakes_than_fit(number: int) -> None:
    """As many as fit are shown, and how many are left; text from the file formats nothing."""
    problems = tuple(problem(each + 1, f"<!channel> {'x' * 900}") for each in range(number))
    message = refused_message(SettingsError("It is wrong.", problems))
    assert_sound(message)
    shown = texts(message.blocks, "mrkdwn")
    rows = [text for text in shown if text.startswith("*Line ")]
    assert any("The previous policy stays in use." in text for text in shown)
    assert ("It is wrong." in "".join(shown)) is (number == 0)
    left = number - len(rows)
    assert (f"…and {left:,} more." in shown) is (left > 0)
    assert len(rows) >= min(number, 15)


@settings(max_examples=60, deadline=None)
@given(st.lists(PROBLEMS, max_size=60))
def test_slack_takes_every_list_of_mistakes(problems: list[SettingProblem]) -> None:
    """Whatever the file holds, Slack takes the message."""
    assert_sound(refused_message(SettingsError("It is wrong.", tuple(problems))))


@pytest.mark.parametrize(
    ("replicas", "words"),
    [(0, ""), (1, "The other replica applies it"), (4, "The other 4 replicas apply it")],
)
def test_other_replicas_follow(replicas: int, words: str) -> None:
    """With several replicas, the answer says that the others follow."""
    policy = Policy.requiring()
    reloaded = PolicyReload(policy, changed=True, sections=3, sections_before=3, replicas=replicas)
    said = reloaded.replicas_message
    assert said.startswith(words)
    assert bool(said) is bool(words)
    message = reloaded_message(reloaded)
    assert said in str(message.blocks)
    assert_sound(message)
