"""A server with a token: nobody gets in without it, nobody can guess it, and the page has a login."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from api_world import ApiLibrary
from serving import Site, served

from rag.serve.api.auth import COOKIE_HOURS, WRONG_TOKENS, Auth, Buckets, Rate

TOKEN = "a-lantern-in-the-fog-7"
PATHS = ("/", "/api/papers", "/metrics", "/docs", "/openapi.json", "/v1/models", "/gradio_api/info", "/view/topics")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with ApiLibrary(tmp_path_factory.mktemp("auth"), token=TOKEN) as library, served(library) as running:
        yield running


@pytest.fixture
def web(site: Site) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site.url, timeout=30) as client:
        yield client


@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_told_without_the_token(web: httpx.Client, path: str) -> None:
    for headers in ({}, {"cookie": "posterchat=9999999999.00"}, {"authorization": "Basic YTpi"}):
        reply = web.get(path, headers=headers)
        assert reply.status_code == 401
        assert reply.headers["www-authenticate"] == "Bearer"
        assert reply.json()["error"]["code"] == "unauthorized"
        assert reply.headers["x-frame-options"] == "DENY"
    assert web.post("/api/ask", json={"question": "do maps fade?"}).status_code == 401


def test_the_token_opens_the_api(web: httpx.Client) -> None:
    mine = {"authorization": f"Bearer {TOKEN}"}
    assert web.get("/api/papers", headers=mine).json()["total"] == 5
    reply = web.post("/v1/chat/completions", headers=mine, json={"messages": [{"role": "user", "content": "maps?"}]})
    assert reply.status_code == 200


def test_a_guest_learns_only_whether_it_is_well(web: httpx.Client) -> None:
    assert set(web.get("/health").json()) == {"status", "version"}
    assert "collections" in web.get("/health", headers={"authorization": f"Bearer {TOKEN}"}).json()


def test_people_log_in_with_a_form(site: Site) -> None:
    with httpx.Client(base_url=site.url, timeout=30, headers={"accept": "text/html"}) as person:
        away = person.get("/")
        assert (away.status_code, away.headers["location"]) == (303, "/login")
        form = person.get("/login")
        assert form.status_code == 200 and 'type="password"' in form.text and "<script" not in form.text
        wrong = person.post("/login", data={"token": TOKEN + "x"})
        assert wrong.status_code == 401 and "not right" in wrong.text and "set-cookie" not in wrong.headers
        right = person.post("/login", data={"token": TOKEN})
        assert (right.status_code, right.headers["location"]) == (303, "/")
        cookie = right.headers["set-cookie"]
        assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and TOKEN not in cookie
        assert "posterchat" in person.get("/").text
        assert person.get("/api/papers").status_code == 200
        assert person.get("/logout").headers["location"] == "/login"
        assert person.get("/api/papers").status_code == 401


def test_a_page_elsewhere_cannot_log_somebody_in(web: httpx.Client) -> None:
    reply = web.post("/login", data={"token": TOKEN}, headers={"origin": "https://evil.example"})
    assert reply.status_code == 403 and "set-cookie" not in reply.headers


def test_a_big_login_is_refused(web: httpx.Client) -> None:
    assert web.post("/login", data={"token": "x" * 100_000}).status_code == 400


# --- the parts, with a clock of the test's ---


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def call(app: Any, **scope: Any) -> tuple[int, dict[str, str]]:
    """Status and headers of one request to an ASGI application, made without a server."""
    import asyncio

    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": scope.get("body", b""), "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(name.encode(), value.encode()) for name, value in scope.pop("headers", {}).items()]
    whole = {"type": "http", "method": "GET", "path": "/", "client": ("10.0.0.1", 1), "headers": headers, **scope}
    with asyncio.Runner() as runner:
        runner.run(app(whole, receive, send))
    return sent[0]["status"], {name.decode(): value.decode() for name, value in sent[0]["headers"]}


async def welcome(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def test_a_cookie_ends_with_its_time_and_with_its_token() -> None:
    clock = Clock()
    auth = Auth(welcome, token=TOKEN, clock=clock)
    _, headers = call(auth, method="POST", path="/login", body=f"token={TOKEN}".encode())
    cookie = {"cookie": headers["set-cookie"].split(";")[0]}
    assert call(auth, headers=cookie)[0] == 200
    assert call(Auth(welcome, token="another-lantern-in-fog", clock=clock), headers=cookie)[0] == 401
    value = cookie["cookie"]
    until, _, signed = value.partition("=")[2].partition(".")
    for forged in (
        f"{int(until) + 1}.{signed}",
        f"{until}.",
        f"{until}.{signed[:-1]}",
        f"{'9' * 30}.{signed}",
        "²." + signed,
    ):
        assert call(auth, headers={"cookie": f"posterchat={forged}"})[0] == 401, forged
    clock.now += COOKIE_HOURS * 3600 + 1
    assert call(auth, headers=cookie)[0] == 401


def test_wrong_tokens_are_slowed_down_for_their_address_only() -> None:
    auth = Auth(welcome, token=TOKEN)
    wrong, right = {"authorization": "Bearer nope"}, {"authorization": f"Bearer {TOKEN}"}
    for _ in range(WRONG_TOKENS):
        assert call(auth, headers=wrong)[0] == 401
    status, headers = call(auth, headers=right)  # even the right one: a guesser must not learn that it was right
    assert status == 429 and 1 <= int(headers["retry-after"]) <= 60
    assert call(auth, method="POST", path="/login", body=f"token={TOKEN}".encode())[0] == 429
    assert call(auth, headers=right, client=("10.0.0.2", 1))[0] == 200


def test_questions_of_one_address_are_limited_and_this_machine_is_not() -> None:
    clock = Clock()
    rate = Rate(welcome, per_minute=6, clock=clock)

    def ask(address: str) -> int:
        return call(rate, method="POST", path="/api/ask", client=(address, 1))[0]

    assert [ask("10.0.0.1") for _ in range(5)] == [200, 200, 200, 429, 429]
    assert ask("10.0.0.2") == 200
    assert call(rate, client=("10.0.0.1", 1))[0] == 200  # reading is free
    assert {ask("127.0.0.1") for _ in range(50)} == {200}
    clock.now += 10
    assert [ask("10.0.0.1") for _ in range(2)] == [200, 429]


def test_buckets_do_not_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.serve.api.auth.MOST_ADDRESSES", 10)
    buckets = Buckets(burst=1, per_minute=1)
    assert buckets.take("first") == 0
    for number in range(50):
        assert buckets.take(f"address {number}") == 0
    assert len(buckets._left) == 10
