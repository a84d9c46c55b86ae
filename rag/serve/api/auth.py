"""Who may come in when a token is set: programs send it as `Authorization: Bearer`, people log in and get a cookie.
And how often: wrong tokens and questions are counted for each address. Plain ASGI, like `rag.serve.api.guard`."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from html import escape
from typing import Any
from urllib.parse import parse_qs

from rag.serve.api.guard import is_api, is_loopback, refuse

COOKIE = "posterchat"
COOKIE_HOURS = 12
LONGEST_TOKEN = 4096
LOGIN_TIMEOUT_S = 10.0
WRONG_TOKENS = 10  # at once from one address; then one every six seconds
WRONG_PER_MINUTE = 10
MOST_ADDRESSES = 10_000
GUEST = "posterchat.guest"  # in the scope of a request that came without the token

_ASKS = ("/api/ask", "/v1/chat/completions", "/gradio_api/queue/join")


class Buckets:
    """A token bucket for each address: `burst` at once, `per_minute` on average. At most `MOST_ADDRESSES` are kept,
    the longest unused go first. Safe to use from several threads."""

    def __init__(self, *, burst: int, per_minute: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst, self._per_s = float(burst), per_minute / 60
        self._clock = clock
        self._lock = threading.Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, address: str) -> float:
        """Seconds until one more may be taken; 0 when it may be taken now."""
        with self._lock:
            return max(0.0, (1 - self._now(address)) / self._per_s)

    def take(self, address: str) -> float:
        """Take one when that is possible; returns what `wait_s` said before."""
        with self._lock:
            left = self._now(address)
            if left < 1:
                return (1 - left) / self._per_s
            self._left[address] = (left - 1, self._clock())
            self._left.move_to_end(address)
            while len(self._left) > MOST_ADDRESSES:
                self._left.popitem(last=False)
            return 0.0

    def _now(self, address: str) -> float:
        left, since = self._left.get(address, (self._burst, self._clock()))
        return min(self._burst, left + max(0.0, self._clock() - since) * self._per_s)


class Auth:
    """Lets nobody in without the token, but to `/login`, and to `/health`, which tells a guest only its status.

    The cookie is a time and its HMAC under the token: it needs no store, holds for all replicas with the same token,
    and ends with the token. Everything is compared in constant time.
    """

    def __init__(self, app: Any, *, token: str, clock: Callable[[], float] = time.time) -> None:
        self._app = app
        self._token = _digest(token)
        self._key = hashlib.sha256(b"posterchat session\0" + token.encode()).digest()
        self._clock = clock
        self._wrong = Buckets(burst=WRONG_TOKENS, per_minute=WRONG_PER_MINUTE)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Called by the server for every request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        path, address = scope["path"], client_of(scope)
        if path == "/login":
            await self._login(scope, receive, send)
            return
        if path == "/logout":
            await _go(send, "/login", _cookie("", 0, scope))
            return
        if self._knows(headers.get(b"cookie", b"").decode("latin-1")):
            await self._app(scope, receive, send)
            return
        bearer = headers.get(b"authorization", b"")
        if bearer[:7].lower() == b"bearer ":
            wait = self._wrong.wait_s(address)
            if wait > 0:
                await _too_many(send, wait)
                return
            if self._right(bearer[7:].strip()):
                await self._app(scope, receive, send)
                return
            self._wrong.take(address)
        elif path == "/health":
            await self._app({**scope, GUEST: True}, receive, send)
            return
        elif not is_api(path) and b"text/html" in headers.get(b"accept", b""):
            await _go(send, "/login")
            return
        text = "This server wants its token." if not bearer else "That token is not right."
        hint = "Send it as `Authorization: Bearer TOKEN`, or log in at /login."
        await refuse(send, 401, "unauthorized", text, hint, [(b"www-authenticate", b"Bearer")])

    async def _login(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["method"] in ("GET", "HEAD"):
            await _page(send, 200, "")
            return
        if scope["method"] != "POST":
            await refuse(send, 405, "method_not_allowed", "The login takes GET and POST.")
            return
        try:
            body = await asyncio.wait_for(_small_body(receive), LOGIN_TIMEOUT_S)
        except (TimeoutError, ValueError):
            await _page(send, 400, "That could not be read.")
            return
        address = client_of(scope)
        if (wait := self._wrong.wait_s(address)) > 0:
            await _page(send, 429, f"Too many tries. Wait {int(wait) + 1} seconds.", wait)
            return
        given = parse_qs(body.decode("latin-1"), encoding="utf-8", errors="replace").get("token", [""])[0]
        if not self._right(given.strip().encode()):
            self._wrong.take(address)
            await _page(send, 401, "That token is not right.")
            return
        until = int(self._clock()) + COOKIE_HOURS * 3600
        await _go(send, "/", _cookie(f"{until}.{self._sign(until)}", COOKIE_HOURS * 3600, scope))

    def _right(self, given: bytes) -> bool:
        return hmac.compare_digest(_digest(given[:LONGEST_TOKEN]), self._token)

    def _sign(self, until: int) -> str:
        return hmac.new(self._key, str(until).encode(), hashlib.sha256).hexdigest()

    def _knows(self, cookies: str) -> bool:
        for cookie in cookies.split(";"):
            name, _, value = cookie.strip().partition("=")
            until, _, signed = value.partition(".")
            if name != COOKIE or not until.isascii() or not until.isdigit() or len(until) > 12:
                continue
            right = hmac.compare_digest(self._sign(int(until)).encode(), signed.encode("utf-8", "replace"))
            if right and int(until) > self._clock():
                return True
        return False


class Rate:
    """Questions of each address: `per_minute` on average, half of that at once; 429 beyond. Whoever sits at the machine
    itself is not counted. Behind a proxy on this machine, the address is the one that the proxy tells."""

    def __init__(self, app: Any, *, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._buckets = Buckets(burst=max(1, per_minute // 2), per_minute=per_minute, clock=clock)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Called by the server for every request."""
        if scope["type"] == "http" and scope["method"] == "POST" and scope["path"] in _ASKS:
            address = client_of(scope)
            if not is_loopback(address) and (wait := self._buckets.take(address)) > 0:
                await _too_many(send, wait)
                return
        await self._app(scope, receive, send)


def client_of(scope: Any) -> str:
    """The address that a request comes from; empty when the server does not know it."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def _digest(text: str | bytes) -> bytes:
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).digest()


async def _small_body(receive: Any) -> bytes:
    """The body of a login. Raises ValueError when it is too big or the client has left."""
    whole = b""
    while True:
        message = await receive()
        whole += bytes(message.get("body", b""))
        if message["type"] != "http.request" or len(whole) > 2 * LONGEST_TOKEN:
            raise ValueError
        if not message.get("more_body", False):
            return whole


def _cookie(value: str, seconds: int, scope: Any) -> bytes:
    secure = "; Secure" if scope.get("scheme") == "https" else ""
    return f"{COOKIE}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}".encode()


async def _too_many(send: Any, wait_s: float) -> None:
    seconds = str(int(wait_s) + 1).encode()
    text = "Too many requests come from this address."
    hint = f"Try again in {int(wait_s) + 1} seconds."
    await refuse(send, 429, "too_many_requests", text, hint, [(b"retry-after", seconds)])


async def _go(send: Any, where: str, cookie: bytes | None = None) -> None:
    headers = [(b"location", where.encode()), (b"content-length", b"0"), (b"cache-control", b"no-store")]
    headers += [(b"set-cookie", cookie)] if cookie else []
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def _page(send: Any, status: int, problem: str, wait_s: float = 0.0) -> None:
    said = f'<p role="alert">{escape(problem)}</p>' if problem else ""
    content = _LOGIN.replace("PROBLEM", said).encode()
    headers = [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-length", str(len(content)).encode()),
        (b"cache-control", b"no-store"),
        (b"referrer-policy", b"same-origin"),  # without a referrer, a browser sends the form with the Origin `null`
    ]
    headers += [(b"retry-after", str(int(wait_s) + 1).encode())] if wait_s else []
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


_LOGIN = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>posterchat: log in</title>
<meta name="viewport" content="width=device-width"><style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
form { max-width: 22rem; margin: 15vh auto; padding: 0 1rem; display: grid; gap: .75rem }
input, button { font: inherit; padding: .5rem } h1 { font-size: 1.25rem; margin: 0 }
</style></head><body><main><form method="post" action="/login"><h1>posterchat</h1>PROBLEM
<label for="token">Token of this server</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
<button>Log in</button></form></main></body></html>"""
