"""Reports of `posterchat bench` as tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

WAYS = {"recipe": "4 whole abstracts", "missing": "paper not read before", "at_hand": "paper read before"}


def show_bench(console: Console, report: Mapping[str, Any]) -> None:
    """All parts that were measured, a table or a line each."""
    if "answers" in report:
        _answers(console, report["answers"])
    if "decoding" in report and report["decoding"]["summary"]:
        _decoding(console, report["decoding"])
    if "indexing" in report:
        _indexing(console, report["indexing"])
    if "cold" in report:
        cold = report["cold"]
        figures = cold["summary"]
        console.print(
            f"A new process: first quote after {figures['quote_s']:.2f} s, first word after {figures['word_s']:.2f} s, "
            f"over after {figures['process_s']:.2f} s (medians of {cold['processes']}); a light command takes "
            f"{cold['light_command_s']:.2f} s."
        )
    if "memory" in report:
        memory = report["memory"]
        console.print(
            f"Memory: {memory['bytes'] / 1e6:.0f} MB after {memory['answers']} answers, "
            f"{memory['bytes_per_answer'] / 1e3:+.1f} kB an answer over the second half."
        )


def _answers(console: Console, part: Mapping[str, Any]) -> None:
    table = Table(title=f"Medians of {part['questions']} questions")
    for column in ("", "first quote", "95 %", "first word", "ratio", "whole answer", "ratio", "prompt tokens"):
        table.add_column(column, justify="left" if not column else "right")
    for way, values in part["summary"].items():
        table.add_row(
            WAYS[way],
            _seconds(values.get("first_quote_s")),
            _seconds(values.get("first_quote_s95")),
            _seconds(values["first_word_s"]),
            f"{values['first_word_ratio']:.3f}",
            _seconds(values["total_s"]),
            f"{values['total_ratio']:.3f}",
            f"{values['prompt_tokens']:.0f}",
        )
    console.print(table)
    beside = part["summary"].get("at_hand", {}).get("beside_model_s")
    if beside is not None:
        console.print(f"Search, evidence and checks of such an answer take {_seconds(beside)}.")


def _decoding(console: Console, part: Mapping[str, Any]) -> None:
    table = Table(title=f"Tokens a second, medians of {part['prompts']} prompts")
    for column in ("", "ours", "llama.cpp alone", "ratio"):
        table.add_column(column, justify="left" if not column else "right")
    figures = part["summary"]
    for name, text in (("read", "reading"), ("write", "writing")):
        ours, bare = (figures[f"{who}_{name}_tokens_per_s"] for who in ("ours", "bare"))
        table.add_row(text, f"{ours:.1f}", f"{bare:.1f}", f"{figures[f'{name}_ratio']:.3f}")
    console.print(table)


def _indexing(console: Console, part: Mapping[str, Any]) -> None:
    console.print(
        f"Indexing: {part['papers_per_s']:.1f} papers a second; SentenceTransformer.encode alone "
        f"{part['bare_papers_per_s']:.1f}; ratio {part['ratio']:.2f}. {part['papers']} papers unchanged: "
        f"{part['again_s']:.2f} s. On disk: {part['bytes'] / part['papers'] / 1e3:.0f} kB a paper."
    )


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f} s"


def show_scale(console: Console, report: Mapping[str, Any]) -> None:
    """One line for each size of the collection."""
    table = Table(title=f"{report['queries']} queries whose paper is known")
    for column in ("papers", "hit@1", "hit@5", "search", "95 %", "memory", "disk", "indexed in"):
        table.add_column(column, justify="right")
    for row in report["sizes"]:
        memory = row["memory_bytes"]
        table.add_row(
            f"{row['papers']:,}",
            f"{row['hit_1']:.3f}",
            f"{row['hit_5']:.3f}",
            f"{row['search_s'] * 1e3:.0f} ms",
            f"{row['search_s95'] * 1e3:.0f} ms",
            "–" if memory is None else f"{memory / 1e6:.0f} MB",
            f"{row['disk_bytes'] / 1e6:.0f} MB",
            f"{row['index_s']:.0f} s" if row["index_s"] >= 1 else "before",
        )
    console.print(table)
