"""The doctor's check of Home: whether Slack showed the last one that was published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.services.doctor import State
from bot.slack.doctor.lines import line
from bot.slack.scopes import HOME_MANIFEST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.services.doctor import CheckResult
    from bot.services.home import HomeStatus

_OFF: Final = "not_enabled"
"""Slack's code if the app's Home tab is turned off."""


def check_home(status: HomeStatus) -> Iterator[CheckResult]:
    """Whether Homes are shown. None is published for that: it would replace somebody's Home.

    Args:
        status: how the last Home went; nothing is said of it if nobody has opened one yet.
    """
    problem = status.problem
    if problem is None:
        if status.published_at is not None:
            yield line("Home", State.OK, "Slack accepted the last one.")
    elif problem.code == _OFF:
        remedy = "Add this to the app's manifest (https://api.slack.com/apps, App Manifest):"
        yield line("Home", State.WARNING, str(problem), remedy, HOME_MANIFEST)
    else:
        code = f" (Slack's code: {problem.code})" if problem.code else ""
        yield line("Home", State.WARNING, f"was not shown. {problem}{code}", problem.remedy)
