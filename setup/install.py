"""Puts what ./run and ./test need into this checkout (.venv and .uv), and writes nothing outside it.

Started by `setup/install` with any Python from 3.11 on; uses the standard library only. Packages come by uv (from PATH,
else fetched into .uv), or by pip where uv fails; both check the hashes in the requirements files. Which index they ask
is their own configuration's business. Whatever goes wrong ends in one line for the person who typed the command.
"""

import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
#: Written when everything is installed, removed before anything is touched: an interrupted set-up leaves none.
STAMP = VENV / "ready.json"
UV_HOME = ROOT / ".uv"
UV_VENV = UV_HOME / "venv"
UV_REQUIREMENTS = ROOT / "setup" / "requirements-uv.txt"
TEMPORARY = UV_HOME / "tmp"
#: What each command needs. The second holds everything that the first does.
REQUIREMENTS = {"run": ROOT / "requirements.txt", "test": ROOT / "requirements-dev.txt"}
#: Bytes of free disk below which a failure without a reason is put down to that.
TOO_LITTLE = 50_000_000
THIS_PYTHON = f"Python {sys.version.split()[0]} ({sys.executable})"


class Cause(Enum):
    """Why a set-up fails, as far as it matters for what to do next. The value is what the person reads."""

    DISK_FULL = f"no disk space left in {ROOT}; the packages take about 300 MB, with those for tests 900 MB"
    ALTERED = "{} as fetched is not what was listed (its hash differs), so nothing was installed"
    UNREACHABLE = "could not fetch the packages: {}; is there a network?"
    NO_PIP = THIS_PYTHON + " lacks the modules venv and ensurepip; on Debian or Ubuntu: apt install python3-venv"
    OTHER = "the set-up failed: {}"


#: What uv and pip print, in lower case, when it was that.
SIGNS = {
    Cause.DISK_FULL: r"no space left on device|os error 28|disk quota exceeded",
    Cause.ALTERED: r"do not match the hashes|hash mismatch",
    Cause.UNREACHABLE: r"connection broken|failed to fetch|request failed|dns error|error sending request|timed out",
}
#: What in their output tells more than its last line: the package; the system's own word (pip ends on another).
TELLING = {Cause.ALTERED: r"[\w.-]+==[\w.]+", Cause.UNREACHABLE: r"\[Errno -?\d+\] ([^')]+)"}


class SetUpFailedError(Exception):
    """The set-up can't go on; its text is one line that says what happened and what to do."""

    def __init__(self, cause: Cause, reason: str = "") -> None:
        super().__init__(cause.value.replace("{}", reason))
        self.cause = cause
        self.reason = reason


def main(arguments: list[str]) -> int:
    """Run `KIND`, `is-ready KIND` or `state KIND`, where KIND is a key of REQUIREMENTS; give the exit code."""
    match arguments:
        case ["is-ready", kind]:
            return 0 if stamped() in (state(kind), state("test")) else 1
        case ["state", kind]:
            print(json.dumps(state(kind)))
            return 0
        case [kind]:
            return set_up(kind)
    return 2


def state(kind: str) -> dict[str, str]:
    """Everything an installed .venv depends on, as seen by the Python that runs this."""
    packages = hashlib.sha256(b"".join(path.read_bytes() for path in REQUIREMENTS.values())).hexdigest()
    return {"for": kind, "python": sys.version, "home": sys.base_prefix, "folder": str(ROOT), "packages": packages}


def stamped() -> dict[str, str]:
    """What the last complete set-up wrote down; empty if there was none."""
    try:
        return dict(json.loads(STAMP.read_text(encoding="utf-8")))
    except (FileNotFoundError, NotADirectoryError, ValueError, TypeError):
        return {}


def state_seen_by_venv(kind: str) -> dict[str, str]:
    """`state`, asked of .venv's own Python; empty if that does not run."""
    try:
        found: dict[str, str] = json.loads(run(PYTHON, "-I", "-S", __file__, "state", kind))
    except (SetUpFailedError, OSError):
        return {}
    return found


def set_up(kind: str) -> int:
    """Install for `kind`, one process at a time; say on stderr what is being done. Gives the exit code."""
    try:
        with only_one():
            install(kind)
    except (SetUpFailedError, OSError) as failure:
        print(f"{kind}: {in_plain_words(failure)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{kind}: interrupted; start it again to finish the set-up", file=sys.stderr)
        return 130
    return 0


def say(what: str) -> None:
    """Tell the person what is going on; on stderr, so that a command's own output stays clean."""
    print(f"· {what}", file=sys.stderr, flush=True)


@contextmanager
def only_one() -> Iterator[None]:
    """Hold the checkout's lock. The programs started meanwhile inherit it, so that one outliving us still holds it."""
    UV_HOME.mkdir(exist_ok=True)
    with (UV_HOME / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another ./run or ./test is setting up this folder; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        fcntl.fcntl(lock, fcntl.F_SETFD, 0)
        yield


def install(kind: str) -> None:
    """Bring .venv up to the packages of `kind` and stamp it, unless another process just did."""
    old, now = stamped(), state_seen_by_venv(kind)
    if now and old in (now, now | {"for": "test"}):
        return
    say(f"setting up in {ROOT}; nothing is installed outside it")
    started = time.monotonic()
    kind = "test" if old.get("for") == "test" else kind
    is_sound = bool(now) and all(old.get(key) == now[key] for key in ("python", "home", "folder"))
    STAMP.unlink(missing_ok=True)
    TEMPORARY.mkdir(exist_ok=True)
    try:
        fill(kind, keep_venv=is_sound)
    finally:
        shutil.rmtree(TEMPORARY, ignore_errors=True)
    if not (installed := state_seen_by_venv(kind)):
        raise SetUpFailedError(Cause.OTHER, f"{PYTHON} does not run")
    STAMP.write_text(json.dumps(installed, indent=1), encoding="utf-8")
    say(f"ready after {time.monotonic() - started:.0f} s")


def fill(kind: str, *, keep_venv: bool) -> None:
    """Install the packages of `kind` into .venv: by what made it, else by uv, or by pip where uv can't."""
    made_by_pip = keep_venv and (VENV / "bin" / "pip").exists()
    if not made_by_pip and (uv := uv_on_path() or fetched_uv()):
        try:
            by_uv(uv, kind, keep_venv=keep_venv)
        except SetUpFailedError as failure:
            # pip may know a mirror or a certificate that uv was not told about.
            if keep_venv or failure.cause in (Cause.DISK_FULL, Cause.ALTERED) or not has_pip():
                raise
            say(f"uv could not do it ({failure.reason}); trying pip")
        else:
            return
    if not made_by_pip:
        make_venv_with_pip(VENV, f"making .venv with {THIS_PYTHON}")
    say(f"installing the packages listed in {REQUIREMENTS[kind].name} by pip, which takes about a minute")
    by_pip(VENV, REQUIREMENTS[kind])


def by_uv(uv: str, kind: str, *, keep_venv: bool) -> None:
    """Install by uv: first from its cache alone, which needs no network, then from the index."""
    if not keep_venv:
        say(f"making .venv with {THIS_PYTHON}")
        remove(VENV)
        run(uv, "venv", "--quiet", "--python", sys.executable, "--prompt", "soporte", VENV)
    say(f"installing the packages listed in {REQUIREMENTS[kind].name}")
    sync = (uv, "pip", "sync", "--python", PYTHON, "--require-hashes", "--allow-empty-requirements", REQUIREMENTS[kind])
    try:
        run(*sync, "--offline")
    except SetUpFailedError:
        run(*sync)


def by_pip(venv: Path, requirements: Path, *options: str) -> None:
    """Install by the pip of a virtual environment."""
    run(venv / "bin" / "python", "-I", "-m", "pip", "install", "--require-hashes", *options, "-r", requirements)


def uv_on_path() -> str | None:
    """The uv that the person has, if it runs (a version manager may leave a stand-in on PATH that only fails)."""
    uv = shutil.which("uv")
    return uv if uv and version_of(uv) else None


def fetched_uv() -> str | None:
    """The uv of requirements-uv.txt, fetched into .uv unless it is there; None if this machine can't have it."""
    uv = UV_VENV / "bin" / "uv"
    if f"uv=={version_of(uv)} " in UV_REQUIREMENTS.read_text(encoding="utf-8"):
        return str(uv)
    make_venv_with_pip(UV_VENV, "fetching uv, which installs packages quickly, into .uv")
    try:
        by_pip(UV_VENV, UV_REQUIREMENTS, "--no-cache-dir")
    except SetUpFailedError as failure:
        if failure.cause is not Cause.OTHER:
            raise
        say(f"no uv for this machine ({failure.reason}); using pip")
        return None
    return str(uv)


def version_of(uv: str | Path) -> str | None:
    """The version that a uv says it is; None if it does not run."""
    try:
        said = run(uv, "--version").split()
    except (SetUpFailedError, OSError):
        return None
    return said[1] if len(said) > 1 else None


def has_pip() -> bool:
    """Whether this Python can make virtual environments with pip in them (Debian packages that part on its own)."""
    return bool(find_spec("venv") and find_spec("ensurepip"))


def make_venv_with_pip(folder: Path, purpose: str) -> None:
    """Make a new virtual environment in place of whatever is there, saying what for."""
    if not has_pip():
        raise SetUpFailedError(Cause.NO_PIP)
    say(purpose)
    remove(folder)
    run(sys.executable, "-I", "-m", "venv", folder)


def remove(folder: Path) -> None:
    """Delete a folder with what is in it; of a link, only the link."""
    if folder.is_symlink():
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(folder)


def run(*command: str | Path) -> str:
    """Run a program to its end and give what it printed. Raises SetUpFailedError if it exits with anything but 0."""
    done = subprocess.run(  # noqa: S603 (the programs are this file's own choice)
        [str(part) for part in command],
        cwd=ROOT,
        env=environment(),
        close_fds=False,  # the lock goes along
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        errors="replace",
    )
    if done.returncode:
        raise failure_from(done.stdout)
    return done.stdout


def environment() -> dict[str, str]:
    """The caller's environment (which may name mirrors and certificates), with caches and temporary files kept here."""
    ours = {"TMPDIR": str(TEMPORARY), "UV_PYTHON_DOWNLOADS": "never", "PIP_USER": "0", "PIP_NO_INPUT": "1"}
    unless_set = {"UV_CACHE_DIR": str(UV_HOME / "cache"), "PIP_CACHE_DIR": str(UV_HOME / "pip-cache"), "PIP_RETRIES": "2"}
    return unless_set | os.environ | ours


def failure_from(output: str) -> SetUpFailedError:
    """Boil an installer's output down to one line."""
    lines = [line.strip() for line in output.splitlines() if line.strip() and not line.startswith("hint:")]
    reason = lines[-1] if lines else "an installer gave up without a word"
    cause = next((cause for cause, sign in SIGNS.items() if re.search(sign, output.lower())), Cause.OTHER)
    if cause is Cause.OTHER and shutil.disk_usage(ROOT).free < TOO_LITTLE:  # not every installer says why it failed
        cause = Cause.DISK_FULL
    if (telling := TELLING.get(cause)) and (words := re.findall(telling, output)):
        reason = words[-1]
    return SetUpFailedError(cause, reason.removeprefix("cause: ").removeprefix("ERROR: "))


def in_plain_words(failure: SetUpFailedError | OSError) -> str:
    """One line on what went wrong, whether an installer or the operating system said no."""
    match failure:
        case OSError(errno=errno.ENOSPC | errno.EDQUOT):
            return str(SetUpFailedError(Cause.DISK_FULL))
        case OSError(errno=errno.EROFS | errno.EACCES | errno.EPERM):
            return f"may not write in {ROOT} ({failure}); copy the project to a folder of yours"
        case OSError():
            return str(SetUpFailedError(Cause.OTHER, str(failure)))
    return str(failure)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
