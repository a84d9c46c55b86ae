"""Words and sentences of scientific abstracts: pure functions, one home for all text rules.

The splitter prefers a missed boundary to a wrong one: a quote of two sentences still reads well, a torn one does not.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import accumulate

from snowballstemmer.english_stemmer import EnglishStemmer

from rag.types import Span


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


# --- sentences -----------------------------------------------------------------------------------------------

# A full stop after these never ends a sentence, whatever follows.
_NEVER = _set("e.g i.e eg ie vs cf w.r.t wrt resp approx viz ca dr mr mrs ms prof dept")
# ... and after these not when a number or a label follows ("Fig. 3", "Eq. (4)", "No. IV").
_NUMBERED = _set(
    "fig figs eq eqs eqn eqns sec secs no nos ref refs thm prop lem def tab alg app ch vol pp p art ex ver"
)
# ... and after these only when a usual first word of a sentence follows ("et al. We").
_EITHER = _set("al etc i.i.d iid inc ltd co corp jr sr st ph.d u.s u.k a.k.a a.s e.t.c est")
# Words that open sentences of abstracts: they settle what a full stop after a lone capital or an abbreviation means.
_STARTERS = _set(
    """a additionally all although an and as at based because both but by code consequently crucially current despite
    due each empirically existing experimental experiments extensive finally first following for from furthermore given
    hence here however if importantly in indeed instead interestingly intuitively inspired it its many more moreover
    most motivated nevertheless next no notably on one other our overall previous prior project recent recently results
    second secondly similarly since so source specifically such surprisingly that the their then there therefore these
    they third this those though through thus to together under unfortunately unlike using we when whereas while with
    yet"""
)

_ISE = re.compile(r"(?<=[a-z]{3})is(e|ed|es|er|ers|ing|ation|ations)$")
_IZE = re.compile(r"(?<=[a-z]{3})iz(e|ed|es|er|ers|ing|ation|ations)$")
_ABBREVIATION = re.compile(r"\b(et al|e\.?g|i\.?e|etc)\b", re.IGNORECASE)
_OUR = re.compile(r"(?<=[a-z]{3})our(s|al|ed|ing|hood|hoods)?$")
_OR = re.compile(r"(?<=[a-z]{3})or(s|al|ed|ing|hood|hoods)?$")
_STOP = re.compile(r"(?:[.!?…]+[\"'”’»)\]}$]*|[。！？]+[」』”’）]*)(\s*)")
_PARAGRAPH = re.compile(r"(?<!\s)\s*\n(?:\s*\n\s*|[ \t]*(?=[•*–-][ \t]))")
_MATH = re.compile(r"(?<!\\)\$(?=[^\s$])[^$]{0,300}?(?<=[^\s\\])\$(?!\d)")
_URL = re.compile(r"(?:https?://|www\.)\S*[^\s.,;:!?)\]}\"'”’]", re.I)
_OPENERS = "\"'“‘«([{*_•-– \t\n"
_LIST_NUMBER = re.compile(r"(?:^|[:;])\s*\(?(?:\d{1,2}|[a-zA-Z]|[ivx]{1,4})$")
_DOTTED = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]$")


def split_sentences(text: str) -> list[Span]:
    """Sentences of `text` in order. Offsets are exact; what lies between two spans is white space only."""
    spans: list[Span] = []
    for start, end in _pieces(text):
        piece = text[start:end]
        left = start + len(piece) - len(piece.lstrip())
        right = end - len(piece) + len(piece.rstrip())
        if left < right:
            spans.append(Span(text[left:right], left, right))
    return spans


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    inside = _inside(text)
    told = [0, *accumulate(char.isalnum() for char in text)]  # letters and digits before each offset
    cuts = [(m.end(), m) for m in _STOP.finditer(text)]
    cuts += [(m.end(), m) for m in _PARAGRAPH.finditer(text)]
    start = 0
    for cut, match in sorted(cuts, key=lambda pair: pair[0]):
        if cut <= start or told[start] == told[cut] or told[cut] == told[-1]:
            continue  # a piece of nothing but punctuation belongs to its neighbour
        if match.re is _PARAGRAPH or _ends(text, start, match, inside):
            yield start, cut
            start = cut
    yield start, len(text)


def _inside(text: str) -> bytearray:
    """1 for every character inside a formula, a link or a closed pair of parentheses."""
    mask = bytearray(len(text))
    spans = [match.span() for match in (*_MATH.finditer(text), *_URL.finditer(text))]
    for start, end in spans:
        mask[start:end] = b"\1" * (end - start)
    opened: list[int] = []
    for at, char in enumerate(text):
        if char == "(" and not mask[at]:
            opened.append(at)
        elif char == ")" and not mask[at] and opened:
            start = opened.pop()
            if not opened:
                mask[start : at + 1] = b"\1" * (at + 1 - start)
    return mask


def _ends(text: str, start: int, stop: re.Match[str], inside: bytearray) -> bool:
    """Whether the sentence that began at `start` ends with `stop`."""
    mark, gap, cut = text[stop.start()], stop.group(1), stop.end()
    last = stop.start(1) - 1  # the last closing mark
    if inside[last] and last + 1 < len(text) and inside[last + 1]:
        return False
    if mark in "。！？":
        return True
    sentence = text[max(start, stop.start() - 60) : stop.start()]  # its end: longer words than that do not matter
    if mark == "." and _LIST_NUMBER.search(sentence):
        return False
    following = text[cut : cut + 60].lstrip(_OPENERS)
    closed = last > stop.start() and text[last] not in ".!?…"
    word = re.search(r"[^\s(\[{\"'“‘]*$", sentence)
    before = word.group() if word else ""
    if not gap:
        return _glued(before, text[cut : cut + 60], mark)
    if mark in "!?":
        return not following[:1].islower() or (mark == "?" and not closed and bool(before))
    return _after_full_stop(before, following)


def _after_full_stop(before: str, following: str) -> bool:
    key = before if before.isupper() and len(before) > 1 else before.lower()  # the acronym MRS is not the title Mrs
    first = re.match(r"[\w$\\'’.-]*", following)
    after = first.group() if first else ""
    starter = after.rstrip(".,").lower() in _STARTERS and not after[:1].islower()
    if key in _NEVER:
        return False
    if key in _NUMBERED and (not after or not after[0].isalpha() or re.fullmatch(r"[A-Z][\d.]*|[IVX]+", after)):
        return False
    if key in _EITHER or _DOTTED.search(before) or re.fullmatch(r"[A-Za-z]|[A-Z][a-z]?-[A-Z]", before):
        return starter or (key == "etc" and after.istitle())
    if after[:1].islower():  # a name such as iGPT, t-SNE or wav2vec may open a sentence, a plain word does not
        return bool(re.match(r"[a-z]+[A-Z\d]|[a-z]-|[ivx]{1,4}\)|[a-h]\)|https?:|www\.", following))
    return True


def _glued(before: str, rest: str, mark: str) -> bool:
    """A full stop without a space after it ends a sentence in `learning.We show`, not in `Node.js` or `v2.B`."""
    word = re.match(r"([A-Z][\w-]*)(?=,|\.[A-Z]|\s)(\s[a-z(])?", rest)
    if not word or re.search(r"[./_@]", before) or re.fullmatch(r"[A-Z]", before):
        return False
    if mark in "!?" or word.group(1).lower() in _STARTERS:
        return bool(re.search(r"[\w)\]%$]$", before))
    if not re.search(r"[^\W_]{2}\W?$", before):
        return False
    if not word.group(2):
        return before.isalpha() and word.group(1).istitle() and len(word.group(1)) > 3
    return before.islower() or (word.group(1).istitle() and len(word.group(1)) > 3)


# --- words ---------------------------------------------------------------------------------------------------

STOP_WORDS = _set(
    """a about above across after again against all also although am among an and any are aren't as at be because been
    before being below between both but by can can't cannot could couldn't did didn't do does doesn't doing don't done
    down during each either else etc ever every few for from further get gets give given gives had has hasn't have
    haven't having he her here hers him his how however i if in instead into is isn't it it's its itself just let's like
    made make makes many may me might more moreover most much must my neither no nor not of off often on once one only
    onto or other others our ours out over own per please rather same several shall she should show shows since so some
    such tell than that that's the their theirs them then there therefore these they this those though through thus to
    together too toward towards under until up upon us use used uses using very via was wasn't we were weren't what
    what's when where whether which while who whom whose why will with within without won't would yet you your
    yours""".replace("'", "")
)

_ACCENT = re.compile(r"\\[\"'`^~=.]\s*\{?([a-zA-Z])\}?")
_FORMATTING = re.compile(r"\\(?:math\w*|text\w*|operatorname|emph|rm|bf|it|cal|left|right)(?![a-zA-Z])\s*")
_WORD = re.compile(r"\d+(?:[.,]\d+)*\s?%|\d+(?:[.,]\d+)+(?![^\W_])|[^\W_]+(?:-[^\W_]+)*")
_TIMES = re.compile(r"(?<![^\W_])(\d+(?:[.,]\d+)*)\s?[x×](?![^\W_])", re.I)
_DROPPED = str.maketrans(dict.fromkeys("${}_^'’‘`"))
_DASHES = str.maketrans(dict.fromkeys("‐‑−", "-"))


def words(text: str) -> list[str]:
    """Lower-cased word tokens in order, accents folded.

    `95 %` and `95\\%` are `95%`; `3,000` is `3000`; `2.1x` is `2.1` and `times`; `$L_2$` is `l2`. A compound gives its
    parts (`text-to-image` is three words) unless a part is a number or one letter that belongs to a name: `GPT-3` is
    `gpt3`, `k-means` is `kmeans`, so that spellings with and without the hyphen meet.
    """
    plain = _FORMATTING.sub("", _ACCENT.sub(r"\1", text)).replace("\\%", "%").replace("\\", " ")
    plain = unicodedata.normalize("NFKD", plain).translate(_DASHES)
    plain = "".join(char for char in plain if not unicodedata.combining(char)).lower()
    plain = re.sub(r"['’]s\b", "", plain).translate(_DROPPED)
    plain = _TIMES.sub(r"\1 times", plain)
    found: list[str] = []
    for match in _WORD.finditer(plain):
        token = match.group()
        if token[0].isdigit() and not token[-1].isalpha():
            token = re.sub(r",(?=\d{3}(?!\d))|\s", "", token)
        found += _compound(token.split("-")) if "-" in token else [token]
    return found


def _compound(parts: list[str]) -> list[str]:
    joined = parts[:1]
    for part in parts[1:]:
        left = joined[-1]
        name = part[0].isdigit() and left.isalpha()  # GPT-3, CIFAR-10
        letter = (len(left) == 1 and left.isalpha()) or (len(part) == 1 and part.isalpha() and len(left) <= 2)
        if name or letter:
            joined[-1] = left + part
        else:
            joined.append(part)
    return joined


def search_words(text: str) -> list[str]:
    """Distinct words of `text` that say something, unstemmed, in order: what the catalogue is searched with. Not
    abbreviations like `et al.` and `e.g.`: every abstract that cites has them."""
    said = _ABBREVIATION.sub(" ", text)
    return list(dict.fromkeys(word for word in words(said) if word not in STOP_WORDS))


def content_words(text: str) -> list[str]:
    """Words without `STOP_WORDS`, in American spelling, reduced to stems (Snowball English: `poisoned` and `poisoning`
    are `poison`)."""
    stem = EnglishStemmer().stemWord  # holds state while it works, so it is never shared between threads
    return [stem(american(word)) if word.isalpha() else word for word in words(text) if word not in STOP_WORDS]


def american(word: str) -> str:
    """`behavior` for `behaviour`, `quantize` for `quantise`; what is no British spelling may come out wrong, but always
    the same."""
    return _OUR.sub(r"or\1", _ISE.sub(r"iz\1", word))


def spellings(word: str) -> set[str]:
    """A word with what it may be in American and in British spelling."""
    return {word, american(word), _IZE.sub(r"is\1", word), _OR.sub(r"our\1", word)}
