"""A name leads to a whole file or to none, whatever happens in between."""

import os
import stat
import time
from pathlib import Path
from uuid import uuid4

import pytest

from bot.attachments.files import path_of, remove_unfinished, save


def kept(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_file_lies_two_folders_deep_and_only_we_can_read_it(tmp_path: Path) -> None:
    name = uuid4().hex
    save(tmp_path, name, b"content")
    path = path_of(tmp_path, name)
    assert path.relative_to(tmp_path).as_posix() == f"{name[:2]}/{name[2:4]}/{name}"
    assert path.read_bytes() == b"content"
    assert [stat.S_IMODE(one.stat().st_mode) for one in (path, path.parent)] == [0o600, 0o700]


def test_saving_again_replaces_the_whole_file(tmp_path: Path) -> None:
    name = uuid4().hex
    for content in (b"a long one", b"short"):
        save(tmp_path, name, content)
    assert [path.read_bytes() for path in kept(tmp_path)] == [b"short"]


@pytest.mark.parametrize("step", ["fsync", "write"])
def test_a_failure_in_the_middle_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    old, new = uuid4().hex, uuid4().hex
    save(tmp_path, old, b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync" if step == "fsync" else "fdopen", full)
        for name in (old, new):
            with pytest.raises(OSError, match="No space"):
                save(tmp_path, name, b"new")
    assert [path.read_bytes() for path in kept(tmp_path)] == [b"old"]


@pytest.mark.parametrize(
    "name",
    [
        "", "x", "../../etc/passwd", "a" * 31, "a" * 33, "A" * 32, "a" * 32 + "\n", "a" * 32 + "/..", "a" * 32 + ".exe",
        "a" * 32 + ".view.view", "a" * 30 + "\u202e1", "a" * 30 + "\r\n", "..", "/" + "a" * 31, "a" * 32 + "\0",
        "%2e%2e" + "a" * 26, "١" * 32,
    ],
)  # fmt: skip
def test_nothing_but_a_name_of_ours_leads_anywhere(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not the name"):
        path_of(tmp_path, name)


def test_what_a_crash_left_half_written_is_removed_later_and_nothing_else_is(tmp_path: Path) -> None:
    name = uuid4().hex
    save(tmp_path, name, b"whole")
    folder = path_of(tmp_path, name).parent
    old, new = (folder / f".{uuid4().hex}.part" for _ in range(2))
    for path in (old, new):
        path.write_bytes(b"half")
    hours_ago = time.time() - 7200
    for path in (old, path_of(tmp_path, name)):
        os.utime(path, (hours_ago, hours_ago))
    assert remove_unfinished(tmp_path) == 1
    assert sorted(kept(tmp_path)) == sorted([path_of(tmp_path, name), new])
    assert remove_unfinished(tmp_path / "not there yet") == 0
