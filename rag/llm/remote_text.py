"""What goes to and comes from a model server as plain text: no control tokens in, no thoughts out."""

from __future__ import annotations

import re

from rag.types import Prompt

# A server puts the messages into its chat template and then reads control tokens wherever their spelling occurs, also
# inside an abstract. We cannot know every server's vocabulary; all spellings in use begin in one of these ways, and a
# space after the first character makes text of them: `<|im_end|>`, `</s>`, `<start_of_turn>`, `<｜User｜>`, `<<SYS>>`,
# `[INST]`, `[/INST]`, `[gMASK]`, `[|user|]`, `]~b]`, `[e~[`. `x < 5`, `<5` and `[3]` stay as they are.
# The wide `＜` is there because some tokenizers fold it.
_CONTROL = re.compile(
    r"[<＜](?=[^\s\d<>＜]|\d\w*>|[<＜][^\s\d<>])|\[(?=/?[A-Z][A-Z0-9_]*\]|[a-z]*[A-Z]+\]|\||e~\[)|\](?=~)"
)
_OPEN, _CLOSE = "<think>", "</think>"
# Fewer characters a token than any of these models needs for English; other scripts may take a token a byte.
_CHARACTERS_A_TOKEN = 3.0
_TEMPLATE_TOKENS = 48  # what a chat template puts around two messages, a default system message included


def neutral(text: str) -> str:
    """`text` in which nothing is spelled like a control token of a chat model."""
    return _CONTROL.sub(lambda match: f"{match.group()} ", text)


def messages(prompt: Prompt) -> list[dict[str, str]]:
    """The prompt as chat messages. The system message is a prompt file of ours, the rest is neutralised."""
    user = neutral(prompt.stable + prompt.tail)
    return [{"role": "system", "content": prompt.system}, {"role": "user", "content": user}]


def most_tokens(texts: list[dict[str, str]]) -> int:
    """More tokens than these messages have in any model that we know of: for servers that cannot count."""
    text = "".join(message["content"] for message in texts)
    ascii_characters = sum(character.isascii() for character in text)
    others = len(text.encode("utf-8", "replace")) - ascii_characters
    return int(ascii_characters / _CHARACTERS_A_TOKEN) + others + _TEMPLATE_TOKENS


class Thoughts:
    """Takes `<think>…</think>` out of streamed text. `found` says whether there was any; `stray`, whether a thought
    ended that had not begun: some templates put `<think>` into the prompt, so that the text begins `inside` one."""

    def __init__(self, *, inside: bool = False) -> None:
        self.found = inside
        self.stray = False
        self._inside = inside
        self._begun = False  # something to read has been given out
        self._held = ""

    def feed(self, text: str) -> str:
        """What of the text so far is known to be no thought, and has not been given out yet."""
        self._held += text
        self.stray = self.stray or (not self._inside and _CLOSE in self._held.partition(_OPEN)[0])
        out = ""
        while self._held:
            mark = _CLOSE if self._inside else _OPEN
            before, found, after = self._held.partition(mark)
            if found:
                out += "" if self._inside else before
                self._inside, self.found, self._held = not self._inside, True, after
                continue
            keep = _beginning_of(mark, self._held)
            ready, self._held = self._held[: len(self._held) - keep], self._held[len(self._held) - keep :]
            out += "" if self._inside else ready
            break
        return self._trimmed(out)

    def end(self) -> str:
        """What was held back because it might have been the beginning of a mark."""
        rest, self._held = ("" if self._inside else self._held), ""
        return self._trimmed(rest)

    def _trimmed(self, text: str) -> str:
        """Without the blank lines that come between the thoughts and the answer."""
        if self.found and not self._begun:
            text = text.lstrip()
        self._begun = self._begun or bool(text)
        return text


def _beginning_of(mark: str, text: str) -> int:
    """How many characters at the end of `text` may be the beginning of `mark`."""
    return next((size for size in range(min(len(mark) - 1, len(text)), 0, -1) if mark.startswith(text[-size:])), 0)
