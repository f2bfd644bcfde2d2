"""What can be chosen in the menu of accounts of a run: accounts, OUs, tags, and whole lists."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.domain.finding_lists import FindingList, ListKind
from bot.slack.views.blocks import accounts, clip, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.account_suggestions import Suggestions
    from bot.slack.views.blocks import Block

MAX_OPTIONS: Final = 100
"""Slack's limit for the options of one answer."""

EVERY: Final = "all"
"""The value of the option that is every account."""

LIST: Final = "list:"
"""Begins the value of an option that is the accounts of a list of findings."""

OPTION_VALUE: Final = 150
"""Characters of an option's value; longer OUs and tags aren't offered, but can be typed."""

_OPTION_TEXT: Final = 75
_GLOB: Final = re.compile(r"[*?\[]")
_PLAIN: Final = re.compile(r"[^\s,=\"'\u2018-\u201f\u00ab\u00bb`]+")
_ALERT_WORDS: Final = "All accounts of the alert"
_ATTENTION_WORDS: Final = "All accounts that need attention"


@dataclass(frozen=True, slots=True)
class Chosen:
    """An option of the menu: a selection's term or a list of findings, and how it reads."""

    value: str
    text: str

    @property
    def listed(self) -> FindingList | None:
        """The list of findings whose accounts it is; None for any other option.

        Raises:
            ValueError: it is no list that this version knows.
        """
        if not self.value.startswith(LIST):
            return None
        return FindingList.parse(self.value.removeprefix(LIST))

    @property
    def option(self) -> Block:
        """The option, as Slack takes it."""
        return {"text": plain(clip(self.text, _OPTION_TEXT)), "value": self.value}


def list_choice(listed: FindingList, number: int | None = None) -> Chosen:
    """The accounts of a list of findings, as one option.

    Args:
        listed: the findings of an alert, or all that are open.
        number: how many accounts those are, if that is known.
    """
    words = _ALERT_WORDS if listed.kind is ListKind.ALERT else _ATTENTION_WORDS
    counted = f"{words} ({number:,} now)" if number is not None else words
    return Chosen(f"{LIST}{listed}", counted)


def term_choice(term: str, number: int | None = None) -> Chosen:
    """A selection as somebody typed it: ids, names, globs, `ou:…` or `tag:…`.

    Args:
        term: what was typed.
        number: how many accounts it selects, if that is known.
    """
    words = "All accounts" if term == EVERY else " ".join(term.split())
    return Chosen(term, words if number is None else _counted(words, number))


def option_groups(found: Suggestions, *, with_lists: bool) -> list[Block]:
    """The answer for what is typed in the menu, grouped, at most `MAX_OPTIONS` in all.

    A group's heading says how many match where not all are shown.

    Args:
        found: what matches.
        with_lists: whether the options that stand for whole lists come first.
    """
    lists = [list_choice(FindingList(ListKind.OPEN)), term_choice(EVERY)] if with_lists else []
    units = [
        Chosen(f"ou:{each.id}/**", _counted(_end(each.path), each.accounts)) for each in found.units
    ]
    tags = [
        Chosen(
            f"tag:{_term(each.key)}={_term(each.value)}",
            _counted(f"{each.key} = {each.value}", each.accounts),
        )
        for each in found.tags
    ]
    named = [Chosen(each.id, _account(each.name, each.id)) for each in found.accounts]
    groups = [
        _group("Many at once", lists, len(lists)),
        _group("Organizational units, with everything below", units, found.unit_total),
        _group("Tags", tags, found.tag_total),
        _group("Accounts", named, found.account_total),
    ]
    return [group for group in groups if group["options"]]


def _term(text: str) -> str:
    """A key or value that means itself in a selection: no glob, quoted where needed."""
    literal = _GLOB.sub(r"[\g<0>]", text)
    return literal if _PLAIN.fullmatch(literal) else f'"{literal}"'


def _group(heading: str, choices: Sequence[Chosen], total: int) -> Block:
    fitting = [each for each in choices if len(each.value) <= OPTION_VALUE]
    if len(fitting) < total:
        heading = f"{heading}: {len(fitting):,} of {total:,}. Type to narrow down."
    return {"label": plain(heading, _OPTION_TEXT), "options": [each.option for each in fitting]}


def _counted(words: str, number: int) -> str:
    end = f" · {accounts(number)}"
    return clip(words, _OPTION_TEXT - len(end)) + end


def _end(path: str) -> str:
    """The end of a long path, which tells units apart."""
    room = _OPTION_TEXT - 20
    return path if len(path) <= room else "…" + path[-(room - 1) :]


def _account(name: str, account_id: str) -> str:
    room = _OPTION_TEXT - len(account_id) - len(" · ")
    shown = clip(" ".join(name.split()), room)
    return f"{shown} · {account_id}" if shown else account_id
