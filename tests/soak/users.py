"""Simulated users: they ask, go away in the middle, reload, read slowly, and check every answer that they get."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import time
from collections import Counter
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from kites import Question, question
from soak_report import Asked, Report

SERVER = Path(__file__).with_name("serve_soak.py")
ROOT = Path(__file__).resolve().parents[2]
PAGES = ("/", "/health?always_200=true", "/api/papers?limit=5", "/view/topics?collection=kites", "/v1/models", "/docs")
WAYS = ("stream", "stream", "stream", "whole", "whole", "openai", "cancel", "slow", "reload")
PATIENCE_S = {"fast": 120, "real": 600}  # ten people wait for each other's real answers, on a slow machine for minutes
LONGEST_WAIT_S = 3.0  # a user who is told to wait comes back after that at the latest, to keep the load up


@asynccontextmanager
async def server(folder: Path, *, model: str, models_dir: str) -> Any:
    """The server in a process of its own; gives its address and process id."""
    arguments = [sys.executable, str(SERVER), str(folder / "data"), model, models_dir]
    errors = (folder / "server.log").open("w")
    environment = {"PYTHONPATH": f"{ROOT}:{SERVER.parent}", "PATH": "/usr/bin:/bin", "HOME": str(folder)}
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            url = (await asyncio.to_thread(process.stdout.readline)).strip()
            assert url, (folder / "server.log").read_text()
            async with httpx.AsyncClient(base_url=url, timeout=30) as client:
                while (await client.get("/health?always_200=true")).json()["status"] == "loading":
                    await asyncio.sleep(0.2)
            yield url, process.pid
        finally:
            process.terminate()
            code = await asyncio.to_thread(process.wait, 30)
            errors.close()
            assert code == 0, "the server did not stop cleanly"


async def put_under_load(
    folder: Path, *, users: int, seconds: float, model: str = "fast", models_dir: str = "", seed: int = 1
) -> Report:
    """All users at once for so many seconds."""
    async with server(folder, model=model, models_dir=models_dir) as (url, process):
        report = Report(users=users, seconds=seconds, model=model)
        limits = httpx.Limits(max_connections=2 * users + 10, max_keepalive_connections=users)
        async with httpx.AsyncClient(base_url=url, timeout=PATIENCE_S[model], limits=limits) as client:
            await _catalogue_at_rest(client, report, random.Random(seed))
            until = time.monotonic() + seconds
            watching = asyncio.create_task(_watch(client, report, process, until))
            await asyncio.gather(*(_user(client, report, random.Random(f"{seed} {n}"), until) for n in range(users)))
            await watching
            await _settled(client, report)
        report.log = (folder / "server.log").read_text()
    return report


async def _catalogue_at_rest(client: httpx.AsyncClient, report: Report, rng: random.Random) -> None:
    """How long questions for the catalogue take while nobody else asks."""
    while len(report.at_rest) < 20:
        one = question(rng)
        if one.kind == "catalogue":
            begun = time.monotonic()
            reply = await client.post("/api/ask", json={"question": one.text, "stream": False})
            report.at_rest.append(time.monotonic() - begun)
            assert one.says in reply.json()["answer"], reply.text


async def _user(client: httpx.AsyncClient, report: Report, rng: random.Random, until: float) -> None:
    await asyncio.sleep(rng.random())
    while time.monotonic() < until:
        way, one = rng.choice(WAYS), question(rng)
        try:
            if way == "reload":
                await _reload(client, report, rng)
            elif way in ("whole", "openai"):
                await _whole(client, report, one, way)
            else:
                await _stream(client, report, one, way, rng)
        except httpx.HTTPError as error:
            report.broken.append(f"{way}: {type(error).__name__} {error}")
        await asyncio.sleep(rng.expovariate(2.0))


async def _reload(client: httpx.AsyncClient, report: Report, rng: random.Random) -> None:
    begun = time.monotonic()
    reply = await client.get(rng.choice(PAGES))
    report.pages.append(time.monotonic() - begun)
    report.count(reply.status_code)


async def _whole(client: httpx.AsyncClient, report: Report, one: Question, way: str) -> None:
    begun = time.monotonic()
    if way == "openai":
        body: dict[str, Any] = {"messages": [{"role": "user", "content": one.text}]}
        reply = await client.post("/v1/chat/completions", json=body)
    else:
        reply = await client.post("/api/ask", json={"question": one.text, "stream": False})
    report.count(reply.status_code)
    if reply.status_code == 200:
        answer = reply.json()["posterchat"] if way == "openai" else reply.json()
        report.check(one, answer)
        report.asked.append(Asked(one.kind, way, begun, None, time.monotonic()))
    else:
        await _turned_away(report, reply.status_code, reply.headers.get("retry-after"))


async def _stream(client: httpx.AsyncClient, report: Report, one: Question, way: str, rng: random.Random) -> None:
    begun, first, name, leave_after = time.monotonic(), None, "", rng.randint(1, 12)
    async with client.stream("POST", "/api/ask", json={"question": one.text}) as reply:
        report.count(reply.status_code)
        if reply.status_code != 200:
            await reply.aread()
            await _turned_away(report, reply.status_code, reply.headers.get("retry-after"))
            return
        number = 0
        async for line in reply.aiter_lines():
            number += 1
            if line.startswith("event: "):
                name = line[7:]
                if name in ("token", "sentence") and first is None:
                    first = time.monotonic()
            elif line.startswith("data: "):
                if name == "done":
                    report.check(one, json.loads(line[6:]))
                elif name == "error":
                    report.errors[json.loads(line[6:])["error"]["code"]] += 1
            if way == "slow":
                await asyncio.sleep(0.05)
            if way == "cancel" and number >= leave_after:
                report.cancelled += 1
                return
    if name not in ("done", "error"):
        report.broken.append(f"a stream ended with {name!r}: {one.text}")
    report.asked.append(Asked(one.kind, way, begun, first, time.monotonic()))


async def _turned_away(report: Report, status: int, retry_after: str | None) -> None:
    if status == 429:
        if retry_after is None or not 1 <= int(retry_after) <= 600:
            report.broken.append(f"429 without a time to wait: {retry_after}")
        else:
            report.waits.append(int(retry_after))
            await asyncio.sleep(min(int(retry_after), LONGEST_WAIT_S))


async def _watch(client: httpx.AsyncClient, report: Report, process: int, until: float) -> None:
    """Memory and queue, twice a second."""
    while time.monotonic() < until:
        text = Path(f"/proc/{process}/status").read_text()
        kilobytes = int(text.partition("VmRSS:")[2].split()[0])
        report.memory.append((time.monotonic(), kilobytes / 1024))
        figures = (await client.get("/metrics")).text
        report.running.append(int(float(figures.partition("\nposterchat_answers_running ")[2].split()[0])))
        await asyncio.sleep(0.5)


async def _settled(client: httpx.AsyncClient, report: Report) -> None:
    """After the load nothing is left running, and the next question is answered."""
    for _ in range(300):
        if "\nposterchat_answers_running 0.0" in (await client.get("/metrics")).text:
            break
        await asyncio.sleep(0.1)
    else:
        report.broken.append("answers went on after the load")
    reply = await client.post("/api/ask", json={"question": "At how many metres does Kite7x fly?", "stream": False})
    report.after = Counter({reply.status_code: 1})
    if reply.status_code != 200:
        report.broken.append(f"after the load: {reply.status_code}")
