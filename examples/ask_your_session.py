"""Ask a conference session from Python: index a file, search it, ask it, export what was cited.

    python examples/ask_your_session.py [FILE]

Without FILE the sample session that comes with posterchat is used. The models must be here (`make setup`).
"""

import sys
from pathlib import Path

from rag import open_collection, turn
from rag.resources import resource
from rag.serve.export import export_answers
from rag.types import SentenceChecked

source = Path(sys.argv[1]) if len(sys.argv) > 1 else resource("sample/iclr2022_poster_session_8.jsonl")

with open_collection("example") as session:
    # 1. Index. A second run finds that nothing has changed.
    report = session.index(source)
    print(f"{report.total} papers: {report.added} added, {report.unchanged} unchanged")

    # 2. Search: papers, best first, without the language model.
    hits = session.search(session.papers[0].title, limit=3)
    for hit in hits:
        print(f"{hit.score:.2f}  {hit.paper.title}")

    # 3. Ask. Every sentence carries the numbers of the papers that it was checked against.
    first = session.ask(f"What is “{hits[0].paper.title}” about?")
    print(first.text)
    for citation in first.citations:
        print(f"[{citation.n}] {citation.title}")

    # 4. Ask on, and watch the answer being made.
    for event in session.stream("Who wrote it?", [turn(first)]):
        if isinstance(event, SentenceChecked):
            print(event.sentence.marked)

    # 5. Keep what was cited.
    print(export_answers([first], "bibtex", {paper.id: paper for paper in session.papers}))
