"""The lock of a data directory, with real processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from rag.errors import DataDirBusy, StorageFull
from rag.index.lock import DataDirLock

HOLD = """
import sys
from pathlib import Path
from rag.index.lock import DataDirLock
with DataDirLock(Path(sys.argv[1]), "posterchat serve --port 9"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path: Path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "data")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    with process:
        yield process
        process.kill()


def test_another_process_is_turned_away_and_told_who_holds_it(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    with pytest.raises(DataDirBusy) as error, DataDirLock(tmp_path / "data", "posterchat index"):
        pass
    assert f"`posterchat serve --port 9` (process {holder.pid}) since " in str(error.value)
    assert "--data-dir" in error.value.hint


def test_a_killed_holder_frees_it(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert (tmp_path / "data" / "in-use.json").exists()
    with DataDirLock(tmp_path / "data", "posterchat index"):
        note = json.loads((tmp_path / "data" / "in-use.json").read_text())
        assert (note["pid"], note["purpose"]) == (os.getpid(), "posterchat index")
    assert not (tmp_path / "data" / "in-use.json").exists()


@pytest.mark.parametrize(
    "note",
    [
        None,
        "",
        "[1]",
        '{"pid": 4194999, "host": "HOST", "purpose": "an old command", "since": 1}',
        '{"pid": 1, "host": "elsewhere", "purpose": "an old command", "since": 1}',
    ],
)
def test_a_stale_note_does_not_mislead(tmp_path: Path, holder: subprocess.Popen[str], note: str | None) -> None:
    path = tmp_path / "data" / "in-use.json"
    if note is None:
        path.unlink()
    else:
        path.write_text(note.replace("HOST", json.loads(path.read_text())["host"]))
    with pytest.raises(DataDirBusy, match="another posterchat process"), DataDirLock(tmp_path / "data", "x"):
        pass


def test_one_object_may_be_entered_again_also_from_a_thread(tmp_path: Path) -> None:
    lock = DataDirLock(tmp_path, "posterchat serve")
    outcome: list[str] = []

    def inside() -> None:
        with lock:
            outcome.append("entered")

    with lock:
        thread = threading.Thread(target=inside)
        thread.start()
        thread.join()
        with lock:
            outcome.append("again")
        with pytest.raises(DataDirBusy), DataDirLock(tmp_path, "another object"):
            pass
    assert outcome == ["entered", "again"]
    with DataDirLock(tmp_path, "another object"):
        pass


def test_the_directory_is_made(tmp_path: Path) -> None:
    with DataDirLock(tmp_path / "a" / "b", "x"):
        assert (tmp_path / "a" / "b").is_dir()


def test_a_place_that_cannot_hold_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageFull) as error, DataDirLock(tmp_path / "file" / "data", "x"):
        pass
    assert str(tmp_path / "file" / "data") in str(error.value) and "--data-dir" in error.value.hint


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_without_permission_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StorageFull, match="[Pp]ermission"), DataDirLock(tmp_path, "x"):
        pass
    tmp_path.chmod(0o700)
