"""Describes altcontact.toml as a JSON Schema, so that editors can complete and check it.

Keys come from the parser's own tables. The parser has the last word: it also checks what a schema
can't express, such as domains, phone numbers, and conflicts between sections.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bot.config.policy_keys import (
    DAYS,
    EXPECTED,
    LISTS,
    MATCH_KEYS,
    PEOPLE,
    RULES,
    TARGET_KEYS,
    TEXTS,
    TYPES,
)
from bot.config.policy_parsers import MOST_AN_HOUR
from bot.config.settings import FLAT, Settings
from bot.domain.exemptions import SHORTEST_REASON
from bot.domain.pasted_ids import ACCOUNT_DIGITS
from bot.domain.policy.account_policy import LONGEST_EXEMPTION, ApprovalRule, ManagedBy, Presence
from bot.domain.rule_catalog import ALWAYS_ON, ON_BY_DEFAULT, SEVERITIES, Severity
from bot.domain.scope import ScopeKind

if TYPE_CHECKING:
    from bot.domain.contacts import ContactType
    from bot.domain.rule_catalog import Rule

    Schema = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_DESCRIPTIONS: Final = {
    "domains": "Allowed domains of email addresses; *.corp.example matches any subdomain.",
    "mention": "Slack users (U…, W…) and user groups (S…) to mention in alerts, by id.",
    "channel": "The Slack channel for alerts about these accounts: an id or #name.",
    "owner_tag": "The key of the tag that lists an account's owners, by email or Slack id.",
    "exemption_days": "The longest allowed exemption, in days.",
    "verification_days": "How long a manual verification stays valid, in days.",
    "fixers": "Who may change contacts, by id; * for every member, [] for nobody.",
    "approvers": "Who may approve changes, by id; the fixers if not set.",
    "approval": (
        "Which changes a second person approves: always, sensitive (the management account, and "
        "overwriting or removing a compliant contact), never."
    ),
    "break_glass": "Whether a fixer may go on without approval, with a reason that is announced.",
    "managed_by": "The tool that keeps the contacts as code: its next apply overwrites a fix.",
    "repository": "The https link to that code.",
    "auto_fix": "Whether the bot fixes new findings by itself, if all four fields are expected.",
    "auto_fix_limit": "The most contacts of all accounts that it fixes in an hour.",
    "presence": "required, optional, forbidden, or ignored (not checked).",
    "name": "The expected name, or a list of allowed ones.",
    "title": "The expected title, or a list of allowed ones.",
    "email": "The expected address, or a list of allowed ones; @corp.example allows any there.",
    "phone": "The expected phone number with + and country code, or a list of allowed numbers.",
    "match.ou": (
        "OU paths: /Production, /Production/* (its children), /Production/** (all below), "
        "/CI%2FCD (the OU named CI/CD)."
    ),
    "match.tag": "Tags that must all match: each key with a glob for its value.",
    "match.name": "Globs for account names, ignoring case.",
    "match.account": "Account ids or account ARNs, in quotation marks.",
    "match.organization": "Names of [[aws]] sections.",
    "aws.name": "The organization's name in the policy and in reports.",
    "aws.profile": "The AWS configuration profile to use.",
    "aws.role": "The ARN of the role to assume.",
    "aws.external_id": "The external id that the role requires.",
    "aws.scope": "What to check; auto detects it.",
}


def policy_schema() -> Schema:
    """The JSON Schema of the whole file: settings, `[policy]` and `[[aws]]`."""
    general = {
        "override": {
            "type": "array",
            "description": "Values for some accounts: the closest match wins, then the last one.",
            "items": _table({"match": _MATCH_REF, **_values(may_be_empty=True)}, ("match",)),
        },
        "exclude": {
            "type": "array",
            "description": "Accounts to exclude from checks.",
            "items": _table({"match": _MATCH_REF, "reason": _REASON}, ("match", "reason")),
        },
    }
    return {
        "$schema": DIALECT,
        "title": "altcontact.toml",
        "description": "Settings and policy of altcontact, which checks AWS alternate contacts.",
        **_table(
            {
                **{name: _setting(name) for name in FLAT},
                "policy": {
                    **_table({**_values(may_be_empty=False), **general}),
                    "description": "What every account should have.",
                },
                "aws": {
                    "type": "array",
                    "description": "The organizations to check, if there are several.",
                    "items": _target(),
                },
            }
        ),
        "$defs": {"match": _match(), "rules": _rules()},
    }


_MATCH_REF: Final[Schema] = {"$ref": "#/$defs/match"}
_REASON: Final[Schema] = {
    "type": "string",
    "description": "Why these accounts are not checked.",
    "minLength": SHORTEST_REASON,
}
_CRITERIA: Final[dict[str, Schema]] = {
    # No pattern: an ARN, a console URL and 5555-5555-5555 are valid account ids as well.
    "account": {"type": "string", "minLength": ACCOUNT_DIGITS, "examples": ["111122223333"]},
}
_TARGET_VALUES: Final[dict[str, Schema]] = {
    "scope": {"enum": [*ScopeKind, "auto"]},
}


def _table(properties: Schema, required: tuple[str, ...] = ()) -> Schema:
    table = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**table, "required": list(required)} if required else table


def _described(key: str, schema: Schema) -> Schema:
    return {"description": _DESCRIPTIONS[key], **schema}


def _one_or_list(item: Schema, *, may_be_empty: bool = False) -> Schema:
    """One value or a list of values; may be empty to remove what another section sets."""
    fewest = {} if may_be_empty else {"minItems": 1}
    if not may_be_empty:
        item = {"minLength": 1, **item}
    return {"anyOf": [item, {"type": "array", "items": item, **fewest}]}


def _values(*, may_be_empty: bool) -> Schema:
    """The keys whose values a section sets for accounts."""
    text: Schema = {"type": "string"}
    one_text = text if may_be_empty else {**text, "minLength": 1}
    days: Schema = {"type": "integer", "minimum": 1, "maximum": LONGEST_EXEMPTION}
    return {
        **{
            name: _contact(contact_type, may_be_empty=may_be_empty)
            for name, contact_type in TYPES.items()
        },
        "rules": {"$ref": "#/$defs/rules"},
        **{key: _described(key, _one_or_list(text, may_be_empty=may_be_empty)) for key in LISTS},
        **{key: _described(key, one_text) for key in TEXTS if key != "managed_by"},
        "managed_by": _described(
            "managed_by", {"enum": [*ManagedBy, *([""] if may_be_empty else [])]}
        ),
        "auto_fix": _described("auto_fix", {"type": "boolean"}),
        "auto_fix_limit": _described(
            "auto_fix_limit", {"type": "integer", "minimum": 1, "maximum": MOST_AN_HOUR}
        ),
        **{key: _described(key, days) for key in DAYS},
        **{
            key: _described(key, _one_or_list(text, may_be_empty=key == "fixers")) for key in PEOPLE
        },
        "approval": _described("approval", {"enum": list(ApprovalRule)}),
        "break_glass": _described("break_glass", {"type": "boolean"}),
    }


def _contact(contact_type: ContactType, *, may_be_empty: bool) -> Schema:
    presence = {"enum": list(Presence)}
    fields = {
        field: _described(field, _one_or_list({"type": "string"}, may_be_empty=may_be_empty))
        for field in EXPECTED
    }
    return {
        "description": f"The {contact_type.label} contact: presence, or a table of fields.",
        "anyOf": [presence, _table({"presence": _described("presence", presence), **fields})],
    }


def _rules() -> Schema:
    return {
        **_table({name: _rule(rule) for name, rule in RULES.items()}),
        "description": "The rules: a severity, on (its default severity), or off.",
    }


def _rule(rule: Rule) -> Schema:
    switch = "on" if rule in ON_BY_DEFAULT else "off"
    values = [*Severity, "on", *(() if rule in ALWAYS_ON else ("off",))]
    description = f"{rule.page}; {switch} by default, with severity {SEVERITIES[rule]}."
    return {"description": description, "enum": values}


def _match() -> Schema:
    tags = {"type": "object", "additionalProperties": {"type": "string"}, "minProperties": 1}
    criteria = {
        key: tags if key == "tag" else _one_or_list(_CRITERIA.get(key, {"type": "string"}))
        for key in MATCH_KEYS
    }
    return {
        **_table({key: _described(f"match.{key}", value) for key, value in criteria.items()}),
        "description": "Matching accounts: all criteria must match; in a list, any item.",
        "minProperties": 1,
    }


def _target() -> Schema:
    text: Schema = {"type": "string", "minLength": 1}
    keys = {key: _described(f"aws.{key}", _TARGET_VALUES.get(key, text)) for key in TARGET_KEYS}
    return {
        **_table(keys, ("name",)),
        "anyOf": [{"required": ["profile"]}, {"required": ["role"]}],
        "dependentRequired": {"external_id": ["role"]},
    }


def _setting(name: str) -> Schema:
    """A setting; most may also be text in the file, as in the environment."""
    field = Settings.model_fields[name]
    return {
        "description": f"{field.description}.",
        "examples": field.examples,
        "type": ["string", "number", "boolean", "array"],
    }
