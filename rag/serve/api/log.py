"""What the server writes about its work: one line an event, as text or as JSON. Neither questions nor answers are in it
unless a setting says so, and then only questions."""

from __future__ import annotations

import json
import logging
import sys
import time
import traceback
from typing import Any, TextIO

_FIELDS = ("request", "route", "method", "status", "seconds", "client", "kind", "outcome", "collection", "question")
_OURS = ("rag", "uvicorn")


class PlainWords(logging.Formatter):
    """`2026-01-31T12:00:00Z WARNING rag.serve.app: what happened` with the fields behind it. The text of an exception
    may repeat a question: it is left out unless `questions`."""

    def __init__(self, *, questions: bool) -> None:
        super().__init__()
        self._questions = questions

    def format(self, record: logging.LogRecord) -> str:
        """One line, and the places of an exception below it."""
        fields = _fields(record, self._questions)
        error = fields.pop("error", None)
        told = "".join(f" {name}={json.dumps(value, ensure_ascii=False)}" for name, value in fields.items())
        line = f"{_time(record)} {record.levelname} {record.name}: {_message(record)}{told}"
        if error:
            line += f"\n  {error['type']}: {error.get('message', '(the message is kept out of the log)')}"
            line += "".join(f"\n    {place}" for place in error["where"])
        return line


class JsonLines(PlainWords):
    """The same as one JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON."""
        said = {"time": _time(record), "level": record.levelname, "logger": record.name, "event": _message(record)}
        return json.dumps(said | _fields(record, self._questions), ensure_ascii=True)


def set_up_logs(*, form: str, questions: bool, stream: TextIO | None = None) -> logging.Handler:
    """Have our log lines and the web server's written to standard error. `json` has a line for every request and every
    answer, `text` only what somebody should look at. Returns the handler, for `take_down_logs`."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines(questions=questions) if form == "json" else PlainWords(questions=questions))
    for name in _OURS:
        logger = logging.getLogger(name)
        logger.addHandler(handler)
        logger.setLevel(logging.INFO if form == "json" else logging.WARNING)
        logger.propagate = False
    return handler


def take_down_logs(handler: logging.Handler) -> None:
    """Undo `set_up_logs`."""
    for name in _OURS:
        logging.getLogger(name).removeHandler(handler)
        logging.getLogger(name).propagate = True
        logging.getLogger(name).setLevel(logging.NOTSET)


def _time(record: logging.LogRecord) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03}Z"


def _message(record: logging.LogRecord) -> str:
    return " ".join(record.getMessage().split())


def _fields(record: logging.LogRecord, questions: bool) -> dict[str, Any]:
    fields = {name: getattr(record, name) for name in _FIELDS if hasattr(record, name)}
    if not questions:
        fields.pop("question", None)
    if record.exc_info and record.exc_info[1] is not None:
        error = record.exc_info[1]
        frames = traceback.extract_tb(error.__traceback__)
        where = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        fields["error"] = {"type": type(error).__name__, "where": where}
        if questions:
            fields["error"]["message"] = str(error)
    return fields
