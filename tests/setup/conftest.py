"""Machines for the tests of the set-up."""

import shutil
from pathlib import Path

import pytest

from tests.setup.checkout import BASE_PYTHON, PROJECT, Checkout, make_checkout


@pytest.fixture
def bare(tmp_path: Path) -> Checkout:
    """A machine with nothing but a shell."""
    return make_checkout(tmp_path)


@pytest.fixture
def machine(bare: Checkout) -> Checkout:
    """A machine with a Python and with uv."""
    uv = shutil.which("uv", path=str(PROJECT / ".uv" / "venv" / "bin")) or shutil.which("uv")
    if uv is None:
        pytest.skip("there is no uv here; ./test brings it")
    bare.has("python3", f'exec "{BASE_PYTHON}" "$@"')
    bare.has("uv", f'exec "{uv}" "$@"')
    return bare
