"""Where tests keep their files: in memory, where there is room.

ext4 looks long for a place for each of a thousand files of a PostgreSQL where a thousand were deleted the moment before, and
every turn of a conversation waits for the disk.
"""

import os
import shutil

_MEMORY, _ENOUGH = "/dev/shm", 4 << 30
_DISK = "/tmp"


def place() -> str:
    """A short path, because a Unix socket's address has room for about a hundred characters."""
    try:
        is_fit = not os.statvfs(_MEMORY).f_flag & os.ST_NOEXEC and shutil.disk_usage(_MEMORY).free > _ENOUGH
    except OSError:
        return _DISK
    return _MEMORY if is_fit and os.access(_MEMORY, os.W_OK) else _DISK
