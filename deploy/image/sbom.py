"""Writes what the image is made of: a bill of materials in CycloneDX's JSON.

Usage: sbom.py SITE_PACKAGES OUTPUT

It lists the packages of the bot's environment and what they need of each other, the Python that
runs this, and the packages of the Debian that it runs on: both are those of the image, which is
made on the same base.
"""

from __future__ import annotations

import platform
import sys
from email.parser import Parser
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cyclonedx.model.license import License

NAME: Final = "altcontact"
STATUS: Final = Path("/var/lib/dpkg/status")
"""Debian's list of its packages, a paragraph each."""

INSTALLED: Final = "install ok installed"


def python_packages(site: Path) -> dict[str, tuple[Component, Distribution]]:
    """{a package's normalized name: it, and what its installation says of it}."""
    found: dict[str, tuple[Component, Distribution]] = {}
    for each in distributions(path=[str(site)]):
        name = canonicalize_name(each.metadata["Name"])
        component = Component(
            name=name,
            version=each.version,
            type=ComponentType.APPLICATION if name == NAME else ComponentType.LIBRARY,
            bom_ref=f"pypi/{name}",
            description=_first(each, "Summary"),
            licenses=_licenses(each),
            purl=PackageURL("pypi", None, name, each.version),
        )
        found[name] = component, each
    return found


def _first(package: Distribution, field: str) -> str | None:
    values: list[str] = package.metadata.get_all(field, [])
    return values[0] if values else None


def _licenses(package: Distribution) -> list[License]:
    expression = _first(package, "License-Expression")
    if expression:
        return [LicenseFactory().make_from_string(expression)]
    known = [
        line.rpartition(" :: ")[2]
        for line in package.metadata.get_all("Classifier", [])
        if line.startswith("License ::")
    ]
    return [LicenseFactory().make_with_name(name) for name in known]


def needed(package: Distribution) -> set[str]:
    """The names of what a package needs here, extras left out."""
    requirements = [Requirement(line) for line in package.requires or ()]
    return {
        canonicalize_name(each.name)
        for each in requirements
        if each.marker is None or each.marker.evaluate({"extra": ""})
    }


def debian_packages() -> Iterator[Component]:
    """The packages of Debian."""
    if not STATUS.exists():
        return
    release = platform.freedesktop_os_release()
    distribution = f"{release['ID']}-{release['VERSION_ID']}"
    for paragraph in STATUS.read_text(encoding="utf-8").split("\n\n"):
        fields = Parser().parsestr(paragraph.strip())
        if fields["Status"] != INSTALLED:
            continue
        qualifiers = {"arch": fields["Architecture"], "distro": distribution}
        yield Component(
            name=fields["Package"],
            version=fields["Version"],
            bom_ref=f"deb/{fields['Package']}:{fields['Architecture']}",
            purl=PackageURL("deb", release["ID"], fields["Package"], fields["Version"], qualifiers),
        )


def bill(site: Path) -> Bom:
    """The bill: the bot, what it needs, and what both run on."""
    packages = python_packages(site)
    version = platform.python_version()
    python = Component(
        name="python",
        version=version,
        type=ComponentType.PLATFORM,
        bom_ref="generic/python",
        purl=PackageURL("generic", None, "python", version),
    )
    bom = Bom(components=[*(each for each, _ in packages.values()), python, *debian_packages()])
    bom.metadata.component = Component(
        name=f"{NAME}-image",
        version=packages[NAME][0].version,
        type=ComponentType.CONTAINER,
        bom_ref="image",
    )
    bom.register_dependency(bom.metadata.component, [packages[NAME][0], python])
    for component, package in packages.values():
        wanted = sorted(needed(package) & packages.keys())
        bom.register_dependency(component, [packages[name][0] for name in wanted])
    return bom


def main() -> None:
    """Write it."""
    site, output = map(Path, sys.argv[1:])
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(JsonV1Dot6(bill(site)).output_as_string(indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
