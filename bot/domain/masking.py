"""Masks personal data and secrets in text: email addresses, phone numbers, tokens, keys."""

import re
from typing import Final

EMAIL: Final = "[email]"
PHONE: Final = "[phone]"
SECRET: Final = "[secret]"  # noqa: S105 - replaces a secret
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
    r"((?:(?:session|security|secret)[-_ ]?(?:access[-_ ]?)?(?:token|key)|password)"
    r"[\"']?\s*[:=]\s*[\"']?)"
    r"[^\s\"'&,;<>)}\]]+",
    re.IGNORECASE,
)
_AUTHORIZATION: Final = re.compile(
    r"(authorization[\"']?\s*[:=]\s*[\"']?(?:basic|bearer|negotiate)\s+)[^\s\"',;]+", re.IGNORECASE
)
_URL_USER: Final = re.compile(
    r"((?:\b[a-z][a-z\d+.-]*:|(?<![\w:/.]))//)(?:"
    r"[^\s/?#]+"  # user and password, up to the last @ of the authority
    r"|[^\s/?#:@]*:(?!\d{1,5}(?:[/?#\s]|$))\S+"  # a password with a raw slash in it; no port
    r")@",
    re.IGNORECASE,
)
_PROXY_USER: Final = re.compile(
    # The same without a scheme, as proxies are often set: user:password@host:port, or @host.
    r"(?<![\w/@])(?!\d{1,2}:\d\d\b)\w[^\s:@/\"'<>|=]*:(?!//)[^\s\"'<>]+@(?!sha256:)"
    r"(?=[\w.-]*\w:\d{1,5}(?!\d)|\[[\da-f:.]+\]|[\w-]*\w(?![\w.-]))",
    re.IGNORECASE,
)
_PROXY_PORT: Final = re.compile(r"(nonnumeric port: ['\"])[^\s'\"]*@")
"""The message of http.client if it takes a password for a port."""

_EMAIL: Final = re.compile(r"[\w.+=#|!&%-][\w.+=#|!&%'-]*@[\w-]+(?:\.[\w-]+)+")
_INTERNATIONAL: Final = re.compile(r"\+\(?\d(?:[\s().-]{0,2}\d){6,14}(?!\d)")
_GROUPED: Final = re.compile(
    r"(?<![\w.:+/-])\(?\d{1,5}\)?(?:[ \t\xa0-]{1,2}\(?\d{2,5}\)?){1,5}(?![\w:/-])(?!\.\w)"
)
_SOLID: Final = re.compile(r"(?<![\w.:+/-])\d{10,15}(?![\w:/-])(?!\.\w)")
_DATE: Final = re.compile(r"(?:19|20)\d\d-\d\d(?:-\d\d)?\b")
_EPOCH: Final = re.compile(r"1\d{9}|1\d{12}")
_CONSOLE_ACCOUNT: Final = re.compile(r"[1-9]\d{3}-\d{4}-\d{4}")
_BEFORE_ACCOUNT: Final = re.compile(r"\baccounts?(?:[ _]?ids?)?\W{0,3}$", re.IGNORECASE)
_AFTER_ACCOUNT: Final = re.compile(r"\W? (?:is|are) (?:no|not) (?:an )?account", re.IGNORECASE)
_ACCOUNT_CONTEXT: Final = 20
"""Characters beside a number that are searched for the word “account”."""

_ACCOUNT_DIGITS: Final = 12
_FEWEST_DIGITS: Final = 9


def mask(text: str) -> str:
    """The text with personal data and secrets replaced by `[email]`, `[phone]`, `[secret]`.

    A phone number is recognized by its form: 12 digits in a row (an account id), dates and times,
    and the seconds of Unix time are not masked. A number in national form without separators counts
    as a phone number from ten digits on. Account ids as in the AWS console (`1111-2222-3333`), and
    numbers that the text calls an account's (such as one with a missing digit), are not masked
    either. User and password of a URL are masked as a whole, with or without a scheme.
    """
    text = _NAMED_SECRET.sub(rf"\1{SECRET}", text)
    text = _AUTHORIZATION.sub(rf"\1{SECRET}", text)
    text = _SECRETS.sub(SECRET, text)
    if "@" in text:
        text = _PROXY_PORT.sub(rf"\1{SECRET}@", text)
        text = _URL_USER.sub(rf"\1{SECRET}@", text)
        text = _PROXY_USER.sub(f"{SECRET}@", text)
        text = _EMAIL.sub(EMAIL, text)
    text = _INTERNATIONAL.sub(PHONE, text)
    text = _GROUPED.sub(_grouped, text)
    return _SOLID.sub(_solid, text)


def _grouped(match: re.Match[str]) -> str:
    found = match.group()
    digits = sum(character.isdigit() for character in found)
    plain = digits < _FEWEST_DIGITS or _DATE.match(found) or _CONSOLE_ACCOUNT.fullmatch(found)
    return found if plain or _is_account(match) else PHONE


def _solid(match: re.Match[str]) -> str:
    found = match.group()
    plain = len(found) == _ACCOUNT_DIGITS or _EPOCH.fullmatch(found)
    return found if plain or _is_account(match) else PHONE


def _is_account(match: re.Match[str]) -> bool:
    """Whether the text around a number says that it is, or should be, an account's id."""
    start, end, text = match.start(), match.end(), match.string
    before = text[max(0, start - _ACCOUNT_CONTEXT) : start]
    after = text[end : end + _ACCOUNT_CONTEXT]
    return bool(_BEFORE_ACCOUNT.search(before) or _AFTER_ACCOUNT.match(after))
