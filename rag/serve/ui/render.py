"""What the page shows, as HTML text. Everything that comes from papers, models or users is escaped here."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from rag.serve.ui import answer, formulas, pieces
from rag.serve.ui.copytext import as_text
from rag.serve.ui.turn import ShownTurn, count
from rag.types import Coverage

KEYS = (
    ("<kbd>Enter</kbd>", "send the question"),
    ("<kbd>Shift</kbd> <kbd>Enter</kbd>", "begin a new line"),
    ("<kbd>↑</kbd> in the empty box", "edit the last question"),
    ("<kbd>Esc</kbd>", "stop the answer; leave editing; go back from a card"),
    ("<kbd>Ctrl</kbd> <kbd>/</kbd>", "go to the question box"),
    ("<kbd>Alt</kbd> <kbd>Shift</kbd> <kbd>S</kbd>", "go to the sources of the last answer"),
    ("<kbd>Alt</kbd> <kbd>Shift</kbd> <kbd>R</kbd>", "ask the last question again"),
    ("<kbd>Alt</kbd> <kbd>Shift</kbd> <kbd>C</kbd>", "copy the last answer"),
    ("<kbd>Alt</kbd> <kbd>Shift</kbd> <kbd>N</kbd>", "new chat"),
)


def turn(shown: ShownTurn, *, follow_ups: Sequence[str] = ()) -> str:
    """A question with its answer, as far as it has come; `follow_ups` are questions to go on with."""
    understood = f'<p class="understood">read as: {escape(shown.understood)}</p>' if shown.understood else ""
    understood += f'<p class="understood">{escape(shown.scope)}</p>' if shown.scope else ""
    parts = [answer.body(shown), _others(shown), _refusal(shown), _problem(shown), _foot(shown), _next(follow_ups)]
    return (
        f'<article class="turn" data-turn="{shown.number}" aria-label="Question {shown.number}">'
        f'<h3 class="question" dir="auto">{escape(shown.question)}</h3>{understood}'
        f'<div class="answer" dir="auto">{"".join(parts)}</div></article>'
    )


def _others(shown: ShownTurn) -> str:
    """The papers that matched but are not shown, to unfold."""
    if not shown.others:
        return ""
    rows = "".join(f"<li>{pieces.about(other.title)}</li>" for other in shown.others)
    rest = "other paper" if len(shown.others) == 1 else f"{len(shown.others):,} more papers"
    return f'<details class="others"><summary>Show the {rest}</summary><ul class="asks">{rows}</ul></details>'


def _refusal(shown: ShownTurn) -> str:
    if not shown.refusal:
        return ""
    rows = "".join(f"<li>{pieces.about(title)}</li>" for title in shown.nearest)
    near = f'<p class="near">Ask about one of the nearest papers:</p><ul class="asks">{rows}</ul>' if rows else ""
    if shown.scope:
        near += f"<p>{pieces.ask('Ask all papers instead', shown.question, kind='ask everything')}</p>"
    return f'<div class="refusal"><p>{formulas.html(shown.refusal)}</p>{near}</div>'


def _problem(shown: ShownTurn) -> str:
    note = f'<p class="note">{formulas.html(shown.note)}</p>' if shown.note else ""
    return note + (failure(shown.problem, shown.hint) if shown.problem else "")


def failure(problem: str, hint: str) -> str:
    """What went wrong, in one sentence, and what to do."""
    said = f'<p class="hint">{escape(hint)}</p>' if hint else ""
    return f'<div class="problem" role="alert"><p>{escape(problem)}</p>{said}</div>'


def _foot(shown: ShownTurn) -> str:
    """What was searched, and what can be done with a finished turn."""
    if shown.busy:
        return ""
    line = ""
    if shown.coverage is not None and shown.coverage.read:
        taken = f" · {shown.seconds:.1f} s" if shown.seconds is not None else ""
        line = f'<p class="coverage">{coverage_line(shown.coverage)}{taken}{_speed(shown)}</p>'
    again = "Ask again" if shown.problem or shown.stopped or not shown.sentences else "Retry"
    buttons = (
        ("retry", again, f"{again}: {shown.question}", ""),
        ("edit", "Edit", f"Edit the question: {shown.question}", ""),
        ("copy", "Copy", "Copy the answer with its references", f' data-copy="{escape(as_text(shown))}"'),
        ("link", "Link", "Copy a link that asks this question", ""),
        ("save", "Export", "Export the answer", ' aria-haspopup="dialog"'),
        ("undo", "Undo", "Take back this question and its answer", ""),
    )
    made = "".join(
        f'<button type="button" class="act {kind}" data-turn="{shown.number}" data-asked="{escape(shown.question)}"'
        f' aria-label="{escape(name)}"{more}>{label}</button>'
        for kind, label, name, more in buttons
    )
    thumbs = "".join(
        f'<button type="button" class="act judge" data-turn="{shown.number}" data-verdict="{verdict}"'
        f' aria-pressed="{str(shown.verdict == verdict).lower()}" aria-label="{name}" title="{name}"></button>'
        for verdict, name in (("up", "Good answer"), ("down", "Bad answer"))
    )
    acts = f'{made}<span class="thumbs">{thumbs}</span>'
    return f'<div class="foot">{line}<div class="acts" role="group" aria-label="This answer">{acts}</div></div>'


def _speed(shown: ShownTurn) -> str:
    """` · 9 tokens/s`, where the model wrote long enough to tell."""
    return f" · {shown.speed:.0f} tokens/s" if shown.speed else ""


def _next(questions: Sequence[str]) -> str:
    if not questions:
        return ""
    rows = "".join(f"<li>{pieces.ask(question, question)}</li>" for question in questions)
    return f'<div class="next"><p class="near">Ask next</p><ul class="asks">{rows}</ul></div>'


def coverage_line(coverage: Coverage) -> str:
    """`searched 116 papers · 3 relevant · 1 cited`."""
    return f"searched {count(coverage.read, 'paper')} · {coverage.matched:,} relevant · {coverage.cited:,} cited"


def status(shown: ShownTurn | None, seconds: int = 0) -> str:
    """The status line. Only the text is announced to screen readers; the seconds that pass are not."""
    if shown is None:
        return '<div class="status" role="status" aria-live="polite" data-busy="false"><span></span></div>'
    waited = f'<span class="waited" aria-hidden="true">{seconds} s</span>' if shown.busy and seconds >= 2 else ""
    dots = '<span class="dots" aria-hidden="true"></span>' if shown.busy else ""
    return (
        f'<div class="status" role="status" aria-live="polite" data-busy="{str(shown.busy).lower()}">'
        f"<span>{escape(shown.status)}</span>{dots}{waited}</div>"
    )


def welcome(papers: int, questions: Sequence[str]) -> str:
    """What stands in the chat before the first question."""
    if not papers:
        return (
            '<div class="welcome"><h2>No papers are indexed yet.</h2>'
            '<p><a href="#add">Add the saved page of a session</a>, or run <code>posterchat index FILE</code> in a'
            " terminal and start this page again.</p></div>"
        )
    rows = "".join(f"<li>{pieces.ask(question, question)}</li>" for question in questions)
    return (
        f'<div class="welcome"><h2>Ask about {"this paper" if papers == 1 else f"these {papers:,} papers"}</h2>'
        "<p>Every sentence of an answer names the paper that it comes from. "
        f'Select a number to see the sentence that proves it.</p><ul class="asks">{rows}</ul></div>'
    )


def header(*, collection: str, papers: int, model: str, state: str, device: str = "") -> str:
    """The head of the page. `state` is `ready`, `loading` or a sentence that says why there is no model; `device` is
    what the model runs on, where that is known."""
    words = {"ready": "", "loading": "loading the model…"}.get(state, state)
    return (
        f'<header class="head" data-collection="{escape(collection)}"><h1>posterchat</h1>'
        f'<p class="facts"><span class="collection">{escape(collection)}</span>'
        f"<span>{count(papers, 'paper')}</span>"
        f'<span class="model">{escape(model)}<span class="device">{escape(device and f" on {device}")}</span></span>'
        f'<span class="model-state" role="status" data-state="{escape(state)}">{escape(words)}</span>'
        '<span class="badge" title="Questions and answers stay on the machine that serves this page.">offline</span>'
        "</p></header>"
    )


def navigation() -> str:
    """The views of the page. Page code marks the one in view."""
    links = (("#chat", "Chat"), ("#papers", "Papers"), ("#topics", "Topics"), ("#add", "Add"))
    made = "".join(f'<a href="{href}" data-view="{href[1:]}">{name}</a>' for href, name in links)
    return f'<nav class="views" aria-label="Views">{made}</nav>'


def legend() -> str:
    """What the marks after sentences mean, and the keys."""
    short = {"supported": "supported", "partial": "partly supported", "unsupported": "not found in the abstract"}
    marks = answer.MARKS.items()
    rows = " ".join(f'<li class="{key}"><b>{icon}</b> {short[key]}</li>' for key, (icon, _) in marks)
    keys = "".join(f"<dt>{keys}</dt><dd>{does}</dd>" for keys, does in KEYS)
    return (
        f'<div class="under"><ul class="legend" aria-label="Marks after sentences">{rows}</ul>'
        '<span class="under-acts"><button type="button" class="save-all" aria-haspopup="dialog">Export chat</button>'
        '<button type="button" class="keys-open" aria-haspopup="dialog">Keyboard shortcuts</button></span></div>'
        '<dialog id="pc-keys" aria-labelledby="pc-keys-title"><h2 id="pc-keys-title">Keyboard shortcuts</h2>'
        f'<dl>{keys}</dl><button type="button" class="keys-close">Close</button></dialog>{saving()}'
    )


def filter_bar() -> str:
    """The line over the question box that says which papers are asked, and the dialog behind it; page code fills
    both."""
    return (
        '<div id="pc-scope-bar" role="group" aria-label="Papers that are asked"></div>'
        '<dialog id="pc-filter" aria-labelledby="pc-filter-title"><form method="dialog"></form></dialog>'
    )


def saving() -> str:
    """The dialogs for files and for a word on an answer."""
    forms = (
        ("markdown", "Markdown", "with numbered references"),
        ("bibtex", "BibTeX", "the cited papers only"),
        ("json", "JSON", "everything, to be replayed"),
    )
    rows = "".join(
        f'<li><button type="button" class="ask as-file" data-form="{form}"><b>{name}</b> {what}</button></li>'
        for form, name, what in forms
    )
    return (
        '<dialog id="pc-save" aria-labelledby="pc-save-title"><h2 id="pc-save-title">Export</h2>'
        f'<ul class="asks">{rows}</ul><p class="dialog-acts"><button type="button" class="dialog-close">Close</button>'
        '</p></dialog><dialog id="pc-judge" aria-labelledby="pc-judge-title"><form method="dialog">'
        '<h2 id="pc-judge-title">Good answer</h2><label>A word about it, if you like<input name="word" maxlength="500"'
        ' autocomplete="off"></label><p class="lead">It is kept on this machine; <code>posterchat feedback</code> shows'
        ' it.</p><p class="dialog-acts"><button type="submit" class="main-act">Keep</button>'
        '<button type="button" class="dialog-close">Cancel</button></p></form></dialog>'
    )


def editing() -> str:
    """The line over the question box while an earlier question is edited; page code fills and shows it."""
    return (
        '<p id="pc-editing" hidden><span></span> <button type="button" class="edit-cancel">Cancel</button></p>'
        '<div id="pc-said" class="only-heard" role="log" aria-live="polite" aria-label="Answer"></div>'
        '<div id="pc-told" class="only-heard" role="status" aria-live="polite"></div>'
    )
