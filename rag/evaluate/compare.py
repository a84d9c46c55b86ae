"""Two reports over the same questions → which of them flipped, and whether that can be chance."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rag.errors import InputError
from rag.evaluate.questions import Row, key
from rag.evaluate.report import ALL, FORM
from rag.evaluate.stats import sign_test

SMALLEST_CHANGE = 0.005


def load_report(path: Path) -> Row:
    """A report that `posterchat eval --json` wrote. Raises InputError when the file is none."""
    try:
        report = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.", hint="Check the file's name.") from error
    except (ValueError, RecursionError):
        report = None
    if not isinstance(report, dict) or report.get("form") != FORM or not isinstance(report.get("rows"), list):
        raise InputError(
            f"{path} is no report of this version of posterchat.", hint="Make one: posterchat eval FILE --json OUT"
        )
    return report


def compare(old: Row, new: Row) -> Row:
    """What changed from `old` to `new`, over the questions that both asked in the same words: `gained` and `lost`
    (rows that flipped to passed and to not passed, as `{id, kind, question, why}`), `same`, the p of the sign test,
    `left_out` (questions of only one of them), and `figures` (`{kind, metric, old, new}`) that moved, for the kinds of
    which both asked the same questions."""
    before, after = _by_question(old), _by_question(new)
    both = [identity for identity in after if identity in before]
    gained, lost = [], []
    for identity in both:
        was, now = before[identity], after[identity]
        if now["passed"] and not was["passed"]:
            gained.append(_flip(now, was["why"]))
        elif was["passed"] and not now["passed"]:
            lost.append(_flip(now, now["why"]))
    return {
        "gained": gained,
        "lost": lost,
        "same": len(both) - len(gained) - len(lost),
        "p": sign_test(len(gained), len(lost)),
        "left_out": len(before.keys() ^ after.keys()),
        "figures": _moved(old, new),
    }


def _by_question(report: Row) -> dict[tuple[str, str], Row]:
    return {(key(row["id"]), row["question"]): row for row in report["rows"] if row["passed"] is not None}


def _flip(row: Row, why: str) -> Row:
    return {"id": row["id"], "kind": row["kind"], "question": row["question"], "why": why}


def _moved(old: Row, new: Row) -> list[dict[str, Any]]:
    moved = []
    for kind in (*new["kinds"], ALL):
        if _asked(old, kind) != _asked(new, kind):
            continue
        before = _group(old, kind)
        for name, figure in _group(new, kind).items():
            if name in before and abs(figure["value"] - before[name]["value"]) >= SMALLEST_CHANGE:
                moved.append({"kind": kind, "metric": name, "old": before[name]["value"], "new": figure["value"]})
    return moved


def _asked(report: Row, kind: str) -> set[tuple[str, str]]:
    return {(key(row["id"]), row["question"]) for row in report["rows"] if kind in (ALL, row["kind"])}


def _group(report: Row, kind: str) -> dict[str, Any]:
    group = report[ALL] if kind == ALL else report["kinds"].get(kind, {})
    return dict(group.get("metrics", {}))
