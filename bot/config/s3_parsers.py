"""Parses settings of what goes to S3, like `bot.config.setting_parsers` does the others."""

from __future__ import annotations

import re
from typing import Final

from bot.config.setting_parsers import positive_number, quoted, text
from bot.domain.s3_destination import S3Destination

_KMS_KEY: Final = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]{1,64}")

FEWEST: Final = 2
"""Snapshots that are kept at least: if one is damaged, there is another."""

MOST: Final = 10_000
"""Snapshots that are kept at most: they are listed, ten pages of a thousand, after each new one."""


def destination(value: object) -> str:
    """`s3://bucket/prefix`, without a trailing slash."""
    address = text(value)
    try:
        return S3Destination.parse(address).url
    except ValueError as error:
        raise ValueError(f"{quoted(address)} {error}") from None


def kept(value: object) -> int:
    """How many snapshots are kept: a whole number from 2 to 10,000."""
    number = positive_number(value)
    if number % 1:
        raise ValueError(f"{quoted(value)} is not a whole number")
    if not FEWEST <= number <= MOST:
        raise ValueError(f"{quoted(value)} is not between {FEWEST} and {MOST:,}")
    return int(number)


def kms_key(value: object) -> str:
    """The ARN of a KMS key. An alias is rejected: it can be moved to another key."""
    arn = text(value)
    if not _KMS_KEY.fullmatch(arn):
        raise ValueError(
            f"{quoted(arn)} is not the ARN of a KMS key (arn:aws:kms:REGION:ACCOUNT:key/ID)"
        )
    return arn
