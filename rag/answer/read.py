"""Read one paper with the question: stream the model's words, check every finished sentence.

The sentence is cited to the paper that was read, by construction.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace

from rag.answer import wording
from rag.answer.abstain import not_said
from rag.answer.check import (
    Checked,
    Checker,
    brings_a_fact,
    is_echo,
    lacks_name,
    lacks_number,
    only_affirms,
    says_not_stated,
    unsure_yes_or_no,
)
from rag.answer.markup import foreign_markup, foreign_words, reveals, without_own_markers
from rag.answer.prompts import Prompts
from rag.answer.run import Run
from rag.errors import Overloaded, PromptTooLong
from rag.retrieve.evidence import EvidenceFinder
from rag.text import split_sentences
from rag.types import (
    Event,
    Generation,
    KeepsStates,
    Paper,
    Prompt,
    Sentence,
    SentenceChecked,
    SentenceDropped,
    Span,
    Token,
    Waiting,
)
from rag.types import Generator as Model

_FULL_QUEUE_S = 0.2


@dataclass(frozen=True, slots=True)
class Read:
    """What is put before the model: a paper, the prompt for the question, words of ours that open the sentence, and
    whether sentences that are only partly supported are left out. `asked` is what the prompt asks where that is not the
    user's question. With `number`, nothing is kept before a sentence that gives the number or the name which the
    question asks for, if it asks for one. Reading ends after `most` sentences. With `verify`, the model is asked
    whether the abstract says the first one, if that brings no number or name. `speaks` is the sentence of the paper
    that speaks to the question best, where that is known."""

    paper: Paper
    question: str
    tail: str = "read.tail"
    opening: str = ""
    strict: bool = False
    asked: str = ""
    number: bool = False
    most: int | None = None
    verify: bool = False
    speaks: str = ""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads papers for one collection."""

    generator: Callable[[], Model]
    finder: EvidenceFinder
    checker: Checker
    prompts: Prompts
    answer_tokens: int
    forgiving: bool = False  # keeps what is not supported, marked as such: to measure what the check brings

    def read(self, run: Run, job: Read) -> Generator[Event, None, list[Sentence]]:
        """Yields `Waiting`, `Token`, `SentenceChecked` and `SentenceDropped`; returns the sentences that were kept.

        They are added to `run.sentences` too. Stops early when `run.stop` is set.
        """
        kept: list[Sentence] = []
        for text in (yield from self._write(run, job, kept)):
            if _enough(job, kept):
                yield SentenceDropped("enough is said")  # the beginning of a sentence that is not wanted
                break
            yield from self._judge(run, job, text, kept)
        return kept

    def _write(self, run: Run, job: Read, kept: list[Sentence]) -> Generator[Event, None, list[str]]:
        """Stream the model's words, and judge every sentence when the next one has begun. Returns those that are left
        to judge: the last one, or all of them where the model itself is to be asked about them (it does one thing at
        a time)."""
        left: list[str] = []
        pending, opened = "", False
        generation = yield from self._begin(run, job, self.answer_tokens)
        if generation is None:
            return left
        try:
            for piece in generation:
                if run.stop.is_set():
                    break
                if not piece.text:
                    yield Waiting(generation.position) if generation.position else Token("")
                    continue
                run.clock("first_token_s")
                if job.opening and not opened:
                    yield Token(job.opening)
                opened = True
                pending += piece.text
                yield Token(piece.text)
                done, pending = _finished(pending)
                for text in done:
                    if job.verify:
                        left.append(text)
                    else:
                        yield from self._judge(run, job, text, kept)
                if _enough(job, kept):
                    break
        finally:
            generation.close()
            run.count_tokens(generation.prompt_tokens, generation.answer_tokens)
        whole = pending.strip() and not run.stop.is_set()
        return [*left, pending.strip()] if whole else left

    def _begin(self, run: Run, job: Read, max_tokens: int) -> Generator[Event, None, Generation | None]:
        """Queue a read. Only an answer that has not begun is turned away when the queue is full: another one waits for
        its place, with signs of life. Returns None when it was stopped meanwhile."""
        model = self.generator()
        prompt = self._fit(model, job)
        while not run.stop.is_set():
            try:
                generation = model.generate(prompt, max_tokens=max_tokens)
            except Overloaded:
                if not run.timings.prompt_tokens:
                    raise
                yield Token("")
                run.stop.wait(_FULL_QUEUE_S)
            else:
                try:
                    yield Token("")  # it has its place: a server can say now that the answer comes
                except BaseException:
                    generation.close()
                    raise
                return generation
        return None

    def has_read(self, papers: Sequence[Paper]) -> bool:
        """Whether the model has read all these papers already, so that asking about each takes moments."""
        model = self.generator()
        if not isinstance(model, KeepsStates):
            return False
        return all(model.has_read(self.prompts.about(paper.title, paper.abstract, tail="")) for paper in papers)

    def agreement(
        self, run: Run, paper: Paper, text: str, *, tail: str = "about.tail"
    ) -> Generator[Event, None, float]:
        """Yields signs of life; returns the probability (0..1) that the model says yes to a question about a text: by
        default whether the paper is what the text asks for. .5 when it says neither yes nor no."""
        said, probability = "", 0.5
        generation = yield from self._begin(run, Read(paper, text, tail=tail), 1)
        if generation is None:
            return probability
        try:
            for piece in generation:
                if run.stop.is_set():
                    break
                if not piece.text:
                    yield Waiting(generation.position) if generation.position else Token("")
                    continue
                said, probability = piece.text.strip().lower(), piece.probability
        finally:
            generation.close()
            run.count_tokens(generation.prompt_tokens, generation.answer_tokens)
        if said.startswith("yes"):
            return probability
        return 1 - probability if said.startswith("no") else 0.5

    def _judge(self, run: Run, job: Read, text: str, kept: list[Sentence]) -> Generator[Event, None, None]:
        text = without_own_markers(" ".join(text.split()), job.paper)
        affirms = only_affirms(text, job.question)
        if is_echo(text, job.question):
            yield SentenceDropped("it only repeats the question")
            return
        if says_not_stated(text, job.paper.abstract):
            yield SentenceDropped("the abstract does not state it")
            return
        if job.number and not kept and lacks_number(text, job.question):
            yield SentenceDropped("it lacks the number that was asked for")
            return
        if job.number and not kept and lacks_name(text, job.question):
            yield SentenceDropped("it lacks the name that was asked for")
            return
        paper = job.paper
        verdict = self.checker.check(text, paper, self.finder.sentences(paper), question=job.question)
        if foreign := foreign_markup(text, paper):
            yield SentenceDropped(f"the abstract does not contain {foreign}")
            return
        if made_up := foreign_words(text, paper, job.question):
            yield SentenceDropped(f"the abstract does not contain “{made_up}”")
            return
        if reveals(text, self.prompts.instructions, paper):
            yield SentenceDropped("it repeats the instructions")
            return
        if affirms and not self.forgiving and not self.checker.all_said(text, paper, self.finder.sentences(paper)):
            yield SentenceDropped("it only affirms what the abstract does not say")
            return
        unsure = unsure_yes_or_no(text, job.question, verdict, job.speaks)
        bad = unsure or verdict.support == "unsupported" or (job.strict and verdict.support == "partial")
        if bad and not self.forgiving:
            why = f"the abstract does not contain {', '.join(verdict.missing)}" if verdict.missing else "no support"
            yield SentenceDropped(why)
            return
        doubtful = job.verify and not kept and not brings_a_fact(text, job.question)
        if doubtful and not self.forgiving and not run.stop.is_set():
            agreed = yield from self.agreement(run, paper, text, tail="said.tail")
            if not_said(agreed) and not run.stop.is_set():
                if verdict.support == "partial" or wording.YES_NO_ASKED.search(job.question):
                    yield SentenceDropped("the model, asked again, does not find it in the abstract")
                    return
                verdict = replace(verdict, support="partial")
        sentence = cite(run, paper, verdict, text if kept else job.opening + text)
        kept.append(sentence)
        run.sentences.append(sentence)
        yield SentenceChecked(sentence)

    def _fit(self, model: Model, job: Read) -> Prompt:
        """The prompt, with the question shortened from the front when it does not fit the window."""
        question = job.asked or job.question
        while True:
            tail = self.prompts.fill(job.tail, question=question)
            prompt = self.prompts.about(job.paper.title, job.paper.abstract, tail=tail)
            excess = model.count_tokens(prompt) + self.answer_tokens - model.context_tokens
            if excess <= 0:
                return prompt
            if len(question) < 200:
                raise PromptTooLong(
                    f"The abstract of “{job.paper.title}” is too long for the model's window.",
                    hint="Set POSTERCHAT_CONTEXT_TOKENS higher.",
                )
            question = question[len(question) // 3 :]


def _enough(job: Read, kept: Sequence[Sentence]) -> bool:
    return job.most is not None and len(kept) >= job.most


def cite(run: Run, paper: Paper, verdict: Checked, text: str) -> Sentence:
    """A checked sentence cited to `paper` under its number in this answer."""
    n = run.number(paper)
    quotes = tuple(type(quote)(n, quote.text, quote.start, quote.end) for quote in verdict.quotes)
    return Sentence(text, (n,), verdict.support, quotes)


def _finished(pending: str) -> tuple[list[str], str]:
    """Sentences that are certainly over, and the rest: a sentence is over when another one has begun."""
    spans: Sequence[Span] = split_sentences(pending)
    if len(spans) < 2:
        return [], pending
    return [span.text for span in spans[:-1]], pending[spans[-1].start :]
