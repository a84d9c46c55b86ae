"""What was seen under load, as figures, and which promises it breaks."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from kites import Question

SLOPE_LIMIT = 1.0  # MB a minute
QUEUE_LIMIT = 16 + 1 + 8  # max_waiting, the one that runs, and those that need no model
WARM_SHARE = 0.3  # of the time: caches fill, and the slope is taken after it


@dataclass(frozen=True)
class Asked:
    """One question: its kind, the way it was asked, and when it began, had its first word, and ended."""

    kind: str
    way: str
    begun: float
    first: float | None
    ended: float


@dataclass
class Report:
    """All that was seen."""

    users: int
    seconds: float
    model: str
    asked: list[Asked] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    waits: list[int] = field(default_factory=list)
    pages: list[float] = field(default_factory=list)
    at_rest: list[float] = field(default_factory=list)
    memory: list[tuple[float, float]] = field(default_factory=list)
    running: list[int] = field(default_factory=list)
    after: Counter[int] = field(default_factory=Counter)
    cancelled: int = 0
    checked: int = 0
    log: str = ""

    def count(self, status: int) -> None:
        """One reply."""
        self.statuses[status] += 1

    def check(self, one: Question, answer: dict[str, Any]) -> None:
        """Whether an answer belongs to its question."""
        self.checked += 1
        if answer["question"] != one.text:
            self.broken.append(f"asked {one.text!r}, got the answer to {answer['question']!r}")
        if answer["refused"] or answer.get("cancelled"):
            return
        if one.says and one.says not in answer["answer"]:
            self.broken.append(f"asked {one.text!r}, was told {answer['answer'][:200]!r}")
        if one.kind in ("fact", "catalogue") and one.paper:
            wanted = one.paper.replace("kite", "Kite") + "x"
            if not any(wanted in citation["title"] for citation in answer["citations"]):
                self.broken.append(f"asked {one.text!r}, cites {[c['title'] for c in answer['citations']]}")

    def overtaken(self) -> list[int]:
        """For each fact asked as a stream, how many that came later had their first word earlier."""
        rows = [one for one in self.asked if one.kind == "fact" and one.way == "stream" and one.first is not None]
        rows.sort(key=lambda one: one.begun)
        return [
            sum(later.first < one.first for later in rows[at + 1 :] if later.begun < one.first)  # type: ignore[operator]
            for at, one in enumerate(rows)
        ]

    def slope(self) -> float:
        """Growth of the server's memory in MB a minute, by least squares, once it is warm."""
        rows = self.memory[int(WARM_SHARE * len(self.memory)) :]
        if len(rows) < 3:
            return 0.0
        mean_t = sum(t for t, _ in rows) / len(rows)
        mean_m = sum(m for _, m in rows) / len(rows)
        spread = sum((t - mean_t) ** 2 for t, _ in rows)
        return 60 * sum((t - mean_t) * (m - mean_m) for t, m in rows) / spread if spread else 0.0

    def quarters(self) -> list[float]:
        """Mean memory in MB of each quarter of the time."""
        size = max(1, len(self.memory) // 4)
        parts = [self.memory[at : at + size] for at in range(0, 4 * size, size)]
        return [round(sum(mb for _, mb in part) / len(part), 1) for part in parts if part]

    def figures(self) -> dict[str, Any]:
        """The report as JSON; `broken` names the promises that were not kept."""
        catalogue = [one.ended - one.begun for one in self.asked if one.kind == "catalogue" and one.way != "slow"]
        facts = [one for one in self.asked if one.kind == "fact" and one.way != "slow"]
        overtaken = self.overtaken()
        broken = Counter(self.broken)
        for status, times in self.statuses.items():
            if status >= 500:
                broken[f"status {status}"] += times
        if max(self.running, default=0) > QUEUE_LIMIT:
            broken[f"{max(self.running)} answers at once"] += 1
        if self.errors:
            broken[f"streams that broke off: {dict(self.errors)}"] += 1
        if self.seconds >= 300 and self.slope() > SLOPE_LIMIT:
            broken[f"memory grows by {self.slope():.2f} MB a minute"] += 1
        if "Traceback" in self.log or "ERROR" in self.log:
            broken[f"the log has errors: {self.log[-2000:]}"] += 1
        return {
            "users": self.users,
            "seconds": self.seconds,
            "model": self.model,
            "replies": sum(self.statuses.values()),
            "statuses": {str(status): times for status, times in sorted(self.statuses.items())},
            "answers_checked": self.checked,
            "cancelled": self.cancelled,
            "retry_after_s": _spread([float(wait) for wait in self.waits]),
            "fact_first_word_s": _spread([one.first - one.begun for one in facts if one.first is not None]),
            "fact_whole_s": _spread([one.ended - one.begun for one in facts]),
            "catalogue_at_rest_s": _spread(self.at_rest),
            "catalogue_under_load_s": _spread(catalogue),
            "pages_s": _spread(self.pages),
            "overtaken_by": _spread([float(count) for count in overtaken]),
            "most_answers_at_once": max(self.running, default=0),
            "memory_mb": {
                "first": round(self.memory[0][1], 1) if self.memory else None,
                "last": round(self.memory[-1][1], 1) if self.memory else None,
                "slope_per_minute": round(self.slope(), 3),
                "by_quarter": self.quarters(),
            },
            "broken": [f"{times} x {what}" for what, times in broken.most_common(20)],
        }


def _spread(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    if not ordered:
        return {}
    at = [ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in (0.5, 0.95)]
    return {"n": len(ordered), "p50": round(at[0], 3), "p95": round(at[1], 3), "max": round(ordered[-1], 3)}
