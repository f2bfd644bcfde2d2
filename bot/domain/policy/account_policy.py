"""The policy of one account: what its contacts should be, and how its alerts are handled."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Self, TypeAlias

from bot.domain.contacts import FIELDS, ContactType
from bot.domain.rule_catalog import SEVERITIES, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_EXEMPTION: Final = 365
"""The most days that an exemption may last."""

VERIFIED_FOR: Final = 90
"""Days for which a manual verification is valid."""


class Presence(StrEnum):
    """Whether a contact must be set; one that is `IGNORED` is not checked."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    FORBIDDEN = "forbidden"
    IGNORED = "ignored"


class ApprovalRule(StrEnum):
    """Which changes of an account's contacts a second person has to approve.

    `SENSITIVE`: those of the management account, and those that overwrite or remove a compliant
    contact.
    """

    ALWAYS = "always"
    SENSITIVE = "sensitive"
    NEVER = "never"


class ManagedBy(StrEnum):
    """A tool that keeps an account's contacts as code, and writes them again when it is applied."""

    TERRAFORM = "terraform"
    CLOUDFORMATION = "cloudformation"
    LZA = "lza"
    AFT = "aft"
    ORG_FORMATION = "org-formation"

    @property
    def label(self) -> str:
        """The tool's name for people."""
        return _TOOLS[self]


_TOOLS: Final = {
    ManagedBy.TERRAFORM: "Terraform",
    ManagedBy.CLOUDFORMATION: "CloudFormation",
    ManagedBy.LZA: "Landing Zone Accelerator",
    ManagedBy.AFT: "Account Factory for Terraform",
    ManagedBy.ORG_FORMATION: "org-formation",
}

AUTO_FIXES: Final = 20
"""How many contacts the bot fixes by itself in an hour, unless the policy says otherwise."""

Value: TypeAlias = Presence | Severity | ApprovalRule | str | int | tuple[str, ...] | None
"""A value of the policy; `AccountPolicy` says which type each key has."""


@dataclass(frozen=True, slots=True)
class AccountPolicy:
    """What one account should have.

    `presence` has all three types. `expected` is {type: {field: allowed values}} of the fields that
    have any: values compared in normal form, one of which must match; for an email address also
    `@corp.example` (any address at that domain) and `@*.corp.example` (at any subdomain of it).
    `severities` has the rules that are on. `domains` are the allowed domains of addresses, with
    `*.` as above; empty allows any. `mention` has user and user group ids; `owner_tag` is the key
    of the tag that names the owner. `excluded` is the reason why the account is not checked, if it
    is not. Expected values and that reason may be personal data.

    `fixers` and `approvers` have user and user group ids, or `*` for every member. `fixers` may
    change contacts: None if that is up to the setting, empty for nobody. `approvers` may approve
    what `approval` says: empty if that is up to the fixers. With `break_glass`, a fixer may go on
    without approval, with a reason that is announced.

    `managed_by` is the tool that keeps the contacts as code, if any, and `repository` the link to
    that code. With `auto_fix`, the bot fixes new findings by itself, unless it fixed
    `auto_fix_limit` contacts of any accounts in the last hour.
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
    fixers: tuple[str, ...] | None = None
    approval: ApprovalRule = ApprovalRule.SENSITIVE
    approvers: tuple[str, ...] = ()
    break_glass: bool = False
    managed_by: ManagedBy | None = None
    repository: str = ""
    auto_fix: bool = False
    auto_fix_limit: int = AUTO_FIXES

    @classmethod
    def from_values(cls, values: Mapping[str, Value]) -> Self:
        """An account's policy from dotted keys, whose types the parser has checked."""
        presence: dict[ContactType, Presence] = {}
        expected: dict[ContactType, dict[str, tuple[str, ...]]] = {}
        for contact_type in ContactType:
            name = contact_type.value.lower()
            presence[contact_type] = Presence(_text(values[f"{name}.presence"]))
            fields = {key: _texts(values.get(f"{name}.{key}", ())) for key in FIELDS}
            expected[contact_type] = {key: allowed for key, allowed in fields.items() if allowed}
        severities: dict[Rule, Severity] = {}
        for rule in SEVERITIES:
            severity = values[f"rules.{rule.value}"]
            if isinstance(severity, Severity):
                severities[rule] = severity
        return cls(
            presence=presence,
            expected=expected,
            severities=severities,
            domains=_texts(values["domains"]),
            channel=_text(values["channel"]),
            mention=_texts(values["mention"]),
            owner_tag=_text(values["owner_tag"]),
            excluded=_text(values["excluded"]),
            exemption_days=_number(values["exemption_days"]),
            verification_days=_number(values["verification_days"]),
            fixers=None if values["fixers"] is None else _texts(values["fixers"]),
            approval=ApprovalRule(_text(values["approval"])),
            approvers=_texts(values["approvers"]),
            break_glass=_switch(values["break_glass"]),
            managed_by=ManagedBy(tool) if (tool := _text(values["managed_by"])) else None,
            repository=_text(values["repository"]),
            auto_fix=_switch(values["auto_fix"]),
            auto_fix_limit=_number(values["auto_fix_limit"]),
        )

    @property
    def evaluated_types(self) -> tuple[ContactType, ...]:
        """The types to be evaluated, in AWS's order."""
        if self.excluded:
            return ()
        return tuple(
            contact_type
            for contact_type in ContactType
            if self.presence[contact_type] is not Presence.IGNORED
        )

    @property
    def types_to_read(self) -> tuple[ContactType, ...]:
        """The types to be read: those evaluated, and all where they are compared to each other."""
        if self.evaluated_types and Rule.SAME_FOR_ALL in self.severities:
            return tuple(ContactType)
        return self.evaluated_types

    @property
    def required(self) -> tuple[ContactType, ...]:
        """The types that must be set."""
        return tuple(
            contact_type
            for contact_type in ContactType
            if self.presence[contact_type] is Presence.REQUIRED
        )


def _text(value: Value) -> str:
    if not isinstance(value, str):
        raise TypeError(type(value).__name__)
    return value


def _texts(value: Value) -> tuple[str, ...]:
    if not isinstance(value, tuple):
        raise TypeError(type(value).__name__)
    return value


def _switch(value: Value) -> bool:
    if not isinstance(value, bool):
        raise TypeError(type(value).__name__)
    return value


def _number(value: Value) -> int:
    if not isinstance(value, int):
        raise TypeError(type(value).__name__)
    return value
