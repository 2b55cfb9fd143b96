"""./test: which checks, in which order, and what happens when one fails. .ci/run: what it installs first."""

import pytest

from tests.setup.checkout import Checkout, executable

NAME_AND_ARGUMENTS = "import sys; print('{0}', *sys.argv[1:]); sys.exit({1})"


@pytest.fixture
def checks(machine: Checkout) -> Checkout:
    """A checkout, set up, where every check only says its name."""
    machine.call("test")
    for name in ("ruff", "lint-imports", "bandit"):
        executable(machine.root / ".venv" / "bin" / name, f'echo {name} "$@"')
    for name in ("mypy", "pytest"):
        (machine.root / f"{name}.py").write_text(NAME_AND_ARGUMENTS.format(name, 0))
    return machine


def said(output: str) -> list[str]:
    """What each check said of itself."""
    return [line.split(" --extend")[0] for line in output.splitlines() if not line.startswith("==")]


def test_all_checks_run_in_order(checks: Checkout) -> None:
    done = checks.call("test")
    assert (done.returncode, done.stderr) == (0, "")
    assert said(done.stdout) == [
        "ruff check",
        "ruff format --check",
        "mypy",
        "lint-imports",
        "bandit --quiet --recursive --configfile pyproject.toml bot setup",
        "pytest -n 3 --dist loadfile --no-loadscope-reorder",
    ]


def test_a_failing_check_is_named_and_ends_the_run(checks: Checkout) -> None:
    (checks.root / "mypy.py").write_text(NAME_AND_ARGUMENTS.format("mypy", 3))
    done = checks.call("test")
    assert done.returncode == 3
    assert said(done.stdout)[-1] == "mypy"
    assert done.stderr == "test: 'mypy: types' failed with exit code 3; the steps after it did not run\n"


def test_arguments_run_only_pytest(checks: Checkout) -> None:
    done = checks.call("test", "-k", "a b", "tests/setup")
    assert said(done.stdout) == ["pytest -k a b tests/setup"]


@pytest.fixture
def ci(bare: Checkout) -> Checkout:
    """A machine of root's with apt-get, where ./test says whether it may skip browser tests and then exits with 7."""
    executable(
        bare.root / "test",
        'echo "browser required: ${REQUIRE_BROWSER:-no}"; read -r answer || echo "nobody answers"; exit 7',
    )
    bare.has("id", "echo 0")
    bare.has("dpkg-query", "exit 1")
    bare.has("apt-get", f'echo "$@" >>"{bare.home}/apt.log"')
    return bare


def apt_log(machine: Checkout) -> list[str]:
    """The commands that apt-get was given, one a line."""
    log = machine.home / "apt.log"
    return log.read_text().splitlines() if log.exists() else []


def test_ci_installs_a_browser_and_fonts_and_passes_the_exit_code_on(ci: Checkout) -> None:
    done = ci.call(".ci/run", CI="true")
    assert done.returncode == 7
    assert done.stdout.splitlines()[-2:] == ["browser required: 1", "nobody answers"]
    update, packages = apt_log(ci)
    assert update.startswith("update")
    assert packages.endswith(" chromium fonts-dejavu-core fonts-noto-color-emoji")


def test_ci_installs_nothing_that_is_there(ci: Checkout) -> None:
    ci.has("chromium", "true")
    ci.has("dpkg-query", "echo installed")
    assert ci.call(".ci/run").stdout.splitlines()[0] == "browser required: no"
    assert apt_log(ci) == []


def test_ci_does_not_install_for_others_than_root(ci: Checkout) -> None:
    ci.has("id", "echo 1000")
    assert ci.call(".ci/run").returncode == 7
    assert apt_log(ci) == []


def test_ci_tries_twice_to_install_and_goes_on_to_the_tests(ci: Checkout) -> None:
    ci.has("apt-get", f'echo "$@" >>"{ci.home}/apt.log"; exit 100')
    done = ci.call(".ci/run")
    assert done.returncode == 7
    assert "ci: going on without them" in done.stdout
    first, second = apt_log(ci)
    assert first.startswith("update")
    assert second.startswith("update")
