"""People and titles that a question names: exact names, initials, accents, case, middle names, small misspellings."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile

from rapidfuzz import fuzz, process

from rag.index.rows import Record

_CLOSE_SURNAME = 82.0  # rapidfuzz ratio, 0..100: one wrong letter in a name of six
_CLOSE_FIRST = 80.0
_LETTERS = str.maketrans("łøđı", "lodi", "'’")  # letters that have no decomposition
_SMALL_WORD = 3  # letters of a word that has no plural
ADDRESSED = frozenset({"prof", "professor", "dr", "doctor", "mr", "ms", "mrs"})  # stands before a name
_LONG_NAME = 5  # shorter surnames must be spelled right
_TITLE_BEGINS = 4  # words

_GENITIVE = re.compile(r"['’`]s\b")
_TOKEN = re.compile(r"[^\W_]+")


def fold(text: str) -> list[str]:
    """Lower-case tokens of letters and digits, accents folded: `Stéphane O'Neil-Li` is stephane, oneil, li."""
    plain = _GENITIVE.sub(" ", text)
    if plain.isascii():  # as most titles and names are: three times as quick
        return _TOKEN.findall(plain.translate(_LETTERS).lower())
    plain = unicodedata.normalize("NFKD", plain)
    plain = "".join(char for char in plain if not unicodedata.combining(char)).lower()
    return _TOKEN.findall(plain.translate(_LETTERS))


@dataclass(frozen=True, slots=True)
class Person:
    """An author as spelled in the collection, and the ids of the papers, first to last."""

    name: str
    tokens: tuple[str, ...]
    papers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mention:
    """A stretch of the question (token positions) that names people. `full` means more than a surname."""

    start: int
    end: int
    people: tuple[Person, ...]
    full: bool

    @property
    def papers(self) -> tuple[str, ...]:
        """Ids of their papers."""
        return tuple(dict.fromkeys(paper for person in self.people for paper in person.papers))


class Names:
    """The people and titles of a collection."""

    def __init__(self, records: Sequence[Record]) -> None:
        papers: dict[str, list[str]] = defaultdict(list)
        for record in records:
            for name in record.authors:
                papers[name].append(record.id)
        self.people = [Person(name, tuple(fold(name)), tuple(ids)) for name, ids in papers.items() if fold(name)]
        self._by_surname: dict[str, list[Person]] = defaultdict(list)
        for person in self.people:
            self._by_surname[person.tokens[-1]].append(person)
        self._titles = [(record, " ".join(fold(record.title)), _short_names(record.title)) for record in records]
        self._add_first_parts()

    def _add_first_parts(self) -> None:
        """`Sherlock` for `Sherlock-Chat: …`, where no other title has that word."""
        first = [(short, name.partition("-")[0]) for _, _, short in self._titles for name in short if "-" in name]
        parts = [(short, part) for short, part in first if len(part) > _LONG_NAME and part[0].isupper()]
        wanted = {part.lower() for _, part in parts}
        count = Counter(word for _, title, _ in self._titles for word in wanted.intersection(title.split()))
        for short, part in parts:
            if count[part.lower()] == 1:
                short.append(part)

    def mentions(self, question: str) -> list[Mention]:
        """Stretches of the question that name authors, in order; a full name beats a bare surname. Misspelled names
        are looked for only where nothing is spelled right."""
        tokens = fold(question)
        found = self._spelled(tokens, lambda token: self._by_surname.get(token, []))
        if not found:
            found = [mention for mention in self._spelled(tokens, self._close) if mention.full]
        covered = {at for mention in found if mention.full for at in range(mention.start, mention.end)}
        return [mention for mention in found if mention.full or mention.start not in covered]

    def _spelled(self, tokens: Sequence[str], people_called: Callable[[str], Sequence[Person]]) -> list[Mention]:
        found = []
        for at, token in enumerate(tokens):
            people = people_called(token)
            full = [(p, span) for p in people if (span := _full_name(p, tokens, at)) is not None]
            if full:
                start, end = min(span[0] for _, span in full), max(span[1] for _, span in full)
                # `Ming-Wei Quill` fits the end of `Kai-Wei Quill`, who is there and is meant.
                meant = tuple(person for person, span in full if span[0] == start or span[1] > at + 1)
                found.append(Mention(start, end, meant, True))
            elif people:
                found.append(Mention(at, at + 1, tuple(people), False))
        return found

    def _close(self, token: str) -> list[Person]:
        if len(token) < _LONG_NAME:
            return []
        close = process.extract(token, self._by_surname.keys(), scorer=fuzz.ratio, limit=5, score_cutoff=_CLOSE_SURNAME)
        return [person for surname, _, _ in close for person in self._by_surname[surname]]

    def similar(self, name: str, *, limit: int = 3) -> list[str]:
        """Names of the collection that look like `name`, best first."""
        wanted = " ".join(fold(name))
        folded = {person.name: " ".join(person.tokens) for person in self.people}
        matches = process.extract(wanted, folded, scorer=fuzz.token_sort_ratio, limit=limit, score_cutoff=75)
        return [key for _, _, key in matches]

    def titles(self, question: str) -> list[Record]:
        """Papers whose title, or the name before its colon (`RvS: …`), stands in the question, in their order there."""
        plain = f" {' '.join(fold(question))} "
        found: list[tuple[int, Record]] = []
        for record, title, short in self._titles:
            places = [plain.find(f" {title} ")] if title else []
            places += [match.start() for name in short if (match := _find(name, question))]
            places = [place for place in places if place >= 0]
            if places:
                found.append((min(places), record))
        return [record for _, record in sorted(found, key=lambda pair: pair[0])]

    def begun(self, question: str) -> Record | None:
        """The paper whose title's beginning, four words at least, stands in the question, where that is one paper: for
        questions that surely are about a paper, since a title may begin with the name of a topic."""
        tokens = fold(question)
        places: dict[str, list[int]] = defaultdict(list)
        for at in range(len(tokens) - _TITLE_BEGINS + 1):
            places[" ".join(tokens[at : at + _TITLE_BEGINS])].append(at)
        found: list[tuple[int, Record]] = []
        for record, title, _ in self._titles:
            words = title.split()
            for at in places.get(" ".join(words[:_TITLE_BEGINS]), ()):
                same = takewhile(lambda pair: pair[0] == pair[1], zip(words, tokens[at:], strict=False))
                found.append((sum(1 for _ in same), record))
        most = max((length for length, _ in found), default=0)
        best = [record for length, record in found if length == most]
        return best[0] if len(best) == 1 else None

    def titles_with(self, terms: Sequence[str]) -> list[Record]:
        """Papers whose title has the words of one of `terms` in a row, in the singular or the plural; an acronym may be
        the end of a coined name (`FoldGAN` has `GAN`)."""
        wanted = [_singular(fold(term)) for term in terms]
        acronyms = [term.rstrip("s") for term in terms if term.rstrip("s").isupper() and len(term) >= _SMALL_WORD]
        inside = [re.compile(rf"(?<=[a-z]){re.escape(acronym)}(?![A-Z])") for acronym in acronyms]
        return [
            record
            for record, title, _ in self._titles
            if any(words[0] in title and _in_a_row(words, _singular(title.split())) for words in wanted if words)
            or any(pattern.search(record.title) for pattern in inside)
        ]

    def closest_title(self, text: str) -> tuple[Record, float] | None:
        """The title most like `text` and how like it is (0..100)."""
        wanted = " ".join(fold(text))
        match = process.extractOne(wanted, [title for _, title, _ in self._titles], scorer=fuzz.token_set_ratio)
        return (self._titles[match[2]][0], float(match[1])) if match else None


def _full_name(person: Person, tokens: Sequence[str], at: int) -> tuple[int, int] | None:
    """Where the name stands around its surname at `at`: first name or initial before it, or behind it."""
    first, *middle = person.tokens[:-1] or ("",)
    if not first:
        return (at, at + 1)
    by_middle = None
    for start in range(at - 1, max(-1, at - 5), -1):
        between = tokens[start + 1 : at]
        if not all(len(token) == 1 or any(_same(name, token) for name in person.tokens[:-1]) for token in between):
            break
        if _same(first, tokens[start]):
            return (start, at + 1)
        if by_middle is None and any(_same(name, tokens[start]) for name in middle if len(name) > 2):
            by_middle = (start, at + 1)
    if at + 1 < len(tokens) and tokens[at + 1] == first:
        return (at, at + 2)
    return by_middle


def _same(name: str, token: str) -> bool:
    """Whether a token of the question stands for a given name: itself, its initial, a short form, a misspelling."""
    if name == token or (len(token) == 1 and name.startswith(token)) or (len(name) == 1 and token.startswith(name)):
        return True
    if len(token) >= 3 and (name.startswith(token) or token.startswith(name)) and len(name) >= 3:
        return True
    return len(token) >= _LONG_NAME and fuzz.ratio(name, token) >= _CLOSE_FIRST


def _in_a_row(wanted: Sequence[str], words: Sequence[str]) -> bool:
    return any(words[at : at + len(wanted)] == wanted for at in range(len(words)))


def _singular(words: Sequence[str]) -> list[str]:
    return [word[:-1] if len(word) > _SMALL_WORD and word[-1] == "s" != word[-2] else word for word in words]


def _find(name: str, question: str) -> re.Match[str] | None:
    """A name as titles spell it. One with capitals inside (`FoldNet`) is no word in lower case either."""
    if name.lower() not in question.lower():  # a pattern for each of 100,000 titles would take seconds
        return None
    coined = len(name) >= _LONG_NAME and not name.isupper() and any(letter.isupper() for letter in name[1:])
    flags = re.IGNORECASE if coined and " " not in name else 0
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", question, flags)


def _short_names(title: str) -> list[str]:
    """`RvS` of `RvS: What is …`, `Paper Boat` of `Paper Boat: A …`: a name before the colon, as it is spelled."""
    before, colon, _ = title.partition(":")
    name = before.strip()
    words = name.split()
    coined = len(words) == 1 and (sum(c.isupper() for c in name) >= 2 or any(c.isdigit() for c in name))
    several = 2 <= len(words) <= 3 and all(word[0].isupper() for word in words)
    return [name] if colon and (coined or several) else []


def person_named(question: str) -> str | None:
    """A name that the question gives as an author's, by its wording (`papers by Ada Quill`), as it is spelled there."""
    spelled = r"((?:[A-Z][\w.'’-]*\s+){1,3}[A-Z][\w'’-]+)"
    patterns: Iterable[str] = (
        r"\b(?:papers?|works?|posters?|articles?|publications?|anything|something|one|written|authored)"
        rf" (?:\w+ )?(?:by|from|of)\s+{spelled}",
        rf"\b{spelled}['’]s? (?:\w+ ){{0,2}}(?:papers?|works?|posters?)\b",
        rf"\b(?:did|does|do) {spelled} (?:\w+ )?(?:co-?author|write|publish|present|contribute|have|show|bring)",
        rf"\b(?:with|has|have) {spelled} (?:as|among|on)\b",
        rf"\bauthor(?:ed by)? {spelled}",
    )
    for pattern in patterns:
        match = re.search(pattern, question)
        if match:
            words = re.sub(r"['’]s$", "", match.group(1)).split()
            words = words[words[0].rstrip(".").lower() in ADDRESSED :]
            return " ".join(words) if len(words) > 1 else None
    return None
