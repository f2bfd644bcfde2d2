"""The policy and its sections, and the policy of one account that results from them.

Sections apply from the least to the most specific, equally specific ones from top to bottom. The
last section that has a key sets its value.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final, Self

from bot.domain.contacts import ContactType
from bot.domain.policy.account_policy import (
    AUTO_FIXES,
    LONGEST_EXEMPTION,
    VERIFIED_FOR,
    AccountPolicy,
    ApprovalRule,
    Presence,
)
from bot.domain.policy.match import EVERY
from bot.domain.policy.precedence import Precedence
from bot.domain.rule_catalog import OF_MEMBERS, ON_BY_DEFAULT, SEVERITIES, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.domain.accounts import Account
    from bot.domain.policy.account_policy import Value
    from bot.domain.policy.match import Match


@dataclass(frozen=True, slots=True)
class PolicyTable:
    """One section of the policy: the accounts it applies to, and its values.

    `source` names the section and its line. The keys of `values` are dotted: `security.presence`,
    `security.email`, `rules.placeholder` (None: off), `domains`, `channel`, `mention`, `owner_tag`,
    `excluded`, `exemption_days`, `verification_days`, `fixers` (None: as the setting says),
    `approval`, `approvers`, `break_glass`, `managed_by` and `repository` (empty: none), `auto_fix`,
    `auto_fix_limit`.
    """

    source: str
    values: Mapping[str, Value] = field(repr=False)
    match: Match = EVERY


@dataclass(frozen=True, slots=True)
class PolicyUnknown:
    """It is unknown which sections apply: `needs` names what was not read (`units`, `tags`).

    `types` are the types that any section requires to be evaluated.
    """

    needs: tuple[str, ...]
    types: tuple[ContactType, ...]


BUILT_IN: Final = PolicyTable(
    "built in",
    {
        **{
            f"{contact_type.value.lower()}.presence": Presence.IGNORED
            for contact_type in ContactType
        },
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
        "fixers": None,
        "approval": ApprovalRule.SENSITIVE,
        "approvers": (),
        "break_glass": False,
        "managed_by": "",
        "repository": "",
        "auto_fix": False,
        "auto_fix_limit": AUTO_FIXES,
    },
)
"""The defaults, except for the types: the setting `types` requires those."""


@dataclass(frozen=True)
class Policy:
    """The whole policy: its sections from top to bottom, the built-in one first. Immutable.

    `digest` is the SHA-256 of the file that it was read from; empty if there is none.
    """

    tables: tuple[PolicyTable, ...]
    digest: str = field(default="", compare=False)
    _resolved: dict[tuple[int, ...], AccountPolicy] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @classmethod
    def requiring(
        cls,
        types: Iterable[ContactType] = (ContactType.SECURITY,),
        *,
        tables: Iterable[PolicyTable] = (),
        digest: str = "",
    ) -> Self:
        """A policy that requires these types for every account, unless a section says otherwise."""
        required = {
            f"{contact_type.value.lower()}.presence": Presence.REQUIRED for contact_type in types
        }
        built_in = (BUILT_IN, PolicyTable("the setting “types”", required))
        return cls((*built_in, *tables), digest)

    @cached_property
    def needs_units(self) -> bool:
        """Whether OU paths must be read."""
        return any(table.match.units for table in self.tables)

    @cached_property
    def needs_tags(self) -> bool:
        """Whether tags must be read."""
        return self.names_owners or any(table.match.tags for table in self.tables)

    @cached_property
    def names_owners(self) -> bool:
        """Whether any section names the tag with an account's owner."""
        return any(table.values.get("owner_tag") for table in self.tables)

    @cached_property
    def names_tools(self) -> bool:
        """Whether any section says that a tool manages contacts."""
        return any(table.values.get("managed_by") for table in self.tables)

    @cached_property
    def auto_fixes(self) -> bool:
        """Whether any section lets the bot fix findings by itself."""
        return any(table.values.get("auto_fix") for table in self.tables)

    @cached_property
    def evaluated_types(self) -> tuple[ContactType, ...]:
        """The types that any section requires to be evaluated."""
        return tuple(
            contact_type
            for contact_type in ContactType
            if any(
                table.values.get(f"{contact_type.value.lower()}.presence", Presence.IGNORED)
                is not Presence.IGNORED
                for table in self.tables
            )
        )

    @cached_property
    def needs_members(self) -> bool:
        """Whether the members of the Slack workspace must be known."""
        return any(self.turns_on(rule) for rule in OF_MEMBERS)

    def turns_on(self, rule: Rule) -> bool:
        """Whether any section turns this rule on."""
        return any(table.values.get(f"rules.{rule.value}") is not None for table in self.tables)

    def resolve(self, account: Account) -> AccountPolicy | PolicyUnknown:
        """What this account should have."""
        matching = self._precedence.matching_tables(account)
        if matching is None:
            matching = self._tables_that_exclude(account)
            if not matching:
                return self._unknown(account)
        policy = self._resolved.get(matching)
        if policy is None:
            merged: dict[str, Value] = {}
            for index in matching:
                merged.update(self.tables[index].values)
            policy = self._resolved[matching] = AccountPolicy.from_values(merged)
        return policy

    def resolve_rights(self, account: Account) -> AccountPolicy | PolicyUnknown:
        """What this account should have, if every section that applies to it is known.

        Unlike `resolve`, it is unknown for an account that is surely excluded if another section
        may apply as well: that one may say who can change its contacts.
        """
        if self._precedence.matching_tables(account) is None:
            return self._unknown(account)
        return self.resolve(account)

    @cached_property
    def general_fixers(self) -> tuple[str, ...] | None:
        """Who may change the contacts of every account; None if no section says it."""
        fixers: tuple[str, ...] | None = None
        for table in self.tables:
            value = table.values.get("fixers")
            if table.match == EVERY and isinstance(value, tuple):
                fixers = value
        return fixers

    @cached_property
    def people(self) -> Mapping[str, tuple[str, ...]]:
        """Every user and group that sections name, by key: `fixers`, `approvers`."""
        named: dict[str, dict[str, None]] = {"fixers": {}, "approvers": {}}
        for table in self.tables:
            for key, names in named.items():
                value = table.values.get(key)
                names.update(dict.fromkeys(value if isinstance(value, tuple) else ()))
        return {key: tuple(names) for key, names in named.items()}

    def matching_tables(self, account: Account) -> tuple[PolicyTable, ...] | PolicyUnknown:
        """The sections that apply to this account; each takes precedence over those before it."""
        matching = self._precedence.matching_tables(account)
        if matching is None:
            return self._unknown(account)
        return tuple(self.tables[index] for index in matching)

    @cached_property
    def _precedence(self) -> Precedence:
        return Precedence(tuple(table.match for table in self.tables))

    @cached_property
    def _excluding(self) -> tuple[int, ...]:
        return tuple(
            index for index, table in enumerate(self.tables) if table.values.get("excluded")
        )

    def _tables_that_exclude(self, account: Account) -> tuple[int, ...]:
        """The sections that exclude an account; none if it isn't excluded.

        No section undoes an exclusion, so one that matches is enough.
        """
        excluding = tuple(
            index for index in self._excluding if self.tables[index].match.matches(account)
        )
        if not excluding:
            return ()
        general = tuple(index for index, table in enumerate(self.tables) if table.match == EVERY)
        return (*general, *excluding)

    def _unknown(self, account: Account) -> PolicyUnknown:
        matches = [table.match for table in self.tables]
        needs = []
        if account.units is None and any(match.units for match in matches):
            needs.append("units")
        if account.tags is None and any(match.tags for match in matches):
            needs.append("tags")
        return PolicyUnknown(tuple(needs), self.evaluated_types)
