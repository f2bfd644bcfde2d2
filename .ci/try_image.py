"""Tries the built image: as its user, with a read-only root, against the sandbox's AWS and Slack.

Usage: try_image.py WORKFOLDER BUILDAH [OPTION ...]
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from altcontact_sandbox.aws.sandbox import AwsSandbox
from altcontact_sandbox.slack.sandbox import SlackSandbox

UID = 10001
STOP_WITHIN = 10.0


def main() -> None:
    """Run the checks; any that fails ends with an AssertionError."""
    work, store = Path(sys.argv[1]), sys.argv[2:]

    def buildah(*words: str) -> str:
        done = subprocess.run([*store, *words], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    container = buildah("from", "--pull-never", "localhost/altcontact")
    root = Path(buildah("mount", container))
    configuration = json.loads(buildah("inspect", container))["OCIv1"]["config"]
    assert configuration["User"] == f"{UID}:{UID}", configuration["User"]
    image_environment = dict(line.split("=", 1) for line in configuration["Env"])
    program = root / "opt/altcontact"
    tools = [root / "usr/bin" / name for name in ("gcc", "cc", "make")]
    found = [
        tool for tool in (*tools, program / "bin/pip", program / "bin/hatchling") if tool.exists()
    ]
    assert not found, f"build tools in the image: {found}"
    assert not (root / "root/.cache").exists(), "a cache in the image"
    sandbox = [
        *program.rglob("altcontact_sandbox*"),
        *program.glob("lib/*/site-packages/starlette"),
    ]
    assert not sandbox, f"the sandbox in the image: {sandbox}"
    size = sum(path.lstat().st_size for path in program.rglob("*"))
    print(f"image: the program takes {size / 2**20:.0f} MiB")

    # The root is mounted read-only over itself; the volume and /tmp are all that can be written.
    data = work / "data"
    data.mkdir()
    os.chown(data, UID, UID)
    command = ["unshare", "--mount", "sh", "-ec", SCRIPT, "sh", str(root), str(data), str(UID)]

    def run(environment: dict[str, str], *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*command, *words],
            env={**image_environment, "NO_PROXY": "127.0.0.1", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    version = run({}, "altcontact", "--version")
    print("image:", version.communicate(timeout=60)[0].strip())
    assert version.returncode == 0

    with AwsSandbox() as aws, SlackSandbox() as slack:
        aws.seed_demo()
        checked = run(aws.environment("management"), "altcontact", "check")
        output = checked.communicate(timeout=60)[0]
        print(output)
        assert checked.returncode == 1, checked.returncode
        assert "missing" in output
        settings = {**aws.environment("management"), **slack.environment()}
        bot = run({**settings, "ALTCONTACT_CHANNEL": "#security-alerts"}, "altcontact", "run")
        slack.wait_connected(timeout=60)
        slack.wait_message("no security contact", timeout=60)
        began = time.monotonic()
        bot.send_signal(signal.SIGTERM)
        bot.communicate(timeout=30)
        took = time.monotonic() - began
        print(f"image: run ended {took:.1f} s after SIGTERM with status {bot.returncode}")
        assert bot.returncode == 0
        assert took < STOP_WITHIN
    buildah("umount", container)


SCRIPT = """
root=$1 data=$2 uid=$3
shift 3
mount --bind "$root" "$root"
mount --bind "$data" "$root/data"
mount -t tmpfs tmpfs "$root/tmp"
mount -t proc proc "$root/proc"
mount -o remount,bind,ro "$root"
if touch "$root/written" 2>/dev/null; then echo "the root can be written"; exit 99; fi
exec chroot --userspec="$uid:$uid" --groups= "$root" "$@"
"""

if __name__ == "__main__":
    main()
