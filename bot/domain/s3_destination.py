"""Where objects go in S3: a bucket and a prefix, as settings name them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX: Final = re.compile(r"[A-Za-z0-9!_.*'()/-]{0,512}")
"""Characters that need no special handling in an object's key.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
"""


@dataclass(frozen=True, slots=True)
class S3Destination:
    """An S3 bucket, and what the keys of the bot's objects in it begin with."""

    bucket: str
    prefix: str

    @classmethod
    def parse(cls, url: str) -> S3Destination:
        """The destination of `s3://bucket/prefix`, with or without a prefix.

        Raises:
            ValueError: it isn't one; the message continues the text that was given.
        """
        scheme, found, rest = url.partition("://")
        bucket, _, prefix = rest.partition("/")
        if not found or scheme != "s3":
            raise ValueError("does not begin with s3://")
        if not _BUCKET.fullmatch(bucket):
            raise ValueError("has no valid bucket name after s3://")
        prefix = prefix.strip("/")
        if not _PREFIX.fullmatch(prefix) or "//" in prefix:
            raise ValueError(
                "has a prefix with characters other than letters, digits and ! _ . * ' ( ) / -"
            )
        return cls(bucket, prefix)

    @property
    def url(self) -> str:
        """`s3://bucket/prefix`."""
        return f"s3://{self.bucket}/{self.prefix}" if self.prefix else f"s3://{self.bucket}"

    @property
    def folder(self) -> str:
        """What the keys of its objects begin with: `prefix/`, or nothing."""
        return f"{self.prefix}/" if self.prefix else ""
