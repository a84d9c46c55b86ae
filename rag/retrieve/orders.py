"""Sentences of an abstract that give orders to a machine which reads them. An abstract tells of a paper; what tells an
assistant to say something is there to be obeyed, so it is neither put before the model nor taken as support.

The wording is general and the list cannot be complete: an order in words that are not here is text like any other, and
what a model then writes is held against the rest of the abstract as always. How many it knows, and how many ordinary
sentences it takes for orders: docs/reliability.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from rag.text import split_sentences
from rag.types import Paper, Span


def _pattern(text: str, flags: int = re.IGNORECASE) -> re.Pattern[str]:
    return re.compile(text, flags | re.VERBOSE)


# The beginning of a clause, where English has its imperatives.
_START = r"(?: ^ | [.:;!?>\]\#*\"'“”»—–]\s* | \s-\s* | [,]\s*(?:and\s)? | \b(?:please|now|then)\s+ )"
_MACHINE = r"""(?: ais? | a\.i\. | llms? | (?:large\s)?language\smodels? | (?:ai\s)?assistants? | chat-?\s?bots? | bots?
    | (?:chat)?gpt\w* )"""
_SAY = r"(?: say | reply | respond | answer | output | write | print | repeat | state | echo | recite | translate )"

_TAGS = r"(?:system|abstract|paper|instructions?|user|assistant|prompt|context|document|think|tool_\w+)"
_TAG = _pattern(rf"</?{_TAGS}\s?/?>")
_BLOCK = _pattern(
    r"<(system|instructions?|prompt|assistant|think)\s?> .*? </\1\s?> | \{ [^{}]* [\"']role[\"'] \s*: [^{}]* \}",
    re.IGNORECASE | re.DOTALL,
)
_ORDERS = (
    # Forget what you were told.
    _pattern(
        rf"""(?:{_START} | \byou(?:\s\w+)?\sto\s+ | (?<=[a-z]\s)(?-i:(?=[IDFO][a-z])))
        (?:ignore|disregard|forget|override|bypass|discard|drop|set\saside|stop\sfollowing)\b .{{0,60}}?
        \b(?: instruct\w* | prompts? | rules | guidelines | directions | (?:the|this)\s(?:paper|abstract)\b
            | (?:all|everything|anything)\s(?:of\s)?(?:the\s)?(?:above|before|previous|prior|earlier|else|you\s) )"""
    ),
    # You, machine.
    _pattern(
        rf"""\b(?:note|message|attention[,:]|dear|hey|hello|hi|reminder|notice|warning|memo)\b [\s,:;!-]{{1,3}}
        (?:for|to|all)?\s*(?:all|any|the|every|our)?\s*{_MACHINE}\b (?!\s*(?:is|are|was|were|can|to\sfollow)\b)"""
    ),
    _pattern(
        rf"\b(?:if|when|since|because|as)\s(?:you|u)\s(?:are|'re)\s(?:an?|the|reading|processing)?\s*{_MACHINE}\b"
    ),
    _pattern(r"\byou\s?(?:are|'re|’re)\s(?:now|no\slonger|henceforth)\b | \b(?:from\snow\son|henceforth),?\syou\b"),
    _pattern(rf"\b(?:act|behave|pose)\sas\s(?:an?|the|if\syou)\b .{{0,30}}(?:\b{_MACHINE}\b|\bno\srules|\byou\b)"),
    # Say this.
    _pattern(
        rf"""\b(?:the|any?|every|this)\s{_MACHINE}\s(?:must|should|shall|has\sto|needs?\sto|will|is\sto)
        \s(?:now\s|only\s|always\s)?{_SAY}\b"""
    ),
    _pattern(
        rf"""\byou\s(?:must|should|shall|will|have\sto|need\sto|are\s(?:to|asked\sto|required\sto|instructed\sto))
        \s(?:now\s|only\s|always\s|then\s)?{_SAY}\b"""
    ),
    _pattern(
        rf"""{_START}(?:only\s)?{_SAY}\s(?:back\s)?(?: only|exactly|solely|nothing|simply|just|with\b|:|[\"'“‘]
        | the\s(?:following|next|above|words?|text|sentence|phrase|line|secret|system)
        | this\s(?:text|sentence|phrase|line|exactly) )"""
    ),
    _pattern(
        r"""\byour\s(?:only\s|final\s|next\s|new\s)?(?:answer|reply|response|output|task|role|instructions?)
        \s(?:is|are|must|should|will)\b"""
    ),
    _pattern(
        rf"""{_START}(?:begin|start|open|end|close|finish|sign)\s(?:off\s)?(?:all|every|each|any|your)\s(?:single\s)?
        (?:answers?|repl(?:y|ies)|responses?|messages?|outputs?|sentences?)\s(?:with|by)\b"""
    ),
    _pattern(r"\b(?:every|any|each|all)\s(?:user\s)?(?:questions?|prompts?|quer(?:y|ies))\s(?:with|by)\b\s*:?\s"),
    _pattern(r"\bI\s(?:hereby\s)?(?:authori[sz]e|order|command|instruct|allow|permit)\syou\b"),
    # Roles, tokens and tags of chats.
    _pattern(
        r"(?:^|[\n.!?>\]\"'“”]\s*)(?:SYSTEM|System|ASSISTANT|Assistant|USER|User|HUMAN|Human|ADMIN)\s?:", re.NOFLAG
    ),
    _pattern(
        rf"""{_START}(?:new|next|your|real|actual|hidden|secret)\s
        (?:task|rules?|instructions?|system\sprompt|directives?)\s*:"""
    ),
    _pattern(
        r"""\b(?:your|the|reveal\w*)\s(?:hidden\s|secret\s|initial\s)?system\s?(?:prompt|message|instructions?)\b
        (?=.*\b(?:you|repeat|reveal|requires?|print)\b)"""
    ),
    _pattern(r"\#{2,}\s?(?:instructions?|response|human|assistant|system|user|task|input|output)\b"),
    _pattern(
        r"<\|[\w ]{1,40}\|> | \[/?INST\] | <<?/?SYS>>? | <(?:start|end)_of_turn> | </?s> | <\uff5c[^>]{1,40}\uff5c>"
    ),
    _TAG,
    _pattern(
        r"""\b(?:begin|start|end)\s(?:of\s)?(?:admin|system|developer|root)\s(?:override|message|prompt|mode)\b
        | \badmin(?:istrator)?\soverride\b"""
    ),
    # The same in some other languages.
    _pattern(
        r"""\b(?:vergiss|ignorier(?:e|en)?|missachte)\b.{0,40}\b(?:anweisung\w*|regeln|befehle?|vorgaben)\b
        | \b(?:oublie[zr]?|ignorez|ignore\s(?:toutes|les))\b.{0,40}\b(?:instructions|consignes|règles)\b
        | \b(?:olvida|ignora)\b.{0,40}\b(?:instrucciones|reglas|istruzioni|regole)\b
        | \bantworte\s(?:nur|ausschließlich|mit)\b | \bréponds?(?:ez)?\s(?:seulement|uniquement|par)\b
        | \bresponde\s(?:solo|únicamente|con)\b | (?:忽略|无视|忘记).{0,20}(?:指令|指示|提示|规则)
        | (?:игнорируй|забудь).{0,40}(?:инструкци|указани|правил)"""
    ),
)


@lru_cache(maxsize=20_000)
def gives_orders(text: str) -> bool:
    """Whether a sentence tells a machine what to do or say, or plays a turn of a chat."""
    return any(pattern.search(text) for pattern in _ORDERS)


def without_orders(spans: Sequence[Span]) -> list[Span]:
    """The sentences that give no orders. One that follows an order which ends in a colon belongs to it."""
    kept, ordered = [], False
    for span in spans:
        text = span.text.strip()
        continues, ordered = ordered and not gives_orders(text), gives_orders(text)
        if not ordered and not continues:
            kept.append(span)
        ordered = ordered and text.endswith((":", "：", "|>", "\n"))
    return kept


def trusted_text(text: str) -> str:
    """`text` without its orders; the same string where there are none."""
    if not gives_orders(text):
        return text
    return " ".join(span.text for span in without_orders(split_sentences(text)))


def asked(question: str) -> str:
    """What is asked, without orders to the model and the tags of chats around it; the question itself where nothing is
    left."""
    if not gives_orders(question):
        return question
    return trusted_text(_TAG.sub(" ", _BLOCK.sub(" ", question)).strip()) or question


def trusted(paper: Paper) -> Paper:
    """The paper without the orders in its title, abstract and names, to be held against what was written about it; the
    same object where there are none."""
    if not gives_orders("\n".join((paper.title, paper.abstract, *paper.authors))):
        return paper
    title = trusted_text(paper.title) or paper.title.split(":")[0][:80]
    authors = tuple(name for name in paper.authors if not gives_orders(name))
    return replace(paper, title=title, authors=authors, abstract=trusted_text(paper.abstract))
