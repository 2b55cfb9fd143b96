"""What the product is made of: every pinned package with its version and licence, as CycloneDX or as a list for people.

Read from the lock (`requirements.txt`) and from what the installed packages say of themselves; nothing is looked up anywhere, and
the same lock gives the same bytes. Format: https://cyclonedx.org/docs/1.6/json/
"""

import argparse
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata
from typing import Any

from bot.settings import ROOT, Settings, SettingsProblem

_PINNED = re.compile(r"^(?P<name>[a-z0-9._-]+)==(?P<version>[^ ;\\]+)(?: ; (?P<where>[^\\]+))?", re.ASCII | re.MULTILINE)
_FAMILY = "License :: "
#: Packages that only other systems install, so that they cannot be asked here: what their pages at PyPI say.
_TOLD = {"async-timeout": "Apache-2.0"}
_HEAD = """# Licences

Every package that the product is installed with, as it is pinned in `requirements.txt`, and the licence that it says it has.
Written by `soporte sbom --licences`; a test compares. `soporte sbom` prints the same for programs, as CycloneDX 1.6.

| package | version | licence |
| --- | --- | --- |
"""


@dataclass(frozen=True)
class Package:
    """One pinned package. `licence` is an SPDX expression if `is_spdx`, else the words of the package."""

    name: str
    version: str
    licence: str
    is_spdx: bool
    where: str  #: the marker that says where it is needed, or empty


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--licences", action="store_true", help="print docs/licences.md in place of CycloneDX")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print it. Raises SettingsProblem if what is installed is not what is pinned."""
    del settings
    found = packages()
    print(listed(found) if arguments.licences else json.dumps(bill(found), indent=2, ensure_ascii=False))
    return 0


def packages() -> list[Package]:
    """Every pinned package. Raises SettingsProblem."""
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    found, wrong = [], []
    for pin in _PINNED.finditer(lock):
        name, version, where = pin["name"], pin["version"], (pin["where"] or "").strip()
        if name in _TOLD:
            found.append(Package(name, version, _TOLD[name], is_spdx=True, where=where))
            continue
        try:
            told = metadata(name)
        except PackageNotFoundError:
            wrong.append(f"{name} is pinned and not installed: run the set-up again")
            continue
        if told["Version"] != version:
            wrong.append(f"{name} is pinned at {version} and installed at {told['Version']}: run the set-up again")
        found.append(Package(name, version, *_licence(told), where=where))
    if wrong:
        raise SettingsProblem(wrong)
    return found


def _licence(told: PackageMetadata) -> tuple[str, bool]:
    """The licence that a package says it has, and whether that is an SPDX expression."""
    values = told.json
    expression = str(values.get("license_expression", ""))
    if expression:
        return expression, True
    families = [line.rsplit(" :: ", 1)[-1] for line in values.get("classifier", []) if line.startswith(_FAMILY)]
    short = str(values.get("license", "")).strip()
    return (", ".join(families) or short.splitlines()[0] if families or short else "not told"), False


def listed(found: list[Package]) -> str:
    """The list for people, in Markdown."""
    return _HEAD + "\n".join(f"| {one.name} | {one.version} | {one.licence} |" for one in found)


def bill(found: list[Package]) -> dict[str, Any]:
    """A CycloneDX document. It has no time and no serial number: the same lock gives the same document."""
    product = {"type": "application", "bom-ref": "soporte", "name": "soporte", "licenses": [{"license": {"id": "MIT"}}]}
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": product},
        "components": list(_components(found)),
        "dependencies": [{"ref": "soporte", "dependsOn": [_purl(one) for one in found]}],
    }


def _components(found: list[Package]) -> Iterator[dict[str, Any]]:
    for one in found:
        licence = {"expression": one.licence} if one.is_spdx else {"license": {"name": one.licence}}
        component = {"type": "library", "bom-ref": _purl(one), "name": one.name, "version": one.version, "purl": _purl(one)}
        marker = [{"name": "python:marker", "value": one.where}] if one.where else []
        yield component | {"licenses": [licence]} | ({"properties": marker} if marker else {})


def _purl(one: Package) -> str:
    return f"pkg:pypi/{one.name}@{one.version}"
