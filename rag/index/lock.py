"""One process at a time works on a data directory: embedded Chroma loses data when two do."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType

from filelock import FileLock, Timeout

from rag.errors import DataDirBusy, StorageFull


class DataDirLock:
    """`with DataDirLock(data_dir, "posterchat serve"):` holds the directory, which it makes where needed.

    `purpose` is the command that others are told about. Never waits: raises DataDirBusy with the command, process id
    and start time of the holder, StorageFull when the directory cannot be written. One object may be entered again
    by the same process, from any thread. The operating system drops the lock when the holder dies.
    """

    def __init__(self, data_dir: Path, purpose: str) -> None:
        self._dir = data_dir
        self._purpose = purpose
        self._note = data_dir / "in-use.json"
        self._file = FileLock(data_dir / "in-use.lock", thread_local=False, fallback_to_soft=False)
        self._entered = 0
        self._mutex = threading.Lock()

    def __enter__(self) -> DataDirLock:
        with self._mutex:
            if self._entered == 0:
                self._acquire()
            self._entered += 1
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        with self._mutex:
            self._entered -= 1
            if self._entered == 0:
                with suppress(OSError):
                    self._note.unlink(missing_ok=True)
                self._file.release()

    def _acquire(self) -> None:
        try:
            self._dir.mkdir(parents=True, exist_ok=True)
            self._file.acquire(blocking=False)
        except Timeout as exc:
            raise DataDirBusy(
                f"{self._dir} is in use by {self._holder()}.",
                hint="Stop it or wait for it, or choose another directory with --data-dir.",
            ) from exc
        except (OSError, NotImplementedError) as exc:
            reason = getattr(exc, "strerror", None) or str(exc)
            raise StorageFull(
                f"The data directory {self._dir} cannot be written: {reason}.",
                hint="Choose another one with --data-dir or POSTERCHAT_DATA_DIR.",
            ) from exc
        with suppress(OSError):  # the note is a courtesy, the lock is what counts
            note = {"pid": os.getpid(), "host": socket.gethostname(), "purpose": self._purpose, "since": time.time()}
            self._note.write_text(json.dumps(note), encoding="utf-8")

    def _holder(self) -> str:
        """Who holds the lock, as far as the note can be trusted: it may be left from a process that died."""
        for _ in range(5):
            try:
                note = json.loads(self._note.read_text(encoding="utf-8"))
                pid, since = int(note["pid"]), datetime.fromtimestamp(float(note["since"]))
                if note["host"] == socket.gethostname() and _alive(pid):
                    return f"`{note['purpose']}` (process {pid}) since {since:%H:%M:%S on %d %B}"
            except (OSError, ValueError, KeyError, TypeError, OverflowError):
                pass
            time.sleep(0.02)  # the holder may be about to write its note
        return "another posterchat process"


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
