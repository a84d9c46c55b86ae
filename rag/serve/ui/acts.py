"""What can be done with finished turns besides asking again: take back, export, judge."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from html import escape
from typing import Any

from rag.errors import PosterchatError
from rag.serve.feedback import add_feedback
from rag.serve.ui import history, render
from rag.serve.ui.chat import Chat
from rag.serve.ui.exported import FORMS, as_answer, exported
from rag.serve.ui.turn import ShownTurn


class Acts:
    """Does what a button under a turn, or one for the whole chat, asks for."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    def do(self, wish: str, turns: Sequence[ShownTurn], collection: str, tab: str) -> dict[str, Any]:
        """The update of the page for `wish`, a JSON object of page code; none for what it does not know."""
        try:
            asked = json.loads(wish)
            what, number = asked["do"], int(asked.get("turn") or 0)
        except (ValueError, TypeError, KeyError, AttributeError):
            return {}
        mine = [turn for turn in turns if turn.number == number]
        try:
            if what == "undo":
                return self._undo(turns, collection, tab)
            if what == "export" and (mine or not number):
                return {"reply": self._export(mine or turns, collection, str(asked.get("form")), str(asked.get("key")))}
            if what == "judge" and mine and asked.get("verdict") in ("up", "down"):
                return self._judge(mine[0], turns, collection, tab, asked)
        except PosterchatError as error:
            return {"reply": reply("problem", f"{error} {error.hint}".strip(), str(asked.get("key")))}
        return {}

    def _undo(self, turns: Sequence[ShownTurn], collection: str, tab: str) -> dict[str, Any]:
        """Take the last question and its answer back."""
        if not turns or self._chat.running.busy(tab):
            return {}
        left = tuple(turns[:-1])
        return {
            **self._chat.shown(left, collection),
            "status": render.status(None),
            "turns": left,
            "saved": history.keep(collection, left),
        }

    def _export(self, turns: Sequence[ShownTurn], collection: str, form: str, key: str) -> str:
        text = exported(turns, collection, form, self._chat.browse.contents(collection).papers)
        ending, kind = FORMS[form]
        what = f"{collection}-{turns[0].number}" if len(turns) == 1 else collection
        if not text.strip():
            return reply("problem", "No paper is cited here.", key)
        return reply("file", text, key, name=f"posterchat-{what}.{ending}", kind=kind)

    def _judge(
        self, mine: ShownTurn, turns: Sequence[ShownTurn], collection: str, tab: str, asked: dict[str, Any]
    ) -> dict[str, Any]:
        verdict = asked["verdict"]
        data_dir = self._chat.library.settings.data_dir
        add_feedback(data_dir, as_answer(mine, collection), verdict, str(asked.get("word") or ""), scope=mine.scope)
        said = reply("kept", "Thank you. It is kept on this machine only.", str(asked.get("key")))
        if self._chat.running.busy(tab):
            return {"reply": said}  # the turns belong to the answer that is being written
        every = tuple(replace(turn, verdict=verdict) if turn is mine else turn for turn in turns)
        return {"reply": said, "turns": every, "saved": history.keep(collection, every)}


def reply(outcome: str, text: str, key: str, *, name: str = "", kind: str = "") -> str:
    """What page code reads the outcome from; nobody sees it."""
    return (
        f'<template data-outcome="{escape(outcome)}" data-key="{escape(key)}" data-name="{escape(name)}"'
        f' data-kind="{escape(kind)}" data-text="{escape(text)}"></template>'
    )
