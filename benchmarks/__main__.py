"""`make bench`: runs the benchmarks, or those named, and prints a table.

Usage: python -m benchmarks [--quick] [scan | ack | replicas | memory | start | sandbox | policy |
                              home | monitoring | organization | preview | databases |
                              run | cold] …

`cold` installs everything in a fresh clone, and runs where it is named alone.
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from altcontact_sandbox.aws.sandbox import AwsSandbox
from altcontact_sandbox.slack.sandbox import SlackSandbox

from benchmarks import (
    answering,
    databases,
    evaluation,
    footprint,
    home,
    monitoring,
    organization,
    run_preview,
    running,
    sandbox_start,
    scanning,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from benchmarks.measuring import Row

NAMES = (
    "start",
    "sandbox",
    "ack",
    "replicas",
    "memory",
    "policy",
    "home",
    "monitoring",
    "organization",
    "preview",
    "databases",
    "run",
    "scan",
)
ON_DEMAND = ("cold",)


def main(arguments: list[str]) -> None:
    """Run the benchmarks named, or all."""
    quick = "--quick" in arguments
    wanted = [name for name in arguments if name != "--quick"] or list(NAMES)
    known = (*NAMES, *ON_DEMAND)
    unknown = set(wanted) - set(known)
    if unknown:
        sys.exit(f"There is no benchmark {', '.join(unknown)}; there are {', '.join(known)}.")
    sizes = (200,) if quick else (200, 2000)
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory() as name, AwsSandbox() as aws, SlackSandbox() as slack:
        folder = Path(name)
        made: dict[str, Callable[[], Iterable[Row]]] = {
            "start": lambda: footprint.start(aws, slack, folder),
            "sandbox": lambda: sandbox_start.warm(folder),
            "cold": lambda: sandbox_start.cold(folder),
            "ack": lambda: answering.measure(aws, slack, folder),
            "replicas": lambda: answering.measure_replicas(aws, slack, folder),
            "memory": lambda: footprint.measure(aws, slack, folder),
            "policy": evaluation.measure,
            "home": lambda: home.measure(slack, folder, quick=quick),
            "monitoring": lambda: monitoring.measure(folder, quick=quick),
            "organization": lambda: organization.measure(aws, slack, folder, quick=quick),
            "databases": lambda: databases.measure(folder, quick=quick),
            "preview": lambda: run_preview.measure(folder, quick=quick),
            "run": lambda: running.measure(aws, slack, folder, quick=quick),
            "scan": lambda: scanning.measure(aws, folder, sizes),
        }
        for each in wanted:
            for row in made[each]():
                print(f"{row.what:<70} {row.figure}")
                if row.beside:
                    print(f"{'':<70} {row.beside}")


if __name__ == "__main__":
    main(sys.argv[1:])
