"""What an account should have: the policy's tables put in order, and one account's share of them.

The tables are gone through from the least specific to the most, and of equals from top to bottom;
each value is the one of the last table that gives it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Final, Self, TypeAlias

from bot.domain.contacts import ContactType
from bot.domain.policy.match import EVERY
from bot.domain.policy.precedence import Precedence
from bot.domain.rule_catalog import OF_MEMBERS, ON_BY_DEFAULT, SEVERITIES, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.domain.contacts import Account
    from bot.domain.policy.match import Match

FIELDS: Final = ("name", "title", "email", "phone")

LONGEST_EXEMPTION: Final = 365
"""Days for which a finding may be set aside at most."""

VERIFIED_FOR: Final = 90
"""Days for which a look at the console by hand is good."""


class Presence(StrEnum):
    """Whether a contact must be there; one that is `IGNORED` is not looked at."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    FORBIDDEN = "forbidden"
    IGNORED = "ignored"


Value: TypeAlias = Presence | Severity | str | int | tuple[str, ...] | None
"""A value of the policy; which kind each key takes is told by `AccountPolicy`."""


@dataclass(frozen=True, slots=True)
class AccountPolicy:
    """What one account should have.

    `presence` has all three types. `expected` is {type: {field: what it may be}}, of those fields
    that are expected to be something: values to be compared in normal form, any of which will do;
    for an email address also `@corp.example` (any address of that domain) and `@*.corp.example`
    (of any domain below it). `severities` has the rules that are on. `domains` are those that
    addresses may be of, with `*.` likewise; none: any. `mention` has user and user group ids;
    `owner_tag` is the key of the tag that names the owner. `excluded` is why the account is not
    looked at, if it is not. What is expected, and that reason, may be personal data.
    """

    presence: Mapping[ContactType, Presence]
    expected: Mapping[ContactType, Mapping[str, tuple[str, ...]]] = field(repr=False)
    severities: Mapping[Rule, Severity]
    domains: tuple[str, ...] = ()
    channel: str = ""
    mention: tuple[str, ...] = ()
    owner_tag: str = ""
    excluded: str = field(default="", repr=False)
    exemption_days: int = LONGEST_EXEMPTION
    verification_days: int = VERIFIED_FOR

    @property
    def looked_at(self) -> tuple[ContactType, ...]:
        """The types to be read, in AWS's order."""
        if self.excluded:
            return ()
        return tuple(kind for kind in ContactType if self.presence[kind] is not Presence.IGNORED)

    @property
    def read(self) -> tuple[ContactType, ...]:
        """The types to be read: those looked at, and all where they are compared to each other."""
        if self.looked_at and Rule.SAME_FOR_ALL in self.severities:
            return tuple(ContactType)
        return self.looked_at

    @property
    def required(self) -> tuple[ContactType, ...]:
        """The types that must be there."""
        return tuple(kind for kind in ContactType if self.presence[kind] is Presence.REQUIRED)


@dataclass(frozen=True, slots=True)
class PolicyTable:
    """One table of the policy: which accounts it is for, and what it gives.

    `source` names the table and its line. The keys of `values` are dotted: `security.presence`,
    `security.email`, `rules.placeholder` (None: off), `domains`, `channel`, `mention`, `owner_tag`,
    `excluded`, `exemption_days`, `verification_days`.
    """

    source: str
    values: Mapping[str, Value] = field(repr=False)
    match: Match = EVERY


@dataclass(frozen=True, slots=True)
class PolicyUnknown:
    """Which tables count cannot be told: `needs` are what was not read (`units`, `tags`).

    `types` are the types that any table has looked at.
    """

    needs: tuple[str, ...]
    types: tuple[ContactType, ...]


@dataclass(frozen=True, slots=True)
class Explained:
    """One value of an account's policy, the table that gives it, and those that gave way."""

    key: str
    value: Value = field(repr=False)
    source: str
    gave_way: tuple[tuple[str, Value], ...] = field(default=(), repr=False)


BUILT_IN: Final = PolicyTable(
    "built in",
    {
        **{f"{kind.value.lower()}.presence": Presence.IGNORED for kind in ContactType},
        **{
            f"rules.{rule.value}": severity if rule in ON_BY_DEFAULT else None
            for rule, severity in SEVERITIES.items()
        },
        "domains": (),
        "channel": "",
        "mention": (),
        "owner_tag": "",
        "excluded": "",
        "exemption_days": LONGEST_EXEMPTION,
        "verification_days": VERIFIED_FOR,
    },
)
"""What holds where nothing else is said, but for the types: those are required by a setting."""


@dataclass(frozen=True)
class Policy:
    """The whole policy: `layers` from top to bottom, what is built in first. Never changed."""

    layers: tuple[PolicyTable, ...]
    _resolved: dict[tuple[int, ...], AccountPolicy] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @classmethod
    def requiring(
        cls,
        types: Iterable[ContactType] = (ContactType.SECURITY,),
        *,
        layers: Iterable[PolicyTable] = (),
    ) -> Self:
        """These types are required of every account; `layers` may say otherwise."""
        required = {f"{kind.value.lower()}.presence": Presence.REQUIRED for kind in types}
        return cls((BUILT_IN, PolicyTable("the setting “types”", required), *layers))

    @cached_property
    def _precedence(self) -> Precedence:
        return Precedence(tuple(layer.match for layer in self.layers))

    @cached_property
    def needs_units(self) -> bool:
        """Whether OU paths must be read."""
        return any(layer.match.units for layer in self.layers)

    @cached_property
    def needs_tags(self) -> bool:
        """Whether tags must be read."""
        return self.names_owners or any(layer.match.tags for layer in self.layers)

    @cached_property
    def names_owners(self) -> bool:
        """Whether any table names the tag that holds an account's owner."""
        return any(layer.values.get("owner_tag") for layer in self.layers)

    @cached_property
    def looked_at(self) -> tuple[ContactType, ...]:
        """The types that any table has looked at."""
        return tuple(
            kind
            for kind in ContactType
            if any(
                layer.values.get(f"{kind.value.lower()}.presence", Presence.IGNORED)
                is not Presence.IGNORED
                for layer in self.layers
            )
        )

    @cached_property
    def needs_members(self) -> bool:
        """Whether the members of the Slack workspace must be known."""
        return any(self.turns_on(rule) for rule in OF_MEMBERS)

    def turns_on(self, rule: Rule) -> bool:
        """Whether any table switches this rule on."""
        return any(layer.values.get(f"rules.{rule.value}") is not None for layer in self.layers)

    def resolve(self, account: Account) -> AccountPolicy | PolicyUnknown:
        """What this account should have."""
        places = self._places(account)
        if isinstance(places, PolicyUnknown):
            sure = self._surely_excluding(account)
            if not sure:
                return places
            places = sure
        known = self._resolved.get(places)
        if known is None:
            merged: dict[str, Value] = {}
            for place in places:
                merged.update(self.layers[place].values)
            known = self._resolved[places] = _account_policy(merged)
        return known

    def explain(self, account: Account) -> tuple[Explained, ...] | PolicyUnknown:
        """Every value of this account's policy with the table that gives it, in a fixed order."""
        places = self._places(account)
        if isinstance(places, PolicyUnknown):
            return places
        given: dict[str, list[tuple[str, Value]]] = {}
        for place in places:
            layer = self.layers[place]
            for key, value in layer.values.items():
                given.setdefault(key, []).append((layer.source, value))
        return tuple(
            Explained(key, sources[-1][1], sources[-1][0], tuple(reversed(sources[:-1])))
            for key, sources in given.items()
        )

    @cached_property
    def _excluding(self) -> tuple[int, ...]:
        return tuple(
            place for place, layer in enumerate(self.layers) if layer.values.get("excluded")
        )

    def _surely_excluding(self, account: Account) -> tuple[int, ...]:
        """The layers by which an account is excluded whatever else counts; empty if it is not.

        No table takes an exclusion back, so one that matches is enough.
        """
        sure = [place for place in self._excluding if self.layers[place].match.matches(account)]
        if not sure:
            return ()
        every = (place for place, layer in enumerate(self.layers) if layer.match == EVERY)
        return (*every, *sure)

    def _places(self, account: Account) -> tuple[int, ...] | PolicyUnknown:
        """Which layers count, the one that gives way to all others first."""
        places = self._precedence.places(account)
        if places is not None:
            return places
        asked = [layer.match for layer in self.layers]
        unread = {
            "units": account.units is None and any(match.units for match in asked),
            "tags": account.tags is None and any(match.tags for match in asked),
        }
        return PolicyUnknown(tuple(each for each, is_so in unread.items() if is_so), self.looked_at)


def _account_policy(merged: Mapping[str, Value]) -> AccountPolicy:
    """An account's policy from its dotted keys, whose kinds the policy's reader has checked."""
    presence: dict[ContactType, Presence] = {}
    expected: dict[ContactType, dict[str, tuple[str, ...]]] = {}
    for kind in ContactType:
        name = kind.value.lower()
        presence[kind] = Presence(_text(merged[f"{name}.presence"]))
        values = {each: _texts(merged.get(f"{name}.{each}", ())) for each in FIELDS}
        expected[kind] = {each: value for each, value in values.items() if value}
    severities: dict[Rule, Severity] = {}
    for rule in SEVERITIES:
        severity = merged[f"rules.{rule.value}"]
        if isinstance(severity, Severity):
            severities[rule] = severity
    return AccountPolicy(
        presence=presence,
        expected=expected,
        severities=severities,
        domains=_texts(merged["domains"]),
        channel=_text(merged["channel"]),
        mention=_texts(merged["mention"]),
        owner_tag=_text(merged["owner_tag"]),
        excluded=_text(merged["excluded"]),
        exemption_days=_number(merged["exemption_days"]),
        verification_days=_number(merged["verification_days"]),
    )


def _text(value: Value) -> str:
    if not isinstance(value, str):
        raise TypeError(type(value).__name__)
    return value


def _texts(value: Value) -> tuple[str, ...]:
    if not isinstance(value, tuple):
        raise TypeError(type(value).__name__)
    return value


def _number(value: Value) -> int:
    if not isinstance(value, int):
        raise TypeError(type(value).__name__)
    return value
