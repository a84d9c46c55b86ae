"""Makes another session to measure on: 120 papers of one venue and year, and questions about them.

    python scripts/other_session.py ../shared/data/scale out --venue iclr --year 2018
    posterchat index out/papers.jsonl --collection other
    posterchat eval retrieval out/known.jsonl --collection other
    posterchat eval out/lookups.jsonl --collection other

`known.jsonl` has one-line summaries, written by the papers' authors, that each look for their paper. `lookups.jsonl`
has questions for a number or a name: the language model turns a sentence of the abstract into a question, the summary
in front says which paper is meant, and the right answer has the number or name. Nothing is chosen by what the program
finds.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

from rag.settings import Settings
from rag.text import split_sentences
from rag.types import Generator, Prompt
from rag.wiring import Library

NUMBER = re.compile(r"(?<![\w.,-])\d[\d.,]*\d(?![\w-])|(?<![\w.,-])\d+(?= ?%)")
NAME = re.compile(r"(?<![\w-])(?:[A-Z]+[a-z]+[A-Z]\w*|[A-Z]{2,}\d*(?:-\d+)?)(?![\w-])")
YEAR = re.compile(r"(19|20)\d\d$")
ASK = "Write the question that is answered by {told} in this sentence. Write the question only."


def main() -> None:
    """Write the three files."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("scale", type=Path, help="folder with abstracts_112k.jsonl.gz and known_item_dev.jsonl")
    arguments.add_argument("out", type=Path, help="folder to write to")
    arguments.add_argument("--venue", default="iclr")
    arguments.add_argument("--year", default="2018")
    arguments.add_argument("--papers", type=int, default=120)
    arguments.add_argument("--lookups", type=int, default=40)
    chosen = arguments.parse_args()
    summaries = {row["title"]: row["query"] for row in rows(chosen.scale / "known_item_dev.jsonl")}
    pool = [
        row
        for row in rows(chosen.scale / "abstracts_112k.jsonl.gz")
        if (row["venue"], row["year"]) == (chosen.venue, chosen.year)
    ]
    dice = random.Random(0)
    dice.shuffle(pool)
    pool.sort(key=lambda row: row["title"] not in summaries)  # those with a summary first
    papers = pool[: chosen.papers]
    chosen.out.mkdir(parents=True, exist_ok=True)
    write(chosen.out / "papers.jsonl", papers)
    asked = [paper for paper in papers if paper["title"] in summaries]
    write(chosen.out / "known.jsonl", [{"query": summaries[p["title"]], "title": p["title"]} for p in asked])
    with Library(Settings(), purpose="making questions") as library:
        model = library.generator()
        made = list(lookups(model, asked, summaries, chosen.lookups))
    write(chosen.out / "lookups.jsonl", made)
    print(f"{len(papers)} papers, {len(asked)} summaries, {len(made)} look-ups in {chosen.out}")


def rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a JSONL file, packed or not."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines)


def write(path: Path, made: list[dict[str, object]] | list[dict[str, str]]) -> None:
    """Write rows as JSONL."""
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in made), encoding="utf-8")


def lookups(
    model: Generator, papers: list[dict[str, str]], summaries: dict[str, str], wanted: int
) -> Iterator[dict[str, object]]:
    """Questions whose answer is a number or a name that stands once in the abstract."""
    made = 0
    for paper in papers:
        found = next(facts(paper["abstract"]), None)
        if found is None or made == wanted:
            continue
        sentence, told = found
        prompt = Prompt("You write short questions.", "", f"{sentence}\n\n{ASK.format(told=told)}")
        generation = model.generate(prompt, max_tokens=40)
        question = " ".join("".join(piece.text for piece in generation).split())
        generation.close()
        if told in question or told in summaries[paper["title"]] or not question.endswith("?"):
            continue
        made += 1
        about = summaries[paper["title"]].rstrip(". ")
        yield {
            "id": f"look{made:02d}",
            "kind": "fact",
            "question": f"About the paper that says “{about}”: {question}",
            "gold": [paper["title"]],
            "must": [[told]],
        }


def facts(abstract: str) -> Iterator[tuple[str, str]]:
    """Sentences with a number or a name that the abstract has nowhere else, numbers first."""
    for kind in (NUMBER, NAME):
        for span in split_sentences(abstract):
            for told in kind.findall(span.text):
                if abstract.count(told) == 1 and not YEAR.search(told):
                    yield span.text, told


if __name__ == "__main__":
    main()
