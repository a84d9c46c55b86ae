"""Makes a session to measure on what is not answered: readers' questions that even the whole paper does not answer.

    python scripts/unanswerable_session.py ../shared/data out
    posterchat index out/papers.jsonl --collection unanswerable
    posterchat eval out/questions.jsonl --collection unanswerable

The questions are those of QASA (Lee et al., ICML 2023) that its annotators marked as unanswerable, for the papers whose
abstracts are in the large file; other papers of that file fill the session up. Each question names its paper by title.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
from pathlib import Path


def main() -> None:
    """Write the two files."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("data", type=Path, help="folder with abstention/ and scale/")
    arguments.add_argument("out", type=Path, help="folder to write to")
    arguments.add_argument("--papers", type=int, default=120)
    chosen = arguments.parse_args()
    asked = json.loads((chosen.data / "abstention" / "qasa_unanswerable_244.json").read_text(encoding="utf-8")).values()
    titles = {plain(row["title"]) for row in asked}
    wanted, others = [], []
    with gzip.open(chosen.data / "scale" / "abstracts_112k.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            (wanted if plain(row["title"]) in titles else others).append(row)
    random.Random(0).shuffle(others)
    papers = [*wanted, *others[: max(0, chosen.papers - len(wanted))]]
    here = {plain(row["title"]): row["title"] for row in wanted}
    questions = [
        {
            "id": f"qasa{number:03d}",
            "kind": "unanswerable",
            "question": f"In “{here[plain(row['title'])]}”: {row['question']}",
            "gold": [],
        }
        for number, row in enumerate(asked, start=1)
        if plain(row["title"]) in here
    ]
    chosen.out.mkdir(parents=True, exist_ok=True)
    for name, rows in (("papers.jsonl", papers), ("questions.jsonl", questions)):
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (chosen.out / name).write_text(text, encoding="utf-8")
    print(f"{len(papers)} papers, {len(questions)} questions in {chosen.out}")


def plain(title: str) -> str:
    """A title by its letters and digits only."""
    return re.sub(r"[^a-z0-9]", "", title.lower())


if __name__ == "__main__":
    main()
