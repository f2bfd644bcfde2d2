"""The keys of the policy file, with their parsers and examples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.config import policy_parsers as parse
from bot.domain.contacts import ContactType
from bot.domain.rule_catalog import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.domain.policy.account_policy import Value

TYPES: Final = {contact_type.value.lower(): contact_type for contact_type in ContactType}
LISTS: Final = {
    "domains": (parse.domain, 'domains = ["corp.example", "*.corp.example"]'),
    "mention": (parse.mention, 'mention = ["S045GHIJKL"]'),
}
TEXTS: Final = {
    "channel": (parse.channel, 'channel = "#security-alerts"'),
    "owner_tag": (parse.tag, 'owner_tag = "owner"'),
    "managed_by": (parse.managed_by, 'managed_by = "terraform"'),
    "repository": (parse.repository, 'repository = "https://git.corp.example/aws/accounts"'),
}
PEOPLE: Final = {
    "fixers": (parse.person, 'fixers = ["S045GHIJKL"]'),
    "approvers": (parse.person, 'approvers = ["S045GHIJKL"]'),
}
"""Who may do what. Empty `fixers` are nobody; `approvers` are never empty."""

SINGLE: Final[dict[str, tuple[Callable[[object], Value], str]]] = {
    "approval": (parse.approval, 'approval = "always"'),
    "break_glass": (parse.switch, "break_glass = true"),
    "auto_fix": (parse.switch, "auto_fix = true"),
    "auto_fix_limit": (parse.hourly_limit, "auto_fix_limit = 20"),
}
"""The keys with one value that can't be empty, each with its parser and an example."""

DAYS: Final = ("exemption_days", "verification_days")
KEYS: Final = (*TYPES, "rules", *LISTS, *TEXTS, *DAYS, *PEOPLE, *SINGLE)
"""The keys whose values a section may set for accounts."""

RULES: Final = {rule.value: rule for rule in SEVERITIES}
EXPECTED: Final = {
    "name": 'name = "Security team"',
    "title": 'title = "Security"',
    "email": 'email = ["security@corp.example", "@corp.example"]',
    "phone": 'phone = "+44 20 7946 0958"',
}
"""The fields of a contact that may have expected values, each with an example."""

MATCH_EXAMPLE: Final = 'match = { ou = "/Production/**" }'
MATCH_KEYS: Final = {
    "ou": MATCH_EXAMPLE,
    "tag": 'match = { tag = { env = "prod" } }',
    "name": 'match = { name = "sandbox-*" }',
    "account": 'match = { account = "111122223333" }',
    "organization": 'match = { organization = "corp" }',
}
"""The criteria of a `match`, each with an example."""

TARGET_KEYS: Final[dict[str, tuple[Callable[[object], object], str]]] = {
    "name": (parse.organization, 'name = "corp"'),
    "profile": (parse.text, 'profile = "corp"'),
    "role": (parse.role, 'role = "arn:aws:iam::111122223333:role/altcontact"'),
    "external_id": (parse.external_id, 'external_id = "altcontact-7f3a"'),
    "scope": (parse.scope, 'scope = "organization"'),
}
"""The keys of an `[[aws]]` section, each with its parser and an example."""
