"""Talking to a model server: requests, its stream of events, and what went wrong in words.

Nothing here logs, and no message holds the key. Proxies and `.netrc` of the environment are not used: what is sent goes
to the address that the settings name and nowhere else. Redirects are not followed.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from rag.errors import ServerUnusable
from rag.llm.remote_address import Address, Hangup

if TYPE_CHECKING:
    import httpx

_TRANSIENT = {429, 502, 503, 504}
_PROBE_S = 2.0
_LONGEST_WAIT_S = 4.0
_DOWN_S = 5.0  # after a failure to connect: one quick try a question, no waiting
_SHOWN = 200  # characters of what a server says


class Refused(ServerUnusable):
    """The server answered with an error `status`."""

    def __init__(self, message: str, *, hint: str, status: int) -> None:
        super().__init__(message, hint=hint)
        self.status = status


class _Transient(ServerUnusable):
    """Worth another attempt, after `after` seconds where the server says so."""

    after = 0.0


class Connection:
    """Requests to one server. Safe to use from several threads."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._down_until = 0.0

    def get(self, url: str) -> Any:
        """The JSON at `url`, or None when there is none. Raises ServerUnusable when the server is not there."""
        return self._plain("GET", url, None)

    def post(self, url: str, body: dict[str, Any]) -> Any:
        """The JSON that answers `body`. Otherwise as `get`."""
        return self._plain("POST", url, body)

    def _plain(self, method: str, url: str, body: dict[str, Any] | None) -> Any:
        import httpx

        try:
            with self._client(_PROBE_S) as client:
                response = client.request(method, url, json=body)
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error
        if response.status_code in (401, 403):
            raise self._refused(response.status_code, response.text)
        with contextlib.suppress(ValueError):
            return response.json() if response.status_code == 200 else None
        return None

    def events(self, body: dict[str, Any], hangup: Hangup) -> Iterator[dict[str, Any]]:
        """The JSON objects of a streamed chat completion, until the server ends it.

        Tries again where the server was not reached or was too busy: nothing has come then. Raises ServerUnusable, or
        Refused for an error of the server's; ends quietly once `hangup` was asked for.
        """
        import tenacity

        hurried = time.monotonic() < self._down_until
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_Transient),
            stop=tenacity.stop_after_attempt(1 if hurried else self.address.attempts)
            | tenacity.stop_when_event_set(hangup.asked),
            wait=self._wait,
            sleep=tenacity.sleep_using_event(hangup.asked),
            reraise=True,
        )
        with contextlib.ExitStack() as stack:
            response = retrying(self._open, body, hangup, stack, hurried)
            if response is None:
                return
            self._down_until = 0.0
            yield from self._read(response, hangup)

    def _wait(self, state: Any) -> float:
        error = state.outcome.exception()
        backoff = self.address.wait_s * 2 ** (state.attempt_number - 1)
        return float(min(_LONGEST_WAIT_S, max(getattr(error, "after", 0.0), backoff)))

    def _open(
        self, body: dict[str, Any], hangup: Hangup, stack: contextlib.ExitStack, hurried: bool
    ) -> httpx.Response | None:
        """The response once its headers are there; None when hung up."""
        import httpx

        if hangup.asked.is_set():
            return None
        client = stack.enter_context(self._client(self.address.read_s, hurried=hurried))
        url = f"{self.address.base}/chat/completions"
        try:
            response = stack.enter_context(client.stream("POST", url, json=body, extensions={"trace": hangup.trace}))
            if response.status_code != 200:
                response.read()
        except (httpx.HTTPError, OSError) as error:
            if hangup.asked.is_set():
                return None
            if isinstance(error, httpx.ReadTimeout):
                raise self._silent() from error
            self._down_until = time.monotonic() + _DOWN_S
            raise self._unreachable(error) from error
        if response.status_code == 200:
            return response
        refused = self._refused(response.status_code, response.text)
        if response.status_code in _TRANSIENT:
            transient = _Transient(str(refused), hint=refused.hint)
            with contextlib.suppress(ValueError):
                transient.after = float(response.headers.get("retry-after", "0"))
            raise transient
        raise refused

    def _read(self, response: httpx.Response, hangup: Hangup) -> Iterator[dict[str, Any]]:
        import httpx

        try:
            if not response.headers.get("content-type", "").startswith("text/event-stream"):
                yield _object(response.read().decode("utf-8", "replace"), self)
                return
            for line in response.iter_lines():
                data = line.removeprefix("data:").strip() if line.startswith("data:") else ""
                if data == "[DONE]":
                    return
                if data:
                    yield _object(data, self)
        except (httpx.HTTPError, OSError) as error:
            if hangup.asked.is_set():
                return
            raise self._silent() if isinstance(error, httpx.ReadTimeout) else self.broken_off() from error

    # --- the client and its errors ---

    def _client(self, read_s: float, *, hurried: bool = False) -> httpx.Client:
        import httpx

        headers = {"User-Agent": "posterchat"}
        if self.address.key:
            headers["Authorization"] = f"Bearer {self.address.key}"
        connect_s = min(self.address.connect_s, 1.0 if hurried else _PROBE_S if read_s == _PROBE_S else 60.0)
        timeout = httpx.Timeout(read_s, connect=connect_s)
        return httpx.Client(headers=headers, timeout=timeout, verify=self._tls, trust_env=False)

    @cached_property
    def _tls(self) -> Any:
        import httpx

        return httpx.create_ssl_context(trust_env=False) if self.address.base.startswith("https") else False

    def problem(self, what: str, hint: str = "") -> ServerUnusable:
        """An error that names the server."""
        return ServerUnusable(f"The language model server at {self.address.place} {what}.", hint=hint)

    def broken_off(self) -> ServerUnusable:
        """The error for a stream that ended before its end."""
        return self.problem("broke off in the middle", "Ask again; look at the server if it happens again.")

    def _silent(self) -> ServerUnusable:
        return self.problem(
            f"has been silent for {self.address.read_s:.0f} s",
            "Look at the server, or set POSTERCHAT_LLM_TIMEOUT_S higher.",
        )

    def _unreachable(self, error: Exception) -> _Transient:
        reason = self._shown(str(error)) or type(error).__name__
        error_ = self.problem(f"cannot be reached: {reason}", "Start it, or correct POSTERCHAT_LLM_URL.")
        return _Transient(str(error_), hint=error_.hint)

    def _refused(self, status: int, text: str) -> Refused:
        said = self._shown(_message(text))
        if status in (401, 403):
            what, hint = "does not accept the key", "Set POSTERCHAT_LLM_API_KEY or POSTERCHAT_LLM_API_KEY_FILE."
        elif status == 404:
            what, hint = f"does not know the model or the address: {said}", "Correct POSTERCHAT_LLM_MODEL or _LLM_URL."
        elif status in _TRANSIENT:
            what, hint = f"is busy or still loading ({status})", "Ask again in a minute."
        else:
            what, hint = f"refuses the request ({status}): {said}", "Look at the server's log."
        error = self.problem(what, hint)
        return Refused(str(error), hint=hint, status=status)

    def _shown(self, text: str) -> str:
        """What a server or a library says, short, on one line and without the key."""
        if self.address.key:
            text = text.replace(self.address.key, "…")
        return " ".join(text.split())[:_SHOWN].rstrip(".")

    def says_error(self, error: Any) -> ServerUnusable:
        """The error for `{"error": …}` inside a stream."""
        return self.problem(f"reports: {self._shown(_message(json.dumps({'error': error})))}", "Look at its log.")


def _object(data: str, connection: Connection) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise connection.problem("sends what is no chat completion", "Check POSTERCHAT_LLM_URL.")
    if value.get("error"):
        raise connection.says_error(value["error"])
    return value


def _message(text: str) -> str:
    """The message inside an error in any of the usual shapes, or the text itself."""
    with contextlib.suppress(ValueError, AttributeError):
        value = json.loads(text)
        inner = value.get("error", value)
        found = inner if isinstance(inner, str) else inner.get("message") or inner.get("detail") or ""
        return str(found)
    return text
