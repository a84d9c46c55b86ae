"""Memory of a process in which many threads come and go."""

from __future__ import annotations

import ctypes
import os
import platform

POOLS = 2
_M_ARENA_MAX = -8  # of mallopt(3)
_CHOSEN_BY_USER = "MALLOC_ARENA_MAX"  # glibc's own variable for the same


def share_pools() -> bool:
    """Have all threads take their memory from `POOLS` pools. True when that was set here.

    Each answer runs in threads of its own. glibc gives new threads new pools, 8 for each core, and every one keeps what
    was freed in it: under load the process grew by 1.3 MB a minute although it held nothing more, and by 0.2 with two
    pools, at the same speed (docs/reliability.md). Call it first in a process: pools that are there stay. Other C
    libraries have nothing of the kind, and a user who has set glibc's own variable is not overruled.
    """
    if platform.libc_ver()[0] != "glibc" or os.environ.get(_CHOSEN_BY_USER):
        return False
    return bool(ctypes.CDLL(None).mallopt(_M_ARENA_MAX, POOLS))
