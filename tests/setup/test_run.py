"""./run: what it installs, when it leaves things alone, what it repairs."""

import pytest

from tests.setup.checkout import Checkout


def test_first_start_sets_up_and_the_second_only_starts(machine: Checkout) -> None:
    first = machine.call("run")
    assert (first.returncode, first.stdout) == (0, "['demo']\n"), first.stderr
    assert "setting up" in first.stderr

    for forgotten in machine.path.iterdir():  # what is installed needs neither network nor uv nor PATH
        forgotten.unlink()
    second = machine.call("run")
    assert (second.returncode, second.stdout, second.stderr) == (0, "['demo']\n", "")


def test_arguments_arrive_as_they_were_typed(machine: Checkout) -> None:
    assert machine.call("run", "tickets", "a  b", "", "*").stdout == "['tickets', 'a  b', '', '*']\n"


def test_nothing_is_written_outside_the_checkout(machine: Checkout) -> None:
    assert machine.call("run").returncode == 0
    assert list(machine.home.iterdir()) == []


def test_settings_for_other_pythons_do_not_reach_ours(machine: Checkout) -> None:
    (machine.home / "sitecustomize.py").write_text("print('foreign')")
    (machine.home / machine.root.name).mkdir()
    home = str(machine.home)
    started = machine.call("run", PYTHONHOME="/nonexistent", PYTHONPATH=home, PYTHONSAFEPATH="1", CDPATH=home)
    assert (started.returncode, started.stdout) == (0, "['demo']\n"), started.stderr


def test_a_changed_list_of_packages_is_installed(machine: Checkout) -> None:
    machine.call("run")
    machine.lists(machine.wheel("pebble"))
    assert not machine.imports("pebble")
    again = machine.call("run")
    assert again.returncode == 0, again.stderr
    assert machine.imports("pebble")
    assert "making .venv" not in again.stderr


def test_what_tests_need_comes_with_test_and_stays(machine: Checkout) -> None:
    machine.lists(machine.wheel("pebble"), for_tests_only=True)
    machine.call("run")
    assert not machine.imports("pebble")
    machine.call("test")
    assert machine.imports("pebble")

    machine.lists(machine.wheel("gravel"))
    machine.call("run")
    assert machine.imports("gravel")
    assert machine.imports("pebble")


def test_a_moved_checkout_is_set_up_anew(machine: Checkout) -> None:
    machine.call("run")
    elsewhere = machine.root.with_name("otro lugar")
    machine.root.rename(elsewhere)
    moved = Checkout(elsewhere, machine.path, machine.home, machine.wheels)
    again = moved.call("run")
    assert (again.returncode, again.stdout) == (0, "['demo']\n"), again.stderr
    assert "making .venv" in again.stderr
    assert moved.call("run").stderr == ""


@pytest.mark.parametrize("python", ["gone", "another"])
def test_a_changed_python_is_noticed(machine: Checkout, python: str) -> None:
    machine.call("run")
    installed, stamp = machine.root / ".venv" / "bin" / "python", machine.root / ".venv" / "ready.json"
    if python == "gone":
        installed.unlink()
        installed.symlink_to("/nonexistent/python3")
    else:
        stamp.write_text(stamp.read_text().replace('"python": "3', '"python": "2'))
    again = machine.call("run")
    assert (again.returncode, again.stdout) == (0, "['demo']\n"), again.stderr
    assert "making .venv" in again.stderr


def test_an_interrupted_set_up_is_begun_anew(machine: Checkout) -> None:
    machine.lists(machine.wheel("pebble"))
    machine.call("run")
    (machine.root / ".venv" / "ready.json").unlink()
    next((machine.root / ".venv").rglob("pebble.py")).unlink()
    assert machine.call("run").returncode == 0
    assert machine.imports("pebble")


def test_a_damaged_stamp_is_no_stamp(machine: Checkout) -> None:
    machine.call("run")
    for damaged in ("", "[]", "7", '{"for": "run"}'):
        (machine.root / ".venv" / "ready.json").write_text(damaged)
        again = machine.call("run")
        assert (again.returncode, "ready after" in again.stderr) == (0, True), again.stderr


def test_starts_at_the_same_time_set_up_once(machine: Checkout) -> None:
    starts = [machine.start("run", str(number)) for number in range(3)]
    ends = [start.communicate(timeout=60) for start in starts]
    assert [out for out, _ in ends] == ["['0']\n", "['1']\n", "['2']\n"]
    assert sum("making .venv" in err for _, err in ends) == 1


def test_a_link_to_another_venv_is_replaced_and_its_target_left_alone(machine: Checkout) -> None:
    kept = machine.home / "mine"
    kept.mkdir()
    (kept / "notes").touch()
    (machine.root / ".venv").symlink_to(kept)
    assert machine.call("run").returncode == 0
    assert [place.name for place in kept.iterdir()] == ["notes"]


def test_pip_does_it_where_uv_can_not(machine: Checkout) -> None:
    machine.lists(machine.wheel("pebble"))
    machine.has("uv", 'case $1 in --version) echo "uv 0.0.1" ;; *) echo "boom"; exit 2 ;; esac')
    started = machine.call("run")
    assert (started.returncode, started.stdout) == (0, "['demo']\n"), started.stderr
    assert "uv could not do it (boom); trying pip" in started.stderr
    assert machine.imports("pebble")

    machine.lists(machine.wheel("gravel"))
    again = machine.call("run")
    assert again.returncode == 0, again.stderr
    assert machine.imports("gravel")
    assert "making .venv" not in again.stderr
