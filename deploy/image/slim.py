"""Removes from an environment what the bot never loads, which is more than half of its size.

Usage: slim.py SITE_PACKAGES

botocore ships a description of each of AWS's services, phonenumbers the places and carriers of the
world's numbers, pygments the grammar of each language. A test holds the services below to those
that the bot makes clients of.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Final

SERVICES: Final = frozenset(
    {
        "account",
        "kms",
        "organizations",
        "s3",
        "secretsmanager",
        "ssm",
        "sts",
        # What botocore itself signs in with, where a profile says so.
        "signin",
        "sso",
        "sso-oidc",
    }
)
LEXERS: Final = frozenset({"__init__", "_mapping", "python", "special"})
"""Of pygments: what rich shows the lines of a traceback with."""

UNUSED: Final = ("phonenumbers/carrierdata", "phonenumbers/geodata")


def surplus(site: Path) -> list[Path]:
    """The folders and files that are not needed.

    Raises:
        FileNotFoundError: something is not where it is known to be, so somebody has to look at it.
    """
    data, lexers = site / "botocore/data", site / "pygments/lexers"
    needed = [data / name for name in sorted(SERVICES)]
    needed += [lexers / f"{name}.py" for name in sorted(LEXERS)]
    unused = [site / name for name in UNUSED]
    missing = [str(path) for path in (*needed, *unused) if not path.exists()]
    if missing:
        raise FileNotFoundError(", ".join(missing))
    services = [path for path in data.iterdir() if path.is_dir() and path.name not in SERVICES]
    modules = [path for path in lexers.rglob("*.py*") if path.name.split(".")[0] not in LEXERS]
    return [*unused, *services, *modules]


def main() -> None:
    """Remove them."""
    for path in surplus(Path(sys.argv[1])):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


if __name__ == "__main__":
    main()
