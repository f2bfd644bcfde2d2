"""Writes a starter policy as a TOML file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.domain.policy.starter import Starter


def render(starters: Iterable[Starter]) -> str:
    """The file's text: each value with how many accounts have it; rare values are comments."""
    lines = [
        "# Written by `altcontact policy init` from what most accounts have. Edit it as needed:",
        "# docs/policy.md describes every key, and `altcontact policy check` checks the file.",
        "",
        "[policy]",
    ]
    for each in starters:
        name = each.type.value.lower()
        of_all = f"{each.held} of {each.read} account{'' if each.read == 1 else 's'}"
        off = "" if each.is_required else "# "
        lines.append(f'{off}{name}.presence = "required"  # {of_all} have one')
        for key, (value, number) in each.values.items():
            # A comment until somebody decides otherwise: every expected value can cause alerts.
            mark = "" if each.is_required and key == "email" else "# "
            lines.append(f"{mark}{name}.{key} = {_text(value)}  # {number} of {each.held}")
        lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n"


def _text(value: str) -> str:
    """A TOML basic string: a JSON string, except that TOML requires DEL to be escaped."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
