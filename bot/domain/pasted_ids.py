"""Parses ids that people paste from consoles, ARNs, URLs, chats and spreadsheets.

An id means the same whatever surrounds it, so all ids that people or files provide are parsed here.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from bot.domain.visible_text import tidy, visible

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

ACCOUNT_DIGITS: Final = 12
"""The number of digits of an account id, including leading zeros."""

_FEWEST_IN_PART: Final = 3
"""Digits below which a number is too common to search account ids for."""

_FEWEST_DIGITS: Final = 9
"""Digits below which a number is not taken for an account id that lost its leading zeros."""

_QUOTES: Final = "\"'`\u00b4\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u00ab\u00bb\u2039\u203a"
_WRAPPERS: Final = f" {_QUOTES}<>()[]{{}}*_~|=#\u2022\u00b7,;:.!"
_MINUS: Final = "\N{MINUS SIGN}"

_SPACED: Final = re.compile(r"\d(?:[\s-]{0,3}\d){11}")
_GROUPED: Final = re.compile(
    r"\d{4}([.,'\u2019_])\d{4}\1\d{4}|\d{3}([.,'\u2019_])\d{3}(?:\2\d{3}){2}"
)
_DECIMALS: Final = re.compile(r"(?<=\d{9})\.0+$")
_EXPONENT: Final = re.compile(r"\d(?:[.,]\d+)?e\+?1\d", re.IGNORECASE)
_AMONG_WORDS: Final = re.compile(
    # Not the end of a UUID, of a phone number with its +, or of a name with a hyphen.
    r"(?<![\w+.-])(?:\d{12}|\d{4}([\s-])\d{4}\1\d{4})(?![\w]|[-.]\w)"
)
_ARN: Final = re.compile(
    r"\barn:aws[a-z-]*:([a-z0-9-]*):[a-z0-9-]*:([^:\s]*)(?::([^\s\"'`<>]*))?", re.IGNORECASE
)
_MEMBER: Final = re.compile(r"account/o-[a-z0-9]+/(\d{12})", re.IGNORECASE)
_IN_URL: Final = (
    re.compile(r"[?&#/;]account(?:_?id)?=(\d{12})(?!\d)", re.IGNORECASE),
    re.compile(r"/accounts?/(?:o-[a-z0-9]+/)?(\d{12})(?!\d)", re.IGNORECASE),
    re.compile(r"//(\d{12})(?:-[a-z0-9]+)?\.", re.IGNORECASE),
)
"""Where the URLs of AWS's consoles have an account id, from the most to the least specific."""

_UNIT: Final = "ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}"
_UNIT_PATH: Final = re.compile(rf"(?:.*/)?({_UNIT})(/.*)?")
_ROOT_PATH: Final = re.compile(
    # Not just a root's id, which may also be the name of an OU without its slash.
    r"(?:arn:aws[a-z-]*:organizations::\d{12}:root/)?o-[a-z0-9]{10,32}/r-[0-9a-z]{4,32}(/.*)?"
)

_SLACK_ID: Final = "[UWSCG][A-Z0-9]{2,}"
_SLACK: Final = re.compile(
    rf"<(?:@|#|!subteam\^)({_SLACK_ID})(?:\|[^>]*)?>"
    rf"|@(?=[A-Z]*\d)({_SLACK_ID})"
    rf"|<?https?://[^\s/]+/(?:team|archives)/({_SLACK_ID})/?>?"
)


def unwrapped(text: str) -> str:
    """A text without invisible characters, extra white space, and punctuation around it."""
    return visible(text).strip(_WRAPPERS)


def unquoted(text: str) -> str:
    """A text without invisible characters, and without quotation marks around it."""
    return visible(text).strip(f" {_QUOTES}<>")


def parse_account_id(text: str) -> str | None:
    """The only account id in a text, as 12 digits; None if there is none, or several.

    Accepts the console's `5555-5555-5555`, other separators, digits of any script, ARNs (in those
    of Organizations the member, not the management account), URLs of AWS's consoles, and an id
    among words, such as `Payments · 555555555555`.
    """
    plain = _plain(text)
    bare = _bare(plain)
    if _SPACED.fullmatch(bare) or _GROUPED.fullmatch(bare):
        return _digits(bare)
    if arns := list(_ARN.finditer(plain)):
        return _only({_of_arn(arn) for arn in arns})
    for pattern in _IN_URL:
        if found := set(pattern.findall(plain)):
            return _only(found)
    return _only({_digits(match.group()) for match in _AMONG_WORDS.finditer(plain)})


def account_id_part(text: str) -> str:
    """The digits of a text that may be part of an account id, such as `4444` or `4444-44`.

    Empty for texts that contain anything else, and for fewer than 3 or more than 12 digits.
    """
    bare = _bare(_plain(text))
    digits = _digits(bare)
    if re.sub(r"[\s\d-]", "", bare) or not _FEWEST_IN_PART <= len(digits) <= ACCOUNT_DIGITS:
        return ""
    return digits


def account_id_problem(text: str) -> str:
    """What is wrong with a text that resembles an account id; empty for other texts.

    The text is not repeated: it may be a phone number.
    """
    plain = _plain(text)
    several = {_digits(match.group()) for match in _AMONG_WORDS.finditer(plain)}
    if len(several) > 1:
        return f"has {len(several)} account ids, and one is expected"
    bare = _bare(plain)
    if _EXPONENT.fullmatch(bare):
        return "is a rounded number, as spreadsheets show long ones: copy the account id as text"
    digits = _digits(bare)
    if len(digits) in {0, ACCOUNT_DIGITS} or re.sub(r"[\s\d.,'\u2019_-]", "", bare):
        return ""
    problem = f"has {len(digits)} digits, and an account id has {ACCOUNT_DIGITS}"
    if _FEWEST_DIGITS <= len(digits) < ACCOUNT_DIGITS:
        zeros = "a leading zero was" if len(digits) == ACCOUNT_DIGITS - 1 else "leading zeros were"
        problem += f": perhaps {zeros} lost"
    return problem


def ou_path(text: str) -> str:
    """A path of OUs that begins with an OU's id, in any form that people paste.

    `ou-ab12-11111111/**` is unchanged; in an ARN, a console URL, or a path from the root or the
    organization, everything before the last id is removed. The root of an organization is `/`.
    Other texts are returned unchanged.
    """
    bare = tidy(text).strip(f" {_QUOTES}<>")
    if (unit := _UNIT_PATH.fullmatch(bare)) is not None:
        return unit[1] + _below(unit[2])
    if (root := _ROOT_PATH.fullmatch(bare)) is not None:
        return _below(root[1]) or "/"
    return text


def slack_id(text: str) -> str:
    """The id in a mention, a link to a profile or channel, or a text; else the text, tidied."""
    bare = visible(text).strip(f" {_QUOTES},;")
    found = _SLACK.fullmatch(bare)
    return found[found.lastindex or 0] if found is not None else bare


def _plain(text: str) -> str:
    """A text with plain digits, hyphens and spaces, and without percent-encoding."""
    folded = unicodedata.normalize("NFKC", visible(unquote(text)))
    return "".join(map(_plain_character, visible(folded)))


def _plain_character(character: str) -> str:
    if character.isascii():
        return character
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    return "-" if category == "Pd" or character == _MINUS else character


def _bare(plain: str) -> str:
    """A number without punctuation around it, and without the `.0` of a spreadsheet."""
    return _DECIMALS.sub("", plain.strip(_WRAPPERS))


def _digits(text: str) -> str:
    return "".join(character for character in text if character.isdecimal())


def _only(found: AbstractSet[str | None]) -> str | None:
    """The only id that was found; None if there is none, or several."""
    return next(iter(found)) if len(found) == 1 else None


def _of_arn(arn: re.Match[str]) -> str | None:
    service, owner, resource = arn[1].lower(), arn[2], arn[3] or ""
    if service in {"organizations", "account"}:
        # The management account owns the organization's resources; the member is meant.
        member = _MEMBER.match(resource)
        if member is not None:
            return member[1]
        if service == "organizations" or resource != "account":
            return None
    return owner if re.fullmatch(r"\d{12}", owner) else None


def _below(rest: str | None) -> str:
    return (rest or "").rstrip("/")
