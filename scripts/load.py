"""Several users ask a posterchat server on this machine at once; prints answers a second, and how long they took.

    python scripts/load.py --url http://127.0.0.1:8080 --questions FILE.jsonl --users 8 --answers 100

FILE has one JSON object with `question` a line; they are asked in turn. Each user asks the next question when the last
is answered, until `--answers` are there. `--collection` names another than the default. Only loopback is asked.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from queue_simulation import percentile


@dataclass(frozen=True)
class Seen:
    """Seconds until the quotes, the first written word (None: there was none) and the end, and how it ended."""

    quotes_s: float | None
    word_s: float | None
    total_s: float
    end: str


def ask(url: str, question: str, collection: str | None, timeout_s: float = 300.0) -> Seen:
    """One answer, read to its end."""
    body = json.dumps({"question": question} | ({"collection": collection} if collection else {})).encode()
    request = urllib.request.Request(f"{url}/api/ask", body, {"Content-Type": "application/json"})
    begun = time.perf_counter()
    at: dict[str, float] = {}
    event, end = "", "cut"
    try:
        with urllib.request.urlopen(request, timeout=timeout_s) as response:
            for raw in response:
                line = raw.decode("utf-8").strip()
                if line.startswith("event:"):
                    event = line.removeprefix("event:").strip()
                elif line.startswith("data:"):
                    at.setdefault(event, time.perf_counter() - begun)
                    end = event if event in ("done", "error") else end
    except urllib.error.HTTPError as error:
        error.close()
        end = f"status {error.code}"
    except OSError:
        pass
    return Seen(at.get("evidence"), at.get("token"), time.perf_counter() - begun, end)


def load(
    url: str, questions: Sequence[str], users: int, answers: int, collection: str | None
) -> tuple[list[Seen], float]:
    """All answers, and the seconds that they took together."""
    numbers = itertools.count()
    mutex = threading.Lock()

    def one_user(_: int) -> list[Seen]:
        seen = []
        while True:
            with mutex:
                number = next(numbers)
            if number >= answers:
                return seen
            seen.append(ask(url, questions[number % len(questions)], collection))

    begun = time.perf_counter()
    with ThreadPoolExecutor(users) as pool:
        found = [one for seen in pool.map(one_user, range(users)) for one in seen]
    return found, time.perf_counter() - begun


def main() -> int:
    """Prints the figures. Returns 0, 1 when an answer did not end well, 2 for a foreign address."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--url", required=True)
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--users", type=int, default=1)
    parser.add_argument("--answers", type=int, default=20)
    parser.add_argument("--collection")
    given = parser.parse_args()
    if urlsplit(given.url).hostname not in ("127.0.0.1", "localhost", "::1"):
        print("Only this machine is put under load.", file=sys.stderr)
        return 2
    questions = [json.loads(line)["question"] for line in given.questions.read_text().splitlines() if line.strip()]
    seen, seconds = load(given.url.rstrip("/"), questions, given.users, given.answers, given.collection)
    ends = Counter(one.end for one in seen)
    print(
        f"{len(seen)} answers in {seconds:.1f} s: {len(seen) / seconds:.2f} a second, {given.users} users; {dict(ends)}"
    )
    for name in ("quotes_s", "word_s", "total_s"):
        values = [value for one in seen if (value := getattr(one, name)) is not None]
        if values:
            told = ", ".join(f"p{share * 100:.0f} {percentile(values, share):.2f}" for share in (0.5, 0.95, 1.0))
            print(f"{name:9} {told} ({len(values)})")
    return 0 if set(ends) == {"done"} else 1


if __name__ == "__main__":
    sys.exit(main())
