"""Selects accounts by what people type: ids, names, globs, OUs, tags, or `all`.

Terms are separated by commas or spaces, and their accounts are combined. `!` before a term leaves
its accounts out. A name with spaces needs no quotation marks, if an account has exactly this name.
"""

from __future__ import annotations

import difflib
import fnmatch
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.domain.pasted_ids import account_id_problem, ou_path, parse_account_id
from bot.domain.policy.match import Match
from bot.domain.selection_words import (
    ORGANIZATION,
    OU,
    PREFIXES,
    TAG,
    SelectionProblem,
    SelectionWord,
    criterion_of,
    split_words,
)
from bot.domain.visible_text import tidy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bot.domain.accounts import Account

ALL: Final = "all"
"""Selects every account; `*` does too."""

EXAMPLES: Final = "all, 444444444444, web-*, ou:/Prod/**, tag:env=prod"

_LONGEST_NAME: Final = 25
"""The most words of a name; AWS's limit is 50 characters."""

_NAMED: Final = 3
"""The most accounts that a message names."""

_SUGGESTIONS: Final = 10
"""The most words that are searched for something similar, which takes a while in 10,000 names."""

_DIGITS: Final = re.compile(r"[\d\s-]+")


@dataclass(frozen=True, slots=True)
class Selection:
    """The accounts that were selected, in the order of their names.

    `unread` are those of which it is unknown whether they are selected, because their OUs or tags
    were not read. `is_empty`: nothing was typed.
    """

    accounts: tuple[Account, ...] = ()
    problems: tuple[SelectionProblem, ...] = ()
    unread: tuple[Account, ...] = ()
    is_empty: bool = False


def select_accounts(typed: str | Sequence[str], accounts: Iterable[Account]) -> Selection:
    """Select accounts by what was typed.

    Args:
        typed: a line, or the arguments of a command line, each of which is a line too.
        accounts: every account that can be selected.
    """
    index = _Index(accounts)
    chosen: dict[str, bool | None] = {}
    left_out: dict[str, bool | None] = {}
    problems: list[SelectionProblem] = []
    terms = excluding = 0
    for line in (typed,) if isinstance(typed, str) else typed:
        found = index.words(line)
        if isinstance(found, SelectionProblem):
            problems.append(found)
            continue
        for word in found:
            terms += 1
            excluding += word.excluded
            result = index.find(word)
            if isinstance(result, SelectionProblem):
                problems.append(result)
                continue
            _merge(left_out if word.excluded else chosen, result)
    if terms and excluding == terms and not problems:
        chosen = dict.fromkeys(index.by_id, True)
    answers = {id_: _without(answer, left_out.get(id_, False)) for id_, answer in chosen.items()}
    return Selection(
        index.ordered(id_ for id_, answer in answers.items() if answer),
        tuple(dict.fromkeys(problems)),
        index.ordered(id_ for id_, answer in answers.items() if answer is None),
        is_empty=not terms and not problems,
    )


def find_each(
    texts: Iterable[str], accounts: Iterable[Account]
) -> dict[str, Account | SelectionProblem]:
    """The one account that each text names, by its id or name; or what is wrong with the text."""
    index = _Index(accounts)
    found: dict[str, Account | SelectionProblem] = {}
    for text in texts:
        if text not in found:
            found[text] = index.find_one(text)
    return found


def needs_of(typed: str | Sequence[str]) -> frozenset[str]:
    """What must be known of accounts to select them: `units`, `tags`, both or none."""
    text = typed if isinstance(typed, str) else " ".join(typed)
    needs = set()
    if re.search(r"\b(?:ous?|unit):|\bou-[0-9a-z]|(?:^|[\s,!\"'])/", text, re.IGNORECASE):
        needs.add("units")
    if re.search(r"\btags?:", text, re.IGNORECASE):
        needs.add("tags")
    return frozenset(needs)


def quoted_name(name: str) -> str:
    """An account's name as a term, in quotation marks if it could mean something else."""
    plain = re.fullmatch(r"[\w.&+-]+(?: [\w.&+-]+)*", name) and name.casefold() != ALL
    return name if plain and not name.isdecimal() else f'"{name}"'


def _merge(into: dict[str, bool | None], found: Mapping[str, bool | None]) -> None:
    for id_, answer in found.items():
        into[id_] = into.get(id_) or answer


def _without(chosen: bool | None, left_out: bool | None) -> bool | None:
    if left_out:
        return False
    return chosen if left_out is False else None


class _Index:
    """Accounts by id and name, and the words that a line consists of."""

    def __init__(self, accounts: Iterable[Account]) -> None:
        self.by_id = {account.id: account for account in accounts}
        self._suggestions_left = _SUGGESTIONS
        self.by_name: defaultdict[str, list[Account]] = defaultdict(list)
        for account in self.by_id.values():
            self.by_name[_normal(account.name)].append(account)

    def ordered(self, ids: Iterable[str]) -> tuple[Account, ...]:
        """These accounts in the order of their names."""
        found = [self.by_id[id_] for id_ in ids]
        return tuple(sorted(found, key=lambda each: (each.name.casefold(), each.id)))

    def words(self, line: str) -> list[SelectionWord] | SelectionProblem:
        """The terms of a line: quoted ones, known names with spaces, and single words."""
        if _normal(line) in self.by_name:
            return [SelectionWord(line.strip(), quoted=_normal(line) != ALL)]
        parts = split_words(line)
        if isinstance(parts, SelectionProblem):
            return parts
        return [word for part in parts for word in self._grouped(part)]

    def _grouped(self, words: Sequence[SelectionWord]) -> Iterable[SelectionWord]:
        """Words joined where they are one known name, or one account id with spaces."""
        start = 0
        while start < len(words):
            end = min(len(words), start + _LONGEST_NAME)
            while end > start + 1 and not self._is_one(words[start:end]):
                end -= 1
            first = words[start]
            text = " ".join(word.text for word in words[start:end])
            yield SelectionWord(text, first.quoted or end > start + 1, first.excluded)
            start = end

    def _is_one(self, words: Sequence[SelectionWord]) -> bool:
        if any(word.quoted for word in words) or any(word.excluded for word in words[1:]):
            return False
        text = " ".join(word.text for word in words)
        if _normal(text) in self.by_name:
            return True
        return _DIGITS.fullmatch(text) is not None and parse_account_id(text) is not None

    def find(self, word: SelectionWord) -> Mapping[str, bool | None] | SelectionProblem:
        """The accounts of one term, each with None if that is unknown; or why it has none."""
        text = word.text
        if not word.quoted and text.casefold() in {ALL, "*"}:
            return dict.fromkeys(self.by_id, True)
        if named := self.by_name.get(_normal(text)):
            return self._only(text, named)
        if (prefixed := criterion_of(text)) is not None:
            return self._by_criterion(text, *prefixed)
        if (id_ := parse_account_id(text)) is not None:
            return {id_: True} if id_ in self.by_id else self._unknown_id(text, id_)
        if any(mark in text for mark in "*?["):
            return self._by_glob(text)
        return self._unknown_name(text)

    def find_one(self, text: str) -> Account | SelectionProblem:
        """The account of this id or name; or why there is none."""
        if named := self.by_name.get(_normal(text)):
            only = self._only(text, named)
        elif (id_ := parse_account_id(text)) is not None:
            only = {id_: True} if id_ in self.by_id else self._unknown_id(text, id_)
        else:
            only = self._unknown_name(text)
        return only if isinstance(only, SelectionProblem) else self.by_id[next(iter(only))]

    def _only(
        self, text: str, named: Sequence[Account]
    ) -> Mapping[str, bool | None] | SelectionProblem:
        if len(named) == 1:
            return {named[0].id: True}
        ids = _listed([account.id for account in named])
        return SelectionProblem(
            text, f"is the name of {len(named)} accounts ({ids}): use their ids"
        )

    def _by_criterion(
        self, text: str, key: str, value: str
    ) -> Mapping[str, bool | None] | SelectionProblem:
        if key not in PREFIXES:
            return self._unknown_prefix(text, key, value)
        if key == TAG:
            return self._by_tag(text, value)
        if not value:
            example = "ou:/Prod/**" if key == OU else "org:main"
            return SelectionProblem(text, f"needs a value, such as {example}")
        if key == ORGANIZATION:
            return self._by_organization(text, value)
        found = self._matching(Match(units=(ou_path(value),)))
        return found or self._unknown_unit(text, value)

    def _by_tag(self, text: str, value: str) -> Mapping[str, bool | None] | SelectionProblem:
        key, _, glob = value.partition("=")
        if not key.strip():
            return SelectionProblem(text, "needs a key, such as tag:env=prod")
        found = self._matching(Match(tags=((key.strip(), glob.strip() or "*"),)))
        if found:
            return found
        keys = {known for account in self.by_id.values() for known in account.tags or ()}
        if key.strip() in keys:
            return SelectionProblem(text, "matches no account: none has this tag with this value")
        near = self._nearest(key.strip(), keys)
        suggestion = f"{TAG}:{near}={glob}" if near else ""
        return SelectionProblem(text, "matches no account: none has this tag", suggestion)

    def _by_organization(
        self, text: str, value: str
    ) -> Mapping[str, bool | None] | SelectionProblem:
        known = {each.organization.casefold(): each.organization for each in self.by_id.values()}
        name = known.get(value.casefold())
        if name:
            return self._matching(Match(organizations=(name,)))
        near = self._nearest(value, known.values())
        suggestion = f"{ORGANIZATION}:{near}" if near else ""
        return SelectionProblem(text, "matches no account: no [[aws]] section has it", suggestion)

    def _by_glob(self, text: str) -> Mapping[str, bool | None] | SelectionProblem:
        found = dict(self._matching(Match(names=(text,))))
        digits = text.replace("-", "")
        found.update((id_, True) for id_ in self.by_id if fnmatch.fnmatchcase(id_, digits))
        return found or SelectionProblem(text, "matches no account's name or id")

    def _matching(self, match: Match) -> Mapping[str, bool | None]:
        answers = {account.id: match.matches(account) for account in self.by_id.values()}
        return {id_: answer for id_, answer in answers.items() if answer is not False}

    def _unknown_id(self, text: str, id_: str) -> SelectionProblem:
        near = self._nearest(id_, self.by_id, cutoff=0.9)
        message = "isn't the id of a known account; a check finds new accounts"
        return SelectionProblem(text, message, near)

    def _unknown_prefix(self, text: str, key: str, value: str) -> SelectionProblem:
        near = self._nearest(key.casefold(), PREFIXES)
        suggestion = f"{near}:{value}" if near else f"{TAG}:{key}={value}"
        known = ", ".join(f"{prefix}:" for prefix in PREFIXES)
        return SelectionProblem(text, f"begins with none of {known}", suggestion)

    def _unknown_unit(self, text: str, value: str) -> SelectionProblem:
        if self._matching(Match(units=(f"{ou_path(value).rstrip('/')}/**",))):
            message = "is an OU without accounts of its own; there are some below it"
            return SelectionProblem(text, message, f"{OU}:{value.rstrip('/')}/**")
        stars = "/**" if value.endswith("/**") else ""
        sought = "/" + value.removesuffix("/**").strip("/").casefold()
        paths = {path.casefold(): path for path in self._paths()}
        near = self._nearest(sought, paths)
        suggestion = f"{OU}:{paths[near]}{stars}" if near else ""
        return SelectionProblem(text, "matches no account: none is in such an OU", suggestion)

    def _nearest(self, word: str, among: Iterable[str], cutoff: float = 0.6) -> str:
        """The most similar word, if any is similar."""
        if not self._suggestions_left:
            return ""
        self._suggestions_left -= 1
        return next(iter(difflib.get_close_matches(word, sorted(among), n=1, cutoff=cutoff)), "")

    def _paths(self) -> set[str]:
        """The paths of all OUs that have accounts, in themselves or below."""
        paths = set()
        for account in self.by_id.values():
            path = ""
            for unit in account.units or ():
                path += f"/{unit.segment}"
                paths.add(path)
        return paths

    def _unknown_name(self, text: str) -> SelectionProblem:
        if problem := account_id_problem(text):
            return SelectionProblem(text, problem)
        if "=" in text and not text.startswith("="):
            return SelectionProblem(text, "isn't an account's name or id", f"{TAG}:{text}")
        message = "isn't the name or id of a known account"
        part = _normal(text)
        containing = [
            account for name, named in self.by_name.items() if part in name for account in named
        ]
        if len(containing) == 1:
            return SelectionProblem(text, message, quoted_name(containing[0].name))
        near = self._nearest(part, self.by_name)
        if near:
            return SelectionProblem(text, message, quoted_name(self.by_name[near][0].name))
        if part and containing:
            return SelectionProblem(text, message, f"*{text}*")
        return SelectionProblem(text, message)


def _normal(text: str) -> str:
    return " ".join(tidy(text).split()).casefold()


def _listed(ids: Sequence[str]) -> str:
    more = len(ids) - _NAMED
    shown = ", ".join(sorted(ids)[:_NAMED])
    return f"{shown} and {more} more" if more > 0 else shown
