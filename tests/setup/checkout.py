"""A checkout small enough to set up in a moment: the real scripts, a program of three lines, no packages to fetch.

PATH holds nothing but what a test puts there, so that each test is a machine of its own making.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
#: The interpreter itself: a link to it elsewhere would not find its library on every system.
BASE_PYTHON = Path(sys.executable).resolve()
PROGRAM = """
import sys
print(sys.argv[1:])
"""


@dataclass(frozen=True)
class Checkout:
    """One machine: a checkout, a PATH and a home."""

    root: Path
    path: Path
    home: Path
    wheels: Path

    def start(self, script: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start ./run, ./test or .ci/run from the folder that holds the checkout."""
        # An index that answers nothing, on this machine: whatever the tests forget to offer can't be fetched.
        nowhere = "http://127.0.0.1:9/simple"
        settings = {
            "PATH": str(self.path),
            "HOME": str(self.home),
            "UV_DEFAULT_INDEX": nowhere,
            "UV_HTTP_RETRIES": "0",
            "UV_FIND_LINKS": str(self.wheels),
            "PIP_INDEX_URL": nowhere,
            "PIP_RETRIES": "0",
            "PIP_FIND_LINKS": str(self.wheels),
            "PIP_CONFIG_FILE": os.devnull,
        }
        return subprocess.Popen(
            [f"{self.root.name}/{script}", *arguments],
            env=settings | environment,
            cwd=self.root.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def call(self, script: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """The same, waited for, with a line typed ahead."""
        process = self.start(script, *arguments, **environment)
        out, err = process.communicate("y\n", timeout=60)
        return subprocess.CompletedProcess([script, *arguments], process.returncode, out, err)

    def has(self, name: str, program: str) -> None:
        """Put a program, written for /bin/sh, on PATH."""
        executable(self.path / name, program)

    def lists(self, requirement: str, *, for_tests_only: bool = False) -> None:
        """Add a line to the requirements files."""
        for name in ["requirements-dev.txt"] if for_tests_only else ["requirements.txt", "requirements-dev.txt"]:
            with (self.root / name).open("a") as file:
                file.write(f"{requirement}\n")

    def wheel(self, name: str) -> str:
        """Offer a package of one empty module; give its line for a requirements file."""
        information = f"{name}-1.0.dist-info"
        files = {
            f"{name}.py": "",
            f"{information}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
            f"{information}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        record = "".join(f"{file},,\n" for file in [*files, f"{information}/RECORD"])
        place = self.wheels / f"{name}-1.0-py3-none-any.whl"
        with zipfile.ZipFile(place, "w") as archive:
            for file, content in (files | {f"{information}/RECORD": record}).items():
                archive.writestr(file, content)
        return f"{name}==1.0 --hash=sha256:{hashlib.sha256(place.read_bytes()).hexdigest()}"

    def imports(self, module: str) -> bool:
        """Whether the installed Python finds a module."""
        python = self.root / ".venv" / "bin" / "python"
        found = subprocess.run([python, "-I", "-c", f"import {module}"], capture_output=True, check=False)
        return found.returncode == 0


def executable(place: Path, program: str) -> None:
    """Write a program for /bin/sh."""
    place.write_text(f"#!/bin/sh\n{program}\n")
    place.chmod(0o755)


def make_checkout(folder: Path) -> Checkout:
    """A checkout on a machine without any Python; the scripts are the project's."""
    checkout = Checkout(folder / "mi proyecto", folder / "bin", folder / "home", folder / "wheels")
    for part in (checkout.path, checkout.home, checkout.wheels, checkout.root / "bot", checkout.root / ".ci"):
        part.mkdir(parents=True)
    for script in ("run", "test", ".ci/run"):
        shutil.copy(PROJECT / script, checkout.root / script)
    shutil.copytree(PROJECT / "setup", checkout.root / "setup", ignore=shutil.ignore_patterns("__pycache__"))
    (checkout.root / "requirements.txt").touch()
    (checkout.root / "requirements-dev.txt").touch()
    (checkout.root / "bot" / "__main__.py").write_text(PROGRAM)
    return checkout
