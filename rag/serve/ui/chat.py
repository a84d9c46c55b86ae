"""What the page's controls do: questions in, pieces of HTML out. Knows nothing of Gradio and decides no answer."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rag.errors import PosterchatError, UsageError
from rag.serve.ui import cards, history, render, scope
from rag.serve.ui.browse import Browse, Wish
from rag.serve.ui.running import Running
from rag.serve.ui.starters import starter_questions
from rag.serve.ui.suggest import follow_ups
from rag.serve.ui.turn import ShownTurn
from rag.types import CollectionInfo, Event, Token

if TYPE_CHECKING:
    from rag.wiring import Library

LONGEST_QUESTION = 2000
UPDATE_S = 0.1
LEAST_PIECES = 5

log = logging.getLogger(__name__)


class Pace:
    """How quick the model writes: pieces that follow one another without anything between them."""

    def __init__(self) -> None:
        self._last: float | None = None
        self._pieces = 0
        self._seconds = 0.0

    def see(self, event: Event, now: float) -> None:
        """Take note of an event that came at `now`, in seconds."""
        written = isinstance(event, Token) and event.text != ""
        if written and self._last is not None:
            self._pieces += 1
            self._seconds += now - self._last
        self._last = now if written else None

    @property
    def speed(self) -> float | None:
        """Tokens a second; None when too few were written to tell."""
        return round(self._pieces / self._seconds, 1) if self._pieces >= LEAST_PIECES and self._seconds else None


class Chat:
    """What the page's controls do. Every update is a dictionary from component to new value."""

    def __init__(self, library: Library, running: Running, *, collection: str) -> None:
        self.library = library
        self.running = running
        self.collection = collection
        self.model = library.settings.llm_shown
        self.browse = Browse(library)

    @property
    def infos(self) -> dict[str, CollectionInfo]:
        """What is known of each collection, by name; more of them come while the page is open."""
        return {info.name: info for info in self.library.collections()}

    # --- what is shown ---

    def header(self, collection: str) -> str:
        """The head of the page for a collection."""
        state = "ready" if all(self.library.loaded()) else "loading"
        return render.header(
            collection=collection,
            papers=self._papers(collection),
            model=self.model,
            state=state,
            device=self.device(),
        )

    def device(self) -> str:
        """What the language model runs on, such as `CPU`; empty while it is not loaded, or where it does not say."""
        return str(getattr(self.library.generator(), "device", "")) if self.library.loaded()[1] else ""

    def welcome(self, collection: str) -> str:
        """The empty chat of a collection."""
        papers = self.library.papers(collection) if collection in self.infos else []
        return render.welcome(len(papers), starter_questions(papers))

    def _papers(self, collection: str) -> int:
        info = self.infos.get(collection)
        return info.papers if info else 0

    def _empty(self, collection: str) -> dict[str, Any]:
        return {
            "past": "",
            "current": self.welcome(collection),
            "status": render.status(None),
            "earlier": "",
            "evidence": cards.evidence(None),
            "turns": (),
            "saved": history.keep(collection, ()),
        }

    # --- what the controls do ---

    def answer(
        self,
        question: str,
        turns: Sequence[ShownTurn],
        collection: str,
        tab: str,
        *,
        again: int | None = None,
        limit: str = "",
    ) -> Iterator[dict[str, Any]]:
        """Updates of the page while a question is answered; the last one always says that it is over. `again` is the
        number of the turn whose place it takes; that turn and those after it are forgotten. `limit` is the filter, as
        `scope.read` takes it."""
        question = question.strip()
        if again is not None:
            turns = turns[: max(0, again - 1)]
        with self.running.begin(tab) as run:
            if run is None or not question:
                yield {}  # a generator that yields nothing would make Gradio empty the page
                return
            last = ShownTurn(len(turns) + 1, question)
            yield {
                "past": "".join(render.turn(turn) for turn in turns),
                "earlier": cards.earlier(turns),
                "question": "",
                **self._shown(last, 0),
            }
            for shown, seconds in self._follow(last, turns, collection, run.stop, scope.read(limit)):
                if run.discarded.is_set():
                    yield {}
                    return
                update = self._shown(shown, seconds, before=last)
                yield update if shown.busy else {**update, **self._finished(shown, turns, collection)}
                last = shown

    def _finished(self, shown: ShownTurn, turns: Sequence[ShownTurn], collection: str) -> dict[str, Any]:
        every = (*turns, shown)
        return {
            "current": self._last(every, collection),
            "turns": every,
            "saved": history.keep(collection, every),
        }

    def _last(self, turns: Sequence[ShownTurn], collection: str) -> str:
        """The newest turn, with questions to go on with."""
        labels: dict[str, str] = {}
        with suppress(PosterchatError):  # the answer may say itself what is wrong with the collection
            labels = self.browse.contents(collection).labels()
        asked = [turn.question for turn in turns]
        return render.turn(turns[-1], follow_ups=follow_ups(turns[-1], labels, asked))

    def _follow(
        self, shown: ShownTurn, turns: Sequence[ShownTurn], collection: str, stop: threading.Event, wish: Wish
    ) -> Iterator[tuple[ShownTurn, int]]:
        """The turn after each event that is worth an update, with the seconds since it began."""
        begun = sent = time.monotonic()
        stream = None
        try:
            history = [turn.as_history() for turn in turns]
            if len(shown.question) > LONGEST_QUESTION:
                raise UsageError(
                    f"The question is longer than {LONGEST_QUESTION:,} characters.", hint="Shorten it and ask again."
                )
            only = self.browse.chosen(collection, wish)
            if only is None:
                assistant = self.library.assistant(collection)
            else:
                shown = replace(shown, scope=scope.told(wish, len(only), self.browse.contents(collection)))
                if not only:
                    raise UsageError("No paper fits the filter.", hint="Widen it, or ask all papers.")
                assistant = self.library.assistant(collection, only=only)
            stream = assistant.ask(shown.question, history, stop=stop)
            pace = Pace()
            for event in stream:
                shown, now = shown.after(event), time.monotonic()
                pace.see(event, now)
                if isinstance(event, Token) and now - sent < UPDATE_S:
                    continue
                sent = now
                shown = shown if shown.busy else replace(shown, speed=pace.speed)
                yield shown, int(now - begun)
            if shown.busy:
                yield shown.cut(), 0
        except PosterchatError as error:
            yield shown.failed(str(error), error.hint), 0
        except Exception:  # whatever it was, the page must not wait for ever
            log.exception("an answer failed")
            hint = "Ask again. Details are in the terminal that runs posterchat."
            yield shown.failed("Something went wrong inside posterchat while it wrote this answer.", hint), 0
        finally:
            if stream is not None:
                stream.close()  # type: ignore[attr-defined]

    def _shown(self, shown: ShownTurn, seconds: int, *, before: ShownTurn | None = None) -> dict[str, Any]:
        update = {"current": render.turn(shown), "status": render.status(shown, seconds)}
        if before is None or (before.evidence, before.sentences, before.busy) != (
            shown.evidence,
            shown.sentences,
            shown.busy,
        ):
            update["evidence"] = cards.evidence(shown)
        return update

    def draft(self, question: str, turns: Sequence[ShownTurn], collection: str, limit: str = "") -> None:
        """Have read ahead what a question that is still being typed will need."""
        if not question.strip() or len(question) > LONGEST_QUESTION:
            return
        with suppress(PosterchatError):  # what is wrong is told when the question is asked
            only = self.browse.chosen(collection, scope.read(limit))
            more: dict[str, Any] = {} if only is None else {"only": only}
            self.library.prepare(question, collection, [turn.as_history() for turn in turns], **more)

    def new_chat(self, collection: str, tab: str) -> dict[str, Any]:
        """Forget the conversation; an answer on its way is ended."""
        self.running.discard(tab)
        return self._empty(collection)

    def restore(self, stored: Any, tab: str, wanted: str = "") -> dict[str, Any]:
        """The conversation that the browser kept, and its collection; nothing when it kept none that can be read. The
        collection `wanted`, if it is there, begins a conversation of its own."""
        names = list(self.infos)
        kept = history.read(stored)
        unknown = kept is None or kept.collection not in names
        if unknown and wanted not in names and names and self.collection not in names:
            wanted = names[0]  # the first one was added while there was none
        if wanted in names:
            return {**self.choose(wanted, tab), "chosen": wanted}
        if kept is None or unknown:
            return {}
        turns = history.restore(kept, self.browse.contents(kept.collection).papers)
        return {
            "chosen": kept.collection,
            "header": self.header(kept.collection),
            **self.shown(turns, kept.collection),
            "turns": turns,
        }

    def shown(self, turns: Sequence[ShownTurn], collection: str) -> dict[str, Any]:
        """The parts of the page that show a conversation of finished turns."""
        return {
            "past": "".join(render.turn(turn) for turn in turns[:-1]),
            "current": self._last(turns, collection) if turns else self.welcome(collection),
            "earlier": cards.earlier(turns[:-1]),
            "evidence": cards.evidence(turns[-1] if turns else None),
        }

    def choose(self, collection: str, tab: str) -> dict[str, Any]:
        """Begin anew with another collection."""
        return {**self.new_chat(collection, tab), "header": self.header(collection)}
