"""`posterchat models bench`: how quick the models here are, with how many threads, and which one suits the machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from rag.errors import ModelMissing
from rag.serve.cli.common import Cli, JsonOption
from rag.serve.terminal import plain

if TYPE_CHECKING:
    from rag.llm.measure import Speed
    from rag.llm.registry import ModelStore
    from rag.settings import Settings


def bench(
    context: typer.Context,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="By default all language models that are here.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Measure how quick language models are here, and say which one suits this machine.

    The number of threads that was quickest is remembered and used from then on, unless a setting says otherwise. Leave
    the machine alone meanwhile.
    """
    from rag.engines import keep_threads, this_machine
    from rag.llm.measure import estimate, recommend, usable_memory
    from rag.llm.registry import Manifest, ModelStore

    cli = Cli.of(context)
    settings = cli.settings()
    store = ModelStore(settings.models_path, Manifest.load(), allow_unpinned=settings.allow_unpinned)
    here = [spec.name for spec, present, _ in store.status() if present and spec.role == "llm"]
    wanted = list(dict.fromkeys(names or here))
    if not wanted:
        raise ModelMissing("No language model is on this machine.", hint="Run: posterchat models pull --all-default")
    if settings.llm in wanted:  # the threads are chosen with the one that is used
        wanted.insert(0, wanted.pop(wanted.index(settings.llm)))
    speeds, tried = _measure(cli, settings, store, wanted)
    threads = speeds[0].threads
    keep_threads(settings, threads)
    absent = [store.manifest.get(name) for name in store.manifest.names("llm") if name not in here]
    rows = speeds if names else [*speeds, *(estimate(spec.name, spec.bytes, speeds) for spec in absent)]
    memory = usable_memory()
    best = recommend(rows, memory)
    if json:
        found: dict[str, Any] = {"machine": this_machine(), "memory_bytes": memory, "threads": threads}
        found["threads_tried"] = [asdict(speed) for speed in tried]
        cli.json(found | {"models": [asdict(row) for row in rows], "best": best.name if best else None})
        return
    cli.out.print(_table(rows))
    cli.note(this_machine())
    cli.say(
        f"Threads: {threads}" + ("" if not settings.threads else f", but the setting threads is {settings.threads}")
    )
    cli.say(_verdict(best, settings.llm))


def _measure(cli: Cli, settings: Settings, store: ModelStore, wanted: Sequence[str]) -> tuple[list[Speed], list[Speed]]:
    """The speed of each model, and what the first one did with each number of threads."""
    from rag.llm.cores import physical_cores, usable_cores
    from rag.llm.measure import Job, measure, quickest

    physical, usable = physical_cores(), usable_cores()
    candidates = tuple(sorted({max(1, physical // 2), max(1, physical - 1), physical, usable}))
    speeds: list[Speed] = []
    tried: list[Speed] = []
    with cli.bar() as progress:
        for number, name in enumerate(wanted):
            progress(number, len(wanted), f"measuring {name}")
            model = store.resolve(name)
            threads = (speeds[0].threads,) if speeds else candidates
            found = measure(Job(model.name, model.path, threads, settings.context_tokens, settings.gpu_layers))
            tried = tried or found
            speeds.append(quickest(found))
        progress(len(wanted), len(wanted), "measured")
    return speeds, tried


def _table(rows: Sequence[Speed]) -> Table:
    from rag.serve.cli.common import size_text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("model", "memory", "reads", "writes", ""):
        table.add_column(heading, justify="left" if heading in ("model", "") else "right")
    for row in rows:
        about = "about " if row.estimated else ""
        cells = (
            row.name,
            size_text(row.memory),
            f"{about}{row.read_per_s:.0f} tokens/s",
            f"{about}{row.write_per_s:.0f} tokens/s",
            "not here; estimated by its size" if row.estimated else "",
        )
        table.add_row(*(Text(plain(cell)) for cell in cells))
    return table


def _verdict(best: Speed | None, used: str) -> str:
    if best is None:
        return "None of these suits this machine: use a model on a server (POSTERCHAT_LLM_URL)."
    if best.name == used:
        return f"{best.name}, which is in use, is the best for this machine."
    get = f"posterchat models pull {best.name}, then " if best.estimated else ""
    return f"Best for this machine is {best.name}: {get}set POSTERCHAT_LLM={best.name}"
