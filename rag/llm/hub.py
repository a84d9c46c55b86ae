"""Model files from the Hugging Face Hub, or a server that answers like it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from rag.llm.manifest import HuggingFace
from rag.llm.partfile import PartFile, SourceFailed, WrongContent

if TYPE_CHECKING:
    import httpx

_CHUNK = 1 << 20
_TRANSIENT = {408, 425, 429, 500, 502, 503, 504}


@dataclass(frozen=True, slots=True)
class HttpOptions:
    """Seconds before giving up, and how often to try again when `attempts` in a row bring less than 1 MiB."""

    connect_s: float = 5.0
    read_s: float = 30.0
    attempts: int = 4
    wait_s: float = 1.0
    longest_wait_s: float = 30.0


class _Transient(Exception):
    """Worth another attempt. `stalled`: attempts in a row, this one included, that brought next to nothing."""

    def __init__(self, reason: str, *, after: float = 0.0) -> None:
        super().__init__(reason)
        self.after = after
        self.stalled = 1


def fetch_huggingface(source: HuggingFace, parts: list[PartFile], options: HttpOptions) -> None:
    """Downloads the files, each resumed where an earlier run stopped. Raises SourceFailed or WrongContent.

    `HF_ENDPOINT` names another server, `HF_TOKEN` is sent to that server and to no other, `HF_HUB_OFFLINE=1`
    forbids it all: the meaning that these have for huggingface_hub.
    """
    if os.environ.get("HF_HUB_OFFLINE", "").lower() in ("1", "true", "yes", "on"):
        raise SourceFailed("HF_HUB_OFFLINE is set")
    import httpx

    token = os.environ.get("HF_TOKEN", "").strip()
    headers = {"Accept-Encoding": "identity", "User-Agent": "posterchat"}
    headers |= {"Authorization": f"Bearer {token}"} if token else {}
    try:
        # httpx drops the Authorization header when a redirect leads to another scheme, host or port.
        client = httpx.Client(
            headers=headers, follow_redirects=True, timeout=httpx.Timeout(options.read_s, connect=options.connect_s)
        )
    except (ValueError, ImportError) as error:  # proxy settings that httpx cannot use
        raise SourceFailed(f"the proxy settings cannot be used: {error}") from error
    with client:
        download = _Download(client, source, options)
        for part in parts:
            download.file(part)


class _Download:
    def __init__(self, client: httpx.Client, source: HuggingFace, options: HttpOptions) -> None:
        self._client = client
        self._source = source
        self._options = options
        self._endpoint = (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")
        self._reached = False

    def file(self, part: PartFile) -> None:
        resumed = part.resume() > 0
        try:
            self._whole(part)
            part.finish()
        except WrongContent:
            if not resumed:
                raise
            part.resume(0)  # what the earlier run left may have been the wrong half
            self._whole(part)
            part.finish()

    def _whole(self, part: PartFile) -> None:
        from tenacity import RetryCallState, Retrying, retry_if_exception_type

        def failure(state: RetryCallState) -> _Transient:
            assert state.outcome is not None
            error = state.outcome.exception()
            assert isinstance(error, _Transient)
            return error

        def pause(state: RetryCallState) -> float:
            grown = self._options.wait_s * 2.0 ** (failure(state).stalled - 1)
            return min(max(grown, failure(state).after), self._options.longest_wait_s)

        stalled = 0
        try:
            for attempt in Retrying(
                retry=retry_if_exception_type(_Transient),
                stop=lambda state: failure(state).stalled >= self._options.attempts,
                wait=pause,
                reraise=True,
            ):
                with attempt:
                    before = part.done
                    try:
                        self._stream(part)
                    except _Transient as error:
                        stalled = stalled + 1 if part.done - before < _CHUNK else 0
                        error.stalled = stalled
                        raise
        except _Transient as error:
            raise SourceFailed(str(error)) from error

    def _stream(self, part: PartFile) -> None:
        import httpx

        remote = self._source.remote_path(part.spec)
        url = f"{self._endpoint}/{self._source.repo}/resolve/{self._source.revision}/{quote(remote)}"
        headers = {"Range": f"bytes={part.done}-"} if part.done else {}
        try:
            with self._client.stream("GET", url, headers=headers) as response:
                self._reached = True
                self._accept(response, part)
                for chunk in response.iter_bytes():
                    part.write(chunk)
                    part.report(part.done)
        except (httpx.ConnectError, httpx.TimeoutException) as error:
            reason = f"{self._endpoint} cannot be reached: {str(error) or 'no answer in time'}"
            # Before the first answer of all, more attempts would only delay the next source.
            raise (_Transient(reason) if self._reached else SourceFailed(reason)) from error
        except httpx.TransportError as error:
            raise _Transient(f"the connection broke: {str(error) or type(error).__name__}") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise SourceFailed(str(error)) from error
        if part.done < part.spec.bytes:
            raise _Transient(f"the connection ended after {part.done} of {part.spec.bytes} bytes")

    def _accept(self, response: httpx.Response, part: PartFile) -> None:
        """Sets `part` to where the answer's body begins, or raises when the answer is no piece of the file."""
        status = response.status_code
        if status == 416:
            part.resume(0)
            raise _Transient("the server refuses to resume the download")
        if status in _TRANSIENT:
            after = response.headers.get("Retry-After", "")
            raise _Transient(f"the server answers {status}", after=float(after) if after.isdecimal() else 0.0)
        if status in (401, 403):
            raise SourceFailed(f"access is refused ({status}): private, gated or gone; HF_TOKEN may be needed")
        if status == 404:
            raise SourceFailed(f"{part.spec.path} is not there (404)")
        if status not in (200, 206):
            raise SourceFailed(f"the server answers {status}")
        begin, size = 0, response.headers.get("Content-Length", "")
        if status == 206:
            match = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
            begin, size = (int(match[1]), match[2]) if match else (-1, "")
        elif response.headers.get("Content-Encoding", "identity") != "identity":
            size = ""  # the length of the encoded body says nothing
        if size.isdecimal() and int(size) != part.spec.bytes:
            raise SourceFailed(f"{part.spec.path} has {size} bytes there, not the pinned {part.spec.bytes}")
        if begin != part.done and part.resume(begin if status == 200 else 0) != begin:
            raise _Transient("the server resumes at another place than asked")
