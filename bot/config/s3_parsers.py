"""Parses settings of what goes to S3, like `bot.config.setting_parsers` does the others."""

from __future__ import annotations

import re
from typing import Final

from bot.config.setting_parsers import quoted, text
from bot.domain.s3_destination import S3Destination

_KMS_KEY: Final = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]{1,64}")


def destination(value: object) -> str:
    """`s3://bucket/prefix`, without a trailing slash."""
    address = text(value)
    try:
        return S3Destination.parse(address).url
    except ValueError as error:
        raise ValueError(f"{quoted(address)} {error}") from None


def kms_key(value: object) -> str:
    """The ARN of a KMS key. An alias is rejected: it can be moved to another key."""
    arn = text(value)
    if not _KMS_KEY.fullmatch(arn):
        raise ValueError(
            f"{quoted(arn)} is not the ARN of a KMS key (arn:aws:kms:REGION:ACCOUNT:key/ID)"
        )
    return arn
