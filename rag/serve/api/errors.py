"""Errors of the HTTP API: `{"error": {"code", "message", "hint"?}}`, and which status each of ours has."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rag.errors import (
    CollectionError,
    InputError,
    ModelError,
    Overloaded,
    PosterchatError,
    PromptTooLong,
    UnknownCollection,
    UsageError,
)

if TYPE_CHECKING:
    from fastapi import FastAPI, Request
    from starlette.responses import JSONResponse

RETRY_AFTER_S = 10
_STATUS: Sequence[tuple[type[PosterchatError], int]] = (
    (UnknownCollection, 404),
    (PromptTooLong, 422),
    (UsageError, 422),
    (InputError, 422),
    (Overloaded, 429),
    (ModelError, 503),
    (CollectionError, 503),
)
_CODES = {400: "bad_request", 404: "not_found", 405: "method_not_allowed", 415: "unsupported_media_type"}


class NotHere(PosterchatError):
    """Nothing of that name, such as a paper."""


class ShuttingDown(PosterchatError):
    """The server ends and begins no more answers."""


def status_of(error: PosterchatError) -> int:
    """The HTTP status of one of our errors; 500 for those that a request cannot cause."""
    if isinstance(error, NotHere):
        return 404
    if isinstance(error, ShuttingDown):
        return 503
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def error_body(error: PosterchatError) -> dict[str, Any]:
    """The JSON of an error; the code is the name of its class, such as `unknown_collection`."""
    code = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(error).__name__).lower()
    hint = error.hint
    if isinstance(error, Overloaded) and error.retry_after_s:
        hint = f"Ask again in about {error.retry_after_s} seconds."
    return body(code, str(error), hint)


def body(code: str, message: str, hint: str = "") -> dict[str, Any]:
    """The JSON of an error made of its parts."""
    return {"error": {"code": code, "message": message} | ({"hint": hint} if hint else {})}


def error_response(error: PosterchatError) -> JSONResponse:
    """The whole response to one of our errors."""
    from starlette.responses import JSONResponse

    status = status_of(error)
    known = error.retry_after_s if isinstance(error, Overloaded) else None
    headers = {"retry-after": str(known or RETRY_AFTER_S)} if status == 429 else None
    return JSONResponse(error_body(error), status, headers)


def handle_errors(app: FastAPI) -> None:
    """Give every error of the application our form: ours, the framework's, and those of bad requests."""
    from fastapi.exceptions import RequestValidationError
    from starlette.exceptions import HTTPException
    from starlette.responses import JSONResponse

    def ours(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, PosterchatError)
        return error_response(error)

    def invalid(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        return JSONResponse(body("invalid_request", _what_is_wrong(error.errors())), 422)

    def of_framework(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        code = _CODES.get(error.status_code, f"http_{error.status_code}")
        return JSONResponse(body(code, str(error.detail)), error.status_code, error.headers)

    def bug(request: Request, error: Exception) -> JSONResponse:
        text = "Something went wrong inside posterchat; details are in the terminal that runs it."
        return JSONResponse(body("internal_error", text), 500)

    app.add_exception_handler(PosterchatError, ours)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, of_framework)
    app.add_exception_handler(Exception, bug)


def _what_is_wrong(errors: Sequence[Any]) -> str:
    """The first problem in one sentence; what was sent is not repeated."""
    first = errors[0] if errors else {}
    place = ".".join(str(part) for part in first.get("loc", ())[1:])
    said = str(first.get("msg", "The request is not usable")).rstrip(".")
    text = f"{place}: {said}." if place else f"{said}."
    return text.encode("ascii", "replace").decode()
