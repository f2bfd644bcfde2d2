"""Writes the links that create the Slack app, from manifest.yml, into the pages that have one.

Usage: manifest_link.py [--check]

With `--check` nothing is written; the exit status is 1 where a page has another link.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlencode

ROOT: Final = Path(__file__).parents[1]
MANIFEST: Final = ROOT / "manifest.yml"
PAGES: Final = (ROOT / "README.md", ROOT / "docs/install.md")

_PAGE: Final = "https://api.slack.com/apps"
"""Where Slack creates apps. It takes a manifest in its query:
https://docs.slack.dev/app-manifests/configuring-apps-with-app-manifests"""

_LABEL: Final = "[create-app]: "
_LINK: Final = re.compile(rf"^{re.escape(_LABEL)}.*\n", re.MULTILINE)


def link() -> str:
    """The address that creates the app; comments are left out, to keep it short."""
    lines = MANIFEST.read_text("utf-8").splitlines(keepends=True)
    manifest = "".join(line for line in lines if not line.lstrip().startswith("#"))
    query = {"new_app": 1, "manifest_yaml": manifest}
    return f"{_PAGE}?{urlencode(query, quote_via=quote, safe='')}"


def with_link(page: str) -> str:
    """The page with the link that it should have, in place of the one that it has."""
    line = f"{_LABEL}{link()}\n"
    return f"{_LINK.sub('', page).rstrip()}\n\n{line}"


def main() -> int:
    """Write the links, or check them; the exit status."""
    for path in PAGES:
        page = path.read_text("utf-8")
        if "--check" not in sys.argv[1:]:
            path.write_text(with_link(page), "utf-8")
        elif page != with_link(page):
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
