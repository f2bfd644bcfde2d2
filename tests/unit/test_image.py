"""What the image is built on, and what is taken out of it to keep it small."""

from __future__ import annotations

import ast
import json
import platform
import re
import runpy
import subprocess
import sys
import sysconfig
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import distributions, version
from pathlib import Path
from typing import TYPE_CHECKING

import botocore
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
SLIM = runpy.run_path(str(ROOT / "deploy/image/slim.py"))
SITE = Path(sysconfig.get_path("purelib"))


def services() -> Iterator[str]:
    """The services that the bot makes clients of: names of botocore's in calls that make one."""
    described = {path.name for path in (Path(botocore.__file__).parent / "data").iterdir()}
    for path in (ROOT / "bot").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("client"):
                words = [each.value for each in node.args if isinstance(each, ast.Constant)]
                yield from (each for each in words if each in described)


def test_each_service_of_the_bot_is_kept() -> None:
    """A client of a service without its description could not be made in the image."""
    used = set(services())
    assert {"account", "organizations", "sts"} <= used
    assert used <= SLIM["SERVICES"]


def test_only_what_nothing_needs_is_removed() -> None:
    """Descriptions of other services, places of phone numbers, grammars; never a whole package."""
    surplus = SLIM["surplus"](SITE)
    kept = {SITE / "botocore/data" / name for name in SLIM["SERVICES"]}
    folders = (
        "botocore/data/",
        "phonenumbers/carrierdata",
        "phonenumbers/geodata",
        "pygments/lexers/",
    )
    paths = [path.relative_to(SITE).as_posix() for path in surplus]
    assert len(paths) > 400
    assert not [path for path in paths if not path.startswith(folders)]
    assert not kept & set(surplus)


def test_what_is_not_where_it_is_known_to_be_is_named(tmp_path: Path) -> None:
    """A new version that lays things out differently fails the build of the image."""
    for name in SLIM["SERVICES"] - {"kms"}:
        (tmp_path / "botocore/data" / name).mkdir(parents=True)
    (tmp_path / "phonenumbers/geodata").mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match=r"data/kms, .*carrierdata"):
        SLIM["surplus"](tmp_path)


def test_the_bill_lists_every_package_and_what_it_needs(tmp_path: Path) -> None:
    """Of an environment that has more than the image's, and of the system below it."""
    bill = tmp_path / "sbom/bill.json"
    command: list[str | Path] = [
        sys.executable,
        "-W",
        "error",
        ROOT / "deploy/image/sbom.py",
        SITE,
        bill,
    ]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    made = json.loads(bill.read_text("utf-8"))
    assert (made["bomFormat"], made["specVersion"]) == ("CycloneDX", "1.6")
    listed = {each["bom-ref"]: each for each in made["components"]}
    installed = {re.sub(r"[-_.]+", "-", each.name).lower() for each in distributions()}
    assert {f"pypi/{name}" for name in installed} <= listed.keys()
    assert listed["pypi/boto3"]["purl"] == f"pkg:pypi/boto3@{version('boto3')}"
    assert listed["generic/python"]["version"] == platform.python_version()
    needs = {each["ref"]: each.get("dependsOn", []) for each in made["dependencies"]}
    assert {"pypi/boto3", "pypi/psycopg", "pypi/slack-bolt"} <= set(needs["pypi/altcontact"])
    assert "pypi/pytest" not in needs["pypi/altcontact"]
    if Path("/var/lib/dpkg/status").exists():
        assert any(ref.startswith("deb/libc6:") for ref in listed)


def test_the_base_is_named_by_its_digest() -> None:
    """Each stage is made on the one base, which cannot change under its name."""
    stages = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    outside = [each for each in stages if each not in {"base", "scratch"}]
    assert len(outside) == 1
    assert re.fullmatch(r"docker\.io/library/python:3\.13-slim@sha256:[0-9a-f]{64}", outside[0])


def test_actions_are_named_by_their_commits() -> None:
    """What others' tags point to can be changed; each has its version beside it."""
    workflows = sorted((ROOT / ".github/workflows").glob("*.yml"))
    used = [
        line.strip().removeprefix("- ")
        for workflow in workflows
        for line in workflow.read_text("utf-8").splitlines()
        if line.strip().removeprefix("- ").startswith("uses: ") and "uses: ./" not in line
    ]
    assert len(workflows) == 2
    assert used
    pinned = re.compile(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
    assert not [line for line in used if not pinned.fullmatch(line)]


class Answering(BaseHTTPRequestHandler):
    """Answers `/healthz` with the status that its server has."""

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200 if self.path == "/healthz" and self.server.alive else 503)  # type: ignore[attr-defined]
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def healthcheck(**settings: str) -> int:
    """The exit status of the image's health check with these settings."""
    command: list[str | Path] = [sys.executable, ROOT / "deploy/image/healthcheck.py"]
    return subprocess.run(command, check=False, capture_output=True, env=settings).returncode


def test_the_health_check_asks_the_bot_where_it_is_told_to_be() -> None:
    """By either setting, on any address; without one there is nobody to ask."""
    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_port
        server.alive = True  # type: ignore[attr-defined]
        assert healthcheck(ALTCONTACT_METRICS=f"127.0.0.1:{port}") == 0
        assert healthcheck(ALTCONTACT_METRICS="", ALTCONTACT_HTTP=f"0.0.0.0:{port}") == 0
        server.alive = False  # type: ignore[attr-defined]
        assert healthcheck(ALTCONTACT_METRICS=f"0.0.0.0:{port}") == 1
        server.shutdown()
    assert healthcheck(ALTCONTACT_METRICS=f"127.0.0.1:{port}") == 1
    assert healthcheck() == 0
