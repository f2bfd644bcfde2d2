"""Tries the built image as whoever runs images may: any user, no home, a read-only root.

Usage: try_image.py WORKFOLDER BUILDAH [OPTION ...]

It runs against the sandbox's AWS and Slack.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from importlib.metadata import distributions
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from altcontact_sandbox.aws.sandbox import AwsSandbox
from altcontact_sandbox.slack.sandbox import SlackSandbox

OWN: Final = (10001, 10001)
"""The image's own user and group."""

ANY: Final = (1000680000, 0)
"""A user as OpenShift makes one up, of whom nothing on the machine knows."""

TOKENS: Final = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN")
NO_PROBLEMS, WARNINGS = 0, 1
"""How the doctor ends."""

STOP_WITHIN: Final = 10.0
PATIENCE: Final = 120.0
MEGABYTE: Final = 10**6

PROGRAM_SIZE: Final = 70
"""Megabytes that the program may take. The image that FROM names takes some 125 more, unpacked."""

NO_HOMES: Final[tuple[dict[str, str | None], ...]] = ({"HOME": None}, {"HOME": "/nowhere"})


class Image:
    """The image, mounted as a container's root.

    Args:
        root: where it is mounted.
        work: a folder to put volumes into.
        environment: the image's own.
        health: the command that finds out whether the bot is alive.
    """

    def __init__(
        self, root: Path, work: Path, environment: dict[str, str], health: list[str]
    ) -> None:
        self._root = root
        self._work = work
        self._environment = environment
        self._health = health

    def start(
        self,
        settings: dict[str, str | None],
        *words: str,
        user: tuple[int, int] = OWN,
        volume: tuple[int, int] | None = None,
    ) -> subprocess.Popen[str]:
        """Run a command: the root is read-only, the volume and /tmp are all that can be written.

        The volume is new to each user, and as the image has it: any user of group 0 may write.
        It may be another user's, `volume`.
        """
        uid, gid = user
        data = self._work / f"data-{(volume or user)[0]}"
        if not data.exists():
            data.mkdir()
            shutil.copystat(self._root / "data", data)
            owner = (self._root / "data").stat()
            os.chown(data, owner.st_uid, owner.st_gid)
        own = (str(self._root), str(data), str(uid), str(gid))
        environment = {**self._environment, "NO_PROXY": "127.0.0.1", **settings}
        return subprocess.Popen(
            ["/usr/bin/unshare", "--mount", "sh", "-ec", SCRIPT, "sh", *own, *words],
            env={name: value for name, value in environment.items() if value is not None},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def check_contents(self) -> None:
        """No build tools, no pip, no cache, no sandbox; and small."""
        program = self._root / "opt/altcontact"
        tools = [self._root / "usr/bin" / name for name in ("gcc", "cc", "make")]
        tools += [program / "bin/pip", program / "bin/hatchling", self._root / "build"]
        found = [tool for tool in tools if tool.exists()]
        assert not found, f"build tools in the image: {found}"
        assert not (self._root / "root/.cache").exists(), "a cache in the image"
        sandbox = [
            *program.rglob("altcontact_sandbox*"),
            *program.glob("lib/*/site-packages/starlette"),
        ]
        assert not sandbox, f"the sandbox in the image: {sandbox}"
        size = sum(path.lstat().st_size for path in program.rglob("*")) / MEGABYTE
        print(f"image: the program takes {size:.0f} MB")
        assert size <= PROGRAM_SIZE, f"{size} MB: with its base, the image comes near 200"

    def check_bill(self) -> None:
        """Every package is on the bill of materials, and nothing else is."""
        bill = json.loads((self._root / "usr/share/sbom/altcontact.cdx.json").read_text("utf-8"))
        assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
        listed = {unquote(each["purl"].partition("?")[0]) for each in bill["components"]}
        assert len(listed) == len(bill["components"])
        (site,) = (self._root / "opt/altcontact/lib").glob("python3*/site-packages")
        here = {
            f"pkg:pypi/{each.metadata['Name'].lower().replace('_', '-')}@{each.version}"
            for each in distributions(path=[str(site)])
        }
        status = (self._root / "var/lib/dpkg/status").read_text("utf-8")
        for paragraph in status.strip().split("\n\n"):
            name = re.search(r"^Package: (.+)$", paragraph, re.MULTILINE)
            version = re.search(r"^Version: (.+)$", paragraph, re.MULTILINE)
            assert name, paragraph
            assert version, paragraph
            here.add(f"pkg:deb/debian/{name[1]}@{version[1]}")
        (python,) = {each for each in listed if each.startswith("pkg:generic/python@")}
        assert listed - {python} == here, (listed - {python}) ^ here
        refs = {each["bom-ref"] for each in bill["components"]}
        (bot,) = (each for each in bill["dependencies"] if each["ref"] == "pypi/altcontact")
        assert {"pypi/boto3", "pypi/slack-bolt"} <= set(bot["dependsOn"]) <= refs
        print(f"image: {len(listed)} packages, each on the bill of materials")

    def check_version(self) -> None:
        """It says its version as any user, without a home directory too."""
        for user in (OWN, ANY):
            for home in NO_HOMES:
                version = self.start(dict(home), "altcontact", "--version", user=user)
                said = version.communicate(timeout=PATIENCE)[0].strip()
                assert version.returncode == 0, said
        print("image:", said)

    def check_traceback(self) -> None:
        """What rich shows of a defect needs none of what was left out."""
        shown = self.start({}, "python", "-c", DEFECT)
        said = shown.communicate(timeout=PATIENCE)[0]
        assert shown.returncode == 0, said
        assert "Traceback (most recent call last)" in said
        assert "self.scan_once(" in said, said

    def check_accounts(self, settings: dict[str, str]) -> None:
        """It checks accounts as any user, without a home directory too, and keeps what it found."""
        for user, home in ((OWN, {}), (ANY, NO_HOMES[0]), (ANY, NO_HOMES[1])):
            checked = self.start({**settings, **home}, "altcontact", "check", user=user)
            output = checked.communicate(timeout=PATIENCE)[0]
            assert checked.returncode == 1, (user, home, output)
            assert "missing" in output
            kept = (self._work / f"data-{user[0]}/altcontact.db").stat()
            assert kept.st_uid == user[0]
        print(output)

    def keep_secrets(self, settings: dict[str, str]) -> dict[str, str]:
        """Put the tokens into files, as docs/deploy/docker.md does; the settings that name them."""
        secrets = self._root / "run/secrets"
        secrets.mkdir(parents=True, exist_ok=True)
        kept = {name: value for name, value in settings.items() if name not in TOKENS}
        for name in TOKENS:
            (secrets / name).write_text(f"{settings[name]}\n", "utf-8")
            (secrets / name).chmod(0o644)
            kept[f"{name}_FILE"] = f"/run/secrets/{name}"
        return kept

    def check_bot(self, settings: dict[str, str], slack: SlackSandbox) -> None:
        """The bot announces what it finds, is alive, and stops in order when it is asked to.

        Meanwhile the doctor finds no failure beside it. Then root copies the database.
        """
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        own = {**settings, "ALTCONTACT_METRICS": f"0.0.0.0:{port}"}
        assert self._healthcheck(own) == 1, "alive before it is started"
        bot = self.start(dict(own), "altcontact", "run", user=ANY)
        slack.wait_connected(timeout=PATIENCE)
        slack.wait_message("no security contact", timeout=PATIENCE)
        assert self._healthcheck(own) == 0, "not alive, though it works"
        doctor = self.start(dict(own), "altcontact", "doctor", user=ANY)
        said = doctor.communicate(timeout=PATIENCE)[0]
        assert doctor.returncode in {NO_PROBLEMS, WARNINGS}, said
        began = time.monotonic()
        bot.send_signal(signal.SIGTERM)
        output = bot.communicate(timeout=PATIENCE)[0]
        took = time.monotonic() - began
        print(f"image: run ended {took:.1f} s after SIGTERM with status {bot.returncode}")
        assert bot.returncode == 0, output
        assert took < STOP_WITHIN
        copy = "import shutil; shutil.copy('/data/altcontact.db', '/tmp/before.db')"
        copied = self.start({}, "python3", "-c", copy, user=(0, 0), volume=ANY)
        said = copied.communicate(timeout=PATIENCE)[0]
        assert copied.returncode == 0, said

    def _healthcheck(self, settings: dict[str, str]) -> int:
        check = self.start(dict(settings), *self._health, user=ANY)
        print("image:", check.communicate(timeout=PATIENCE)[0].strip())
        return check.returncode


def main() -> None:
    """Run the checks; any that fails ends with an AssertionError."""
    work, store = Path(sys.argv[1]), sys.argv[2:]

    def buildah(*words: str) -> str:
        done = subprocess.run([*store, *words], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    container = buildah("from", "--pull-never", "localhost/altcontact")
    configuration = json.loads(buildah("inspect", container))["OCIv1"]["config"]
    assert configuration["User"] == "{}:{}".format(*OWN), configuration["User"]
    assert configuration["Labels"]["org.opencontainers.image.licenses"] == "MIT"
    environment = dict(line.split("=", 1) for line in configuration["Env"])
    # Only Docker's own format has a health check.
    (kind, *health) = json.loads(buildah("inspect", container))["Docker"]["config"]["Healthcheck"][
        "Test"
    ]
    assert kind == "CMD"
    image = Image(Path(buildah("mount", container)), work, environment, health)
    image.check_contents()
    image.check_bill()
    image.check_version()
    image.check_traceback()
    with AwsSandbox() as aws, SlackSandbox() as slack:
        aws.seed_demo()
        image.check_accounts(aws.environment("management"))
        settings = image.keep_secrets({**aws.environment("management"), **slack.environment()})
        image.check_bot({**settings, "ALTCONTACT_CHANNEL": "#security-alerts"}, slack)
    buildah("umount", container)


DEFECT = """
import json
from rich.console import Console
try:
    json.loads("{", parse_int=int)
except ValueError:
    Console().print_exception(extra_lines=50)
"""

SCRIPT = """
root=$1 data=$2 uid=$3 gid=$4
shift 4
mount --bind "$root" "$root"
mount --bind "$data" "$root/data"
mount -t tmpfs tmpfs "$root/tmp"
mount -t proc proc "$root/proc"
mount -o remount,bind,ro "$root"
if touch "$root/written" 2>/dev/null; then echo "the root can be written"; exit 99; fi
exec chroot --userspec="$uid:$gid" --groups= "$root" "$@"
"""

if __name__ == "__main__":
    main()
