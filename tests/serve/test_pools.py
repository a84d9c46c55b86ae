"""A server's threads share a few pools of memory."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from rag.serve.memory import POOLS

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has such pools")

# Threads that are all alive at once, and how many pools glibc says (in malloc_info) that they took memory from.
THREADS = 12
PROGRAM = f"""
import ctypes, sys, tempfile, threading
from rag.serve.memory import share_pools
if sys.argv[1] == "shared":
    print(share_pools(), end=" ")
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.fdopen.restype = ctypes.c_void_p
together = threading.Barrier({THREADS})
def work():
    together.wait()
    libc.malloc(ctypes.c_size_t(1000))
    together.wait()
threads = [threading.Thread(target=work) for _ in range({THREADS})]
for thread in threads: thread.start()
for thread in threads: thread.join()
with tempfile.TemporaryFile() as out:
    stream = ctypes.c_void_p(libc.fdopen(out.fileno(), b"w"))
    libc.malloc_info(0, stream)
    libc.fflush(stream)
    out.seek(0)
    print(out.read().decode().count("<heap nr="))
"""


def _run(how: str, **environment: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, how], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


def test_many_threads_share_the_pools() -> None:
    assert int(_run("as it is")[-1]) > POOLS
    said, pools = _run("shared")
    assert (said, int(pools) <= POOLS) == ("True", True)


def test_a_user_who_chose_the_number_is_not_overruled() -> None:
    said, pools = _run("shared", MALLOC_ARENA_MAX="5")
    assert said == "False"
    assert POOLS < int(pools) <= 5
