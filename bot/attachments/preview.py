"""Previews of images. They are made once, when the image comes in, by `reencode` in a process of its own."""

import logging
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_log = logging.getLogger(__name__)
_PROGRAM = Path(__file__).with_name("reencode.py")
_SECONDS = 30


@dataclass(frozen=True)
class Preview:
    """Two WebP images made of the pixels of another one: at most 1600 and at most 360 pixels wide and high."""

    view: bytes
    thumb: bytes


def preview(content: bytes) -> Preview | None:
    """Previews of a JPEG, PNG or WebP; None if it is broken, or larger than any camera makes it. Blocks."""
    command = [sys.executable, "-I", str(_PROGRAM)]
    try:
        done = subprocess.run(command, input=content, capture_output=True, timeout=_SECONDS, check=True, env={})  # noqa: S603 (our own)
        return _read(done.stdout)
    except (OSError, subprocess.SubprocessError, struct.error) as error:
        _log.warning("no preview could be made of an image: %s", type(error).__name__)
        return None


def _read(output: bytes) -> Preview:
    """The two parts. Raises struct.error for what does not hold exactly two."""
    (length,) = struct.unpack_from(">I", output)
    (rest,) = struct.unpack_from(">I", output, 4 + length)
    view, thumb = struct.unpack(f">4x{length}s4x{rest}s", output)
    return Preview(view, thumb)
