"""Locks on files that the system lets go by itself when a process ends, however it ends."""

from __future__ import annotations

import os
import sys

# Far behind any byte that is read or written: on Windows a lock covers bytes, not a file.
_BEYOND = 1 << 40


def lock(handle: int, wait: bool) -> bool:
    """Lock an open file for this process; False where another has it or none can be had.

    handle  file descriptor, open for writing; closing it lets the lock go
    wait    True: until the other process lets go
    """
    try:
        _lock(handle, wait)
    except OSError:
        # Taken, or a file system without locks: to the caller both mean `not for you alone`.
        return False
    return True


if sys.platform == "win32":

    def _lock(handle: int, wait: bool) -> None:
        import msvcrt

        here = os.lseek(handle, 0, os.SEEK_CUR)
        os.lseek(handle, _BEYOND, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        finally:
            os.lseek(handle, here, os.SEEK_SET)

else:

    def _lock(handle: int, wait: bool) -> None:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
