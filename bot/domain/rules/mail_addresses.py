"""Splits email addresses into the parts that rules compare."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=4096)
def split_address(email: str) -> tuple[str, str]:
    """An address in normal form: (the part before the @, the domain)."""
    local, _, domain = email.strip().casefold().rpartition("@")
    return local, domain.rstrip(".")


def domain_of(email: str) -> str:
    """The domain of an address, in normal form."""
    return split_address(email)[1]


@lru_cache(maxsize=4096)
def mailbox(email: str) -> str:
    """The mailbox that receives an address: without the tag, as in `aws+prod@corp.example`."""
    local, domain = split_address(email)
    return f"{local.partition('+')[0]}@{domain}"
