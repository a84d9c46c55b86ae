"""Questions to go on with. They are made from the papers that an answer cites, in wordings that the program answers
from its records or by reading one paper, so that none leads nowhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rag.serve.ui.starters import short_title
from rag.serve.ui.turn import ShownTurn
from rag.types import Paper

MOST = 3


def follow_ups(shown: ShownTurn, topics: Mapping[str, str], asked: Iterable[str] = ()) -> tuple[str, ...]:
    """Up to three questions after a finished answer; none after a refusal or a failure. `topics` gives the label of a
    paper's topic by the paper's id; `asked` are earlier questions, which are not suggested again."""
    if shown.busy or shown.refusal or shown.problem or not shown.cited:
        return ()
    cited = set(shown.cited)
    papers = [item.paper for item in shown.evidence if item.paper.id in cited]
    before = {_plain(question) for question in (*asked, shown.question, shown.understood)}
    found = dict.fromkeys(_possible(shown, papers, topics))
    opening = _opening(shown.question)  # who asked who wrote one has been told so already
    return tuple(q for q in found if _plain(q) not in before and _opening(q) != opening)[:MOST]


def _possible(shown: ShownTurn, papers: Sequence[Paper], topics: Mapping[str, str]) -> list[str]:
    named = [(paper, name) for paper in papers if (name := short_title(paper))]
    if not named:
        return []
    first, name = named[0]
    who = [f"Who wrote “{name}”?"] if first.authors else []
    problem = [f"What problem does “{name}” address?"]
    label = topics.get(first.id, "")
    topic = [f"Which papers are about {label}?"] if names_topic(label) else []
    if shown.route == "compare":
        return [*problem, *(f"What problem does “{other}” address?" for _, other in named[1:2]), *topic, *who]
    if shown.route == "overview":
        pair = [f"How do “{name}” and “{other}” differ?" for _, other in named[1:2]]
        themes = [f"Which papers are about {theme.label}?" for theme in shown.themes if names_topic(theme.label)]
        return [*pair, *(themes[:1] or topic), *problem]
    if shown.route == "catalogue":
        return [*problem, *topic, *(f"What is “{other}” about?" for _, other in named[1:2]), *who]
    return [*who, *problem, *topic]


def names_topic(label: str) -> bool:
    """Whether a label is telling enough to be asked for: it begins with a term of several words. One made of single
    words (`transfer, related`) does not always find its own papers."""
    return " " in label.partition(",")[0].strip()


def _opening(question: str) -> list[str]:
    return _plain(question).split()[:2]


def _plain(question: str) -> str:
    return " ".join(question.casefold().split())
