"""Masks personal data and secrets in text: email addresses, phone numbers, tokens, keys."""

import re
from typing import Final

EMAIL: Final = "[email]"
PHONE: Final = "[phone]"
SECRET: Final = "[secret]"  # noqa: S105 - what stands in a secret's place
_SECRETS: Final = re.compile(
    r"\bx(?:ox[a-z]|app)\b[-.\w]*"  # Slack's tokens, rotated ones included
    r"|\bwss?://[^\s\"'<>]+"  # the ticket of a Socket Mode connection
    r"|\bhttps://hooks\.slack(?:-gov)?\.com/[^\s\"'<>]+"  # whoever has it may post
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b"
    # AWS's session tokens by how they begin, secret keys by their length and mixture.
    r"|(?<![\w+/=])(?:IQoJ|FwoG|FQoG|AQoD|AgoJ)[\w+/%=-]{20,}"
    r"|(?<![\w+/=])(?=[a-z\d+/]*[A-Z])(?=[A-Z\d+/]*[a-z])(?=[A-Za-z+/]*\d)[A-Za-z\d+/]{40}(?![\w+/=])"
)
_NAMED_SECRET: Final = re.compile(
    r"((?:session|security|secret)[-_ ]?(?:access[-_ ]?)?(?:token|key)[\"']?\s*[:=]\s*[\"']?)"
    r"[^\s\"'&,;<>)}\]]+",
    re.IGNORECASE,
)
_EMAIL: Final = re.compile(r"[\w.+=#|!&%-][\w.+=#|!&%'-]*@[\w-]+(?:\.[\w-]+)+")
_INTERNATIONAL: Final = re.compile(r"\+\(?\d(?:[\s().-]{0,2}\d){6,14}(?!\d)")
_GROUPED: Final = re.compile(
    r"(?<![\w.:+/-])\(?\d{1,5}\)?(?:[ \t\xa0-]{1,2}\(?\d{2,5}\)?){1,5}(?![\w:/-])(?!\.\w)"
)
_SOLID: Final = re.compile(r"(?<![\w.:+/-])\d{10,15}(?![\w:/-])(?!\.\w)")
_DATE: Final = re.compile(r"(?:19|20)\d\d-\d\d(?:-\d\d)?\b")
_EPOCH: Final = re.compile(r"1\d{9}|1\d{12}")
_ACCOUNT_DIGITS: Final = 12
_FEWEST_DIGITS: Final = 9


def mask(text: str) -> str:
    """The text with personal data and secrets replaced by `[email]`, `[phone]`, `[secret]`.

    A phone number is told by its shape: 12 digits in a row (an account id), dates and times, and
    the seconds of Unix time are left as they stand. A number in national form that is written
    without any separator is taken for one from ten digits on.
    """
    text = _NAMED_SECRET.sub(rf"\1{SECRET}", text)
    text = _SECRETS.sub(SECRET, text)
    if "@" in text:
        text = _EMAIL.sub(EMAIL, text)
    text = _INTERNATIONAL.sub(PHONE, text)
    text = _GROUPED.sub(_grouped, text)
    return _SOLID.sub(_solid, text)


def _grouped(match: re.Match[str]) -> str:
    found = match.group()
    digits = sum(character.isdigit() for character in found)
    return found if digits < _FEWEST_DIGITS or _DATE.match(found) else PHONE


def _solid(match: re.Match[str]) -> str:
    found = match.group()
    return found if len(found) == _ACCOUNT_DIGITS or _EPOCH.fullmatch(found) else PHONE
