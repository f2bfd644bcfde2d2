"""Writes values as TOML, each on one line."""

import json


def as_toml(value: object) -> str:
    """A value; what TOML has no word for is an empty text."""
    if isinstance(value, dict):
        inner = ", ".join(f"{as_toml(key)} = {as_toml(each)}" for key, each in value.items())
        return f"{{ {inner} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(as_toml, value))}]"
    if value is None:
        return '""'
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
