"""Reports of `posterchat eval` as tables of 80 columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from rag.serve.terminal import plain

if TYPE_CHECKING:
    from rag.evaluate.report import Metric

LONGEST = 300
_TIMES = {
    "retrieve_s": "search",
    "first_evidence_s": "first quote",
    "first_token_s": "first word",
    "total_s": "whole",
    "prompt_tokens": "read",
    "answer_tokens": "written",
}

Report = Mapping[str, Any]


def show_report(console: Console, report: Report) -> None:
    """The figures of every kind and of all: what was right, what was safe, how long it took."""
    from rag.evaluate.report import ALL, ANSWER_METRICS, SAFETY_METRICS

    groups = report["kinds"] if len(report["kinds"]) == 1 else {**report["kinds"], ALL: report[ALL]}
    console.print(_shares(groups, ANSWER_METRICS, {"n": lambda group: str(group["n"])}))
    extra = {
        "sentences": lambda group: str(group["sentences"]),
        "false numbers": lambda group: str(group["unknown_citations"]),
    }
    console.print(_shares(groups, SAFETY_METRICS, extra))
    console.print(_times(groups))
    failed = sum(row["passed"] is False for row in report["rows"])
    judged = sum(row["passed"] is not None for row in report["rows"])
    console.print(Text(f"{judged - failed} of {judged} questions passed."))


def show_failures(console: Console, report: Report) -> None:
    """Every question that did not pass: what was expected, what came, and why that is not right."""
    for row in report["rows"]:
        if row["passed"] is False:
            console.print()
            console.print(Text(plain(f"{row['id']} ({row['kind']}): {_cut(row['question'])}"), style="bold"))
            for name in ("expected", "answer", "cited", "why"):
                value = "; ".join(row[name]) if isinstance(row[name], list) else row[name]
                console.print(Text(plain(f"{name:>10}: {_cut(value) or '–'}")))


def show_comparison(console: Console, compared: Report) -> None:
    """Which questions flipped since another report, and whether that can be chance."""
    gained, lost = compared["gained"], compared["lost"]
    console.print()
    flips = f"{len(gained)} wrong → right, {len(lost)} right → wrong, {compared['same']} as before"
    console.print(Text(plain(f"Since {compared['with']}: {flips}; sign test p = {compared['p']:.3f}.")))
    if compared["left_out"]:
        console.print(Text(f"{compared['left_out']} questions are only in one of the two.", style="dim"))
    for mark, rows, style in (("+", gained, "green"), ("-", lost, "red")):
        for row in rows:
            why = "it was: " if mark == "+" else "now: "
            console.print(Text(plain(f"{mark} {row['id']} {_cut(row['question'], 100)} ({why}{row['why']})"), style))
    for moved in compared["figures"]:
        change = f"{moved['kind']} {moved['metric']}: {_share(moved['old'])} → {_share(moved['new'])}"
        console.print(Text(plain(change), style="dim"))


def show_retrieval(console: Console, result: Report) -> None:
    """Each way of ranking over all queries; the program's own by kind; and the time of a search."""
    from rag.evaluate.report import ALL
    from rag.evaluate.retrieval import PROGRAM

    ways = result[ALL]["ways"]
    console.print(_ranking("way", ways))
    if result["kinds"]:
        by_kind = {f"{kind} ({group['n']})": group["ways"][PROGRAM] for kind, group in result["kinds"].items()}
        console.print(_ranking(f"{PROGRAM}, by kind", by_kind))
    seconds = result["search_s"]
    console.print(
        Text(
            f"{result['n']} queries over {result['papers']} papers; a search takes {1000 * seconds['median']:.0f} ms "
            f"(median), {1000 * seconds['p95']:.0f} ms (95 %)."
        )
    )


def _ranking(heading: str, rows: Mapping[str, Mapping[str, Report]]) -> Table:
    measures = list(next(iter(rows.values())))
    table = _table([heading, *measures])
    for name, figures in rows.items():
        table.add_row(Text(plain(name)), *(_figure(figures[measure], places=3) for measure in measures))
    return table


def _shares(groups: Mapping[str, Report], metrics: Sequence[Metric], counts: Mapping[str, Any]) -> Table:
    shown = [metric for metric in metrics if any(metric.name in group["metrics"] for group in groups.values())]
    table = _table(["kind", *counts, *(metric.label for metric in shown)])
    for kind, group in groups.items():
        numbers = [Text(count(group)) for count in counts.values()]
        table.add_row(Text(plain(kind)), *numbers, *(_figure(group["metrics"].get(m.name)) for m in shown))
    return table


def _times(groups: Mapping[str, Report]) -> Table:
    shown = [name for name in _TIMES if any(name in group["timings"] for group in groups.values())]
    table = _table(["seconds, tokens", *(_TIMES[name] for name in shown)])
    for kind, group in groups.items():
        cells = [_spread(group["timings"].get(name), whole=name.endswith("tokens")) for name in shown]
        table.add_row(Text(plain(kind)), *cells)
    return table


def _table(headings: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="left" if place == 0 else "right", no_wrap=False)
    return table


def _figure(figure: Report | None, *, places: int = 2) -> Text:
    if not figure:
        return Text("·", style="dim")
    text = Text(_share(figure["value"], places))
    text.append(f"\n{_share(figure['low'])[:3]}–{_share(figure['high'])[:3]}", style="dim")
    return text


def _share(value: float, places: int = 2) -> str:
    """`.93`, `1.00`."""
    return f"{value:.{places}f}".removeprefix("0")


def _spread(spread: Report | None, *, whole: bool) -> Text:
    if not spread:
        return Text("·", style="dim")
    places = 0 if whole else 2
    text = Text(f"{spread['median']:.{places}f}")
    text.append(f"\np95 {spread['p95']:.{places}f}", style="dim")
    return text


def _cut(text: str, longest: int = LONGEST) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
