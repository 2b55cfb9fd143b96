"""What stops a set-up is told in one line that helps."""

import errno
import importlib.util
import os
from types import ModuleType

import pytest

from tests.setup.checkout import BASE_PYTHON, PROJECT, Checkout

#: A Python that is as Debian delivers it without python3-venv.
WITHOUT_PIP = f"""
if [ "$2" = -c ]; then exec "{BASE_PYTHON}" "$@"; fi
exec "{BASE_PYTHON}" -I -c '
import runpy, sys
sys.modules["ensurepip"] = None
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")' "$2" "$3"
"""


@pytest.fixture(scope="module")
def install() -> ModuleType:
    """setup/install.py as a module."""
    spec = importlib.util.spec_from_file_location("install", PROJECT / "setup" / "install.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_no_python_is_told(bare: Checkout) -> None:
    refused = bare.call("run")
    assert (refused.returncode, refused.stdout) == (1, "")
    remedy = "On Debian or Ubuntu: apt install python3 python3-venv"
    assert refused.stderr == f"run: needs Python 3.11 or newer, but there is no python3 on PATH. {remedy}\n"


def test_a_python_too_old_is_told_with_its_version(bare: Checkout) -> None:
    bare.has("python3", "echo 3.9.18")
    bare.has("python3.11", "echo 3.11.2; echo without its standard library")
    refused = bare.call("test")
    assert refused.returncode == 1
    assert "but python3 is 3.9.18, python3.11 is 3.11.2 without its standard library. On Debian" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_a_newer_python_beside_an_old_one_is_found(machine: Checkout) -> None:
    machine.has("python3.12", (machine.path / "python3").read_text())
    machine.has("python3", "echo 3.9.18")
    assert machine.call("run").stdout == "['demo']\n"


def test_a_python_without_pip_is_told(bare: Checkout) -> None:
    bare.has("python3", WITHOUT_PIP)
    refused = bare.call("run")
    assert refused.returncode == 1
    assert (
        "lacks the modules venv and ensurepip; on Debian or Ubuntu: apt install python3-venv" in refused.stderr.splitlines()[-1]
    )


def test_a_python_without_pip_will_do_where_uv_is(machine: Checkout) -> None:
    machine.has("python3", WITHOUT_PIP)
    assert machine.call("run").stdout == "['demo']\n"


def test_no_network_is_told_and_the_next_start_recovers(machine: Checkout) -> None:
    machine.call("run")
    machine.lists(machine.wheel("pebble"))
    (wheel,) = machine.wheels.iterdir()
    out_of_reach = wheel.rename(machine.home / wheel.name)
    refused = machine.call("run")
    assert (refused.returncode, refused.stdout) == (1, "")
    line = refused.stderr.splitlines()[-1]
    assert line.startswith("run: could not fetch the packages: ")
    assert line.endswith("; is there a network?")

    assert not (machine.root / ".venv" / "ready.json").exists()

    out_of_reach.rename(wheel)
    assert machine.call("run").stdout == "['demo']\n"
    assert machine.imports("pebble")


def test_an_altered_package_is_not_installed(machine: Checkout) -> None:
    machine.wheel("pebble")
    machine.lists("pebble==1.0 --hash=sha256:" + "0" * 64)
    refused = machine.call("run", UV_OFFLINE="1")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.splitlines()[-1].startswith("run: pebble==1.0 as fetched is not what was listed"), refused.stderr
    assert not machine.imports("pebble")


def test_a_package_without_a_hash_is_not_installed(machine: Checkout) -> None:
    machine.has("python3", WITHOUT_PIP)
    machine.wheel("pebble")
    machine.lists("pebble==1.0")
    assert machine.call("run").returncode == 1
    assert not machine.imports("pebble")


def test_caches_stay_in_the_checkout_unless_the_person_has_others(install: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    for cache in ("UV_CACHE_DIR", "PIP_CACHE_DIR"):
        monkeypatch.delenv(cache, raising=False)
        assert install.environment()[cache].startswith(f"{PROJECT}/.uv/")
        monkeypatch.setenv(cache, "/elsewhere")
        assert install.environment()[cache] == "/elsewhere"
    monkeypatch.setenv("TMPDIR", "/elsewhere")
    assert install.environment()["TMPDIR"].startswith(f"{PROJECT}/.uv/")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_told(machine: Checkout) -> None:
    machine.root.chmod(0o555)
    refused = machine.call("run")
    machine.root.chmod(0o755)
    assert refused.returncode == 1
    assert "run: may not write in" in refused.stderr


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "no disk space left in"),
        (errno.EDQUOT, "no disk space left in"),
        (errno.EROFS, "copy the project to a folder of yours"),
        (errno.EACCES, "copy the project to a folder of yours"),
        (errno.ENOLCK, "the set-up failed: "),
    ],
)
def test_what_the_system_refuses_is_told(install: ModuleType, number: int, said: str) -> None:
    assert said in install.in_plain_words(OSError(number, os.strerror(number), "/somewhere"))


#: What uv and pip print (shortened), and what a person needs of it.
PRINTED = [
    (
        "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError('<object at 0x7f>: Failed to\
 establish a new connection: [Errno -3] Temporary failure in name resolution')': /simple/uv/\n\
ERROR: No matching distribution found for uv==0.13.9\n",
        "could not fetch the packages: Temporary failure in name resolution; is there a network?",
    ),
    (
        "error: Request failed after 3 retries\n  cause: tcp connect error\n  cause: Connection refused (os error 111)\n",
        "could not fetch the packages: Connection refused (os error 111); is there a network?",
    ),
    (
        "error: Failed to fetch: x\n  cause: invalid peer certificate: UnknownIssuer\n\nhint: Consider enabling use of …\n",
        "could not fetch the packages: invalid peer certificate: UnknownIssuer; is there a network?",
    ),
    ("error: Failed to copy\n  Caused by: No space left on device (os error 28)\n", "no disk space left in"),
    (
        "Collecting a==1\nERROR: THESE PACKAGES DO NOT MATCH THE HASHES.\n    six==1.17.0 from -r x:\n    Expected 00\n",
        "six==1.17.0 as fetched is not what was listed (its hash differs), so nothing was installed",
    ),
    ("ERROR: something new\n", "the set-up failed: something new"),
    ("", "the set-up failed: an installer gave up without a word"),
]


@pytest.mark.parametrize(("output", "said"), PRINTED)
def test_what_an_installer_prints_becomes_one_line(install: ModuleType, output: str, said: str) -> None:
    line = str(install.failure_from(output))
    assert said in line
    assert "\n" not in line
