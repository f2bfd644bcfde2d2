"""Which region serves a partition's global services, and what a partition lacks."""

from __future__ import annotations

from typing import Final

DEFAULT: Final = "us-east-1"
"""The region if no other source has one."""

# Account Management and Organizations are global: each partition serves them from one region.
_GLOBAL: Final = {
    "aws": DEFAULT,
    "aws-cn": "cn-northwest-1",
    "aws-us-gov": "us-gov-west-1",
    "aws-iso": "us-iso-east-1",
    "aws-iso-b": "us-isob-east-1",
    "aws-iso-e": "eu-isoe-west-1",
    "aws-iso-f": "us-isof-south-1",
    "aws-eusc": "eusc-de-east-1",
}


def home_region(partition: str) -> str:
    """The region of a partition's global services; the default one if it is unknown."""
    return _GLOBAL.get(partition, DEFAULT)


def known_region(partition: str) -> str | None:
    """The same; None if it is unknown."""
    return _GLOBAL.get(partition)
