"""What readers thought of answers: kept in one file of the data directory, sent nowhere."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from rag.errors import StorageFull
from rag.types import Answer

FILE = "feedback.jsonl"
LONGEST_WORD = 1000
Verdict = Literal["up", "down"]


def feedback_path(data_dir: Path) -> Path:
    """Where it is kept."""
    return data_dir / FILE


def add_feedback(data_dir: Path, answer: Answer, verdict: Verdict, word: str = "", *, scope: str = "") -> None:
    """Keep a verdict on an answer, with a word of the reader's if there is one. A later verdict on the same answer is
    a line of its own. Raises StorageFull when it cannot be written."""
    line = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "verdict": verdict,
        "word": " ".join(word.split())[:LONGEST_WORD],
        "question": answer.question,
        "collection": answer.collection,
        **({"scope": scope} if scope else {}),
        "route": answer.route,
        "refused": answer.refused,
        "answer": answer.text or answer.reason or "",
        "cited": [citation.paper_id for citation in answer.citations],
        "model": answer.model,
        "index": answer.index,
    }
    path = feedback_path(data_dir)
    try:
        # One write to a file opened for appending: two tabs never mix their lines, and others may not read it.
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            file.write(json.dumps(line).encode() + b"\n")
    except OSError as error:
        raise StorageFull(f"{path} cannot be written: {error.strerror}.", hint="Make room there.") from error


def read_feedback(data_dir: Path) -> Iterator[dict[str, Any]]:
    """Every verdict, oldest first; a line that is damaged is left out."""
    try:
        with feedback_path(data_dir).open(encoding="utf-8", errors="replace") as file:
            for text in file:
                try:
                    line = json.loads(text)
                except ValueError:
                    continue
                if isinstance(line, dict):
                    yield line
    except FileNotFoundError:
        return
