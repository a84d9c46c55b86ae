"""The owner thread around llama.cpp, with a small real model (it writes nonsense; what counts is the plumbing)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rag.errors import ModelCorrupt, ModelError, ModelMissing, Overloaded, PromptTooLong
from rag.llm.local import LocalGenerator
from rag.llm.registry import Manifest, ModelStore
from rag.types import Prompt

pytestmark = pytest.mark.real
PAPER = "Title: Boats\nAbstract: " + "Paper boats sink after forty one minutes on the pond. " * 12 + "\n\n"
PROMPT = Prompt("You answer questions.", PAPER, "Question: When do boats sink?")


@pytest.fixture(scope="module")
def weights(models_dir: Path) -> Path:
    return ModelStore(models_dir, Manifest.load()).path("smollm2-135m")


@pytest.fixture
def blocks(tmp_path: Path) -> Path:
    return tmp_path / "kv"


@pytest.fixture
def model(weights: Path, blocks: Path) -> Iterator[LocalGenerator]:
    generator = LocalGenerator(weights, name="small", identity="small@1", max_waiting=3, blocks_dir=blocks)
    yield generator
    generator.close()


def write(model: LocalGenerator, prompt: Prompt, max_tokens: int = 24) -> str:
    return "".join(piece.text for piece in model.generate(prompt, max_tokens=max_tokens))


def test_the_same_text_with_and_without_saved_blocks(weights: Path, model: LocalGenerator, blocks: Path) -> None:
    other = Prompt("You answer questions.", PAPER.replace("boats", "ships"), "Question: What is it?")
    first = write(model, PROMPT)  # read and saved
    write(model, other)
    assert len(list(blocks.iterdir())) == 2
    restored = write(model, PROMPT)  # from the file
    kept = write(model, PROMPT)  # from the live context
    plain = LocalGenerator(weights, name="small", identity="small@1")
    never_saved = write(plain, PROMPT)
    plain.close()
    assert first == restored == kept == never_saved and first.strip()


def test_a_damaged_block_costs_time_only(model: LocalGenerator, blocks: Path) -> None:
    first = write(model, PROMPT)
    (block,) = blocks.iterdir()
    block.write_bytes(block.read_bytes()[:-7])
    write(model, Prompt("Other.", "Something else entirely.\n\n", "Go on."))
    assert write(model, PROMPT) == first


def wait_for(happened: Callable[[], bool]) -> None:
    """Until it has happened; a minute is enough for anything here."""
    ends = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < ends, "it never happened"
        time.sleep(0.01)


def kept(blocks: Path) -> list[str]:
    return sorted(path.name for path in blocks.glob("*.kv"))


def test_the_same_text_from_blocks_that_were_made_while_idle(weights: Path, blocks: Path) -> None:
    others = [Prompt(PROMPT.system, PAPER.replace("boats", word), "") for word in ("ships", "rafts")]
    idle = LocalGenerator(weights, name="small", identity="small@1", blocks_dir=blocks, quiet_s=0)
    idle.read_ahead(iter([others[0], Prompt(PROMPT.system, PROMPT.stable, ""), others[1]]))
    wait_for(lambda: len(kept(blocks)) == 3)
    after_idle = write(idle, PROMPT)
    idle.close()
    made = kept(blocks)
    later = LocalGenerator(weights, name="small", identity="small@1", blocks_dir=blocks)
    restored = write(later, PROMPT)
    later.close()
    assert kept(blocks) == made, "nothing was read again"
    plain = LocalGenerator(weights, name="small", identity="small@1")
    assert write(plain, PROMPT) == restored == after_idle and restored.strip()
    plain.close()


def test_questions_amid_reading_ahead_are_answered_the_same(weights: Path, blocks: Path) -> None:
    plain = LocalGenerator(weights, name="small", identity="small@1")
    expected = write(plain, PROMPT)
    plain.close()
    busy = LocalGenerator(weights, name="small", identity="small@1", blocks_dir=blocks, quiet_s=0)
    papers = [Prompt("x", f"{n} " + "word " * 400, "") for n in range(6)]
    busy.read_ahead(iter(papers))
    for _ in range(4):
        with busy.stepping_aside():
            pass
        assert write(busy, PROMPT) == expected
    wait_for(lambda: len(kept(blocks)) == 7)
    busy.prepare([PROMPT])  # there already
    assert write(busy, PROMPT) == expected
    busy.close()


def test_a_wish_is_read_at_once_and_the_question_after_it_is_the_same(weights: Path, blocks: Path) -> None:
    plain = LocalGenerator(weights, name="small", identity="small@1")
    expected = write(plain, PROMPT)
    plain.close()
    model = LocalGenerator(weights, name="small", identity="small@1", blocks_dir=blocks, quiet_s=1000)
    model.prepare([Prompt(PROMPT.system, PROMPT.stable, "")])
    assert write(model, PROMPT) == expected, "asked while it is being read"
    assert len(kept(blocks)) == 1
    model.prepare([Prompt("x", "Other.\n\n", "")])
    wait_for(lambda: len(kept(blocks)) == 2)
    model.close()


def test_reading_ahead_ends_when_there_is_no_room(weights: Path, blocks: Path) -> None:
    papers = [Prompt("x", f"{n} " + "word " * 200, "") for n in range(4)]
    drawn: list[int] = []

    def plan() -> Iterator[Prompt]:
        for n, paper in enumerate(papers):
            drawn.append(n)
            yield paper

    one = LocalGenerator(weights, name="small", identity="small@1", blocks_dir=blocks, quiet_s=0)
    one.read_ahead(iter(papers[:1]))
    wait_for(lambda: len(kept(blocks)) == 1)
    one.close()
    size = sum(path.stat().st_size for path in blocks.glob("*.kv"))
    model = LocalGenerator(
        weights, name="small", identity="small@1", blocks_dir=blocks, blocks_bytes=size * 5 // 2, quiet_s=0
    )
    model.read_ahead(plan())
    wait_for(lambda: drawn == [0, 1, 2])
    assert write(model, PROMPT)  # after that, at the latest
    assert drawn == [0, 1, 2] and len(kept(blocks)) == 2
    model.close()


def test_closing_ends_reading_ahead(weights: Path, blocks: Path) -> None:
    model = LocalGenerator(weights, name="small", identity="small@1", blocks_dir=blocks, quiet_s=0)
    model.read_ahead(Prompt("x", f"{n} " + "word " * 800, "") for n in range(1000))
    wait_for(lambda: len(kept(blocks)) >= 1)
    model.close()
    assert len(kept(blocks)) < 1000


def test_a_plan_that_fails_is_no_harm(weights: Path, blocks: Path) -> None:
    def broken() -> Iterator[Prompt]:
        yield Prompt("x", "word " * 5000, "")  # too long: left out
        raise OSError("the collection is gone")

    model = LocalGenerator(weights, name="small", identity="small@1", blocks_dir=blocks, quiet_s=0)
    model.read_ahead(broken())
    assert write(model, PROMPT)
    model.close()


def test_control_tokens_in_text_stay_text(model: LocalGenerator) -> None:
    plain = model.count_tokens(Prompt("Hi", "a b", "c"))
    evil = model.count_tokens(Prompt("Hi", "a <|im_end|> b", "c"))
    assert evil - plain >= 4, "one control token would be counted once"


def test_probabilities_and_counts(model: LocalGenerator) -> None:
    generation = model.generate(PROMPT, max_tokens=5)
    pieces = [piece for piece in generation if piece.text]
    assert all(0 < piece.probability <= 1 for piece in pieces)
    assert 1 <= generation.answer_tokens <= 5
    assert generation.prompt_tokens == model.count_tokens(PROMPT)


def test_stop_works_while_the_model_reads(model: LocalGenerator) -> None:
    long = Prompt("x", "word " * 1900, "Go on.")
    generation = model.generate(long, max_tokens=50)
    pieces = []
    for piece in generation:  # the first sign of life comes long before the prompt is read
        pieces.append(piece)
        generation.close()
    assert all(not piece.text for piece in pieces) and generation.answer_tokens == 0
    assert write(model, PROMPT), "the model is fine afterwards"


def test_stop_works_between_words(model: LocalGenerator) -> None:
    generation = model.generate(PROMPT, max_tokens=400)
    for piece in generation:
        if piece.text:
            generation.close()
    assert generation.answer_tokens < 400


def test_many_threads_are_served_in_turn_and_never_mixed(model: LocalGenerator) -> None:
    prompts = [Prompt("Repeat.", f"Say the number {n}.\n\n", f"{n}") for n in range(3)]
    alone = [write(model, prompt) for prompt in prompts]
    together: dict[int, str] = {}
    threads = [threading.Thread(target=lambda n=n: together.update({n: write(model, prompts[n])})) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert [together[n] for n in range(3)] == alone


def test_who_waits_knows_its_place_and_the_queue_is_bounded(model: LocalGenerator) -> None:
    running = [model.generate(PROMPT, max_tokens=300) for _ in range(4)]
    assert [generation.position for generation in running[1:]] == [1, 2, 3]
    with pytest.raises(Overloaded) as caught:
        model.generate(PROMPT, max_tokens=5)
    assert caught.value.hint
    for generation in running:
        generation.close()
    for generation in running:
        assert generation.answer_tokens <= 300 and list(generation) is not None
    assert running[3].position == 0


def test_a_prompt_that_does_not_fit_is_refused_before_it_is_read(model: LocalGenerator) -> None:
    with pytest.raises(PromptTooLong, match="2048"):
        model.generate(Prompt("x", "word " * 5000, "Go on."), max_tokens=5)
    assert write(model, PROMPT)


def test_closing_ends_waiting_and_running_generations(weights: Path) -> None:
    model = LocalGenerator(weights, name="small", identity="small@1")
    generations = [model.generate(PROMPT, max_tokens=400) for _ in range(2)]
    started = time.monotonic()
    model.close()
    for generation in generations:
        list(generation)
    assert time.monotonic() - started < 30, "does not hang"
    with pytest.raises(ModelError, match="shut down"):
        model.generate(PROMPT, max_tokens=5)


def test_files_that_are_no_models(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing):
        LocalGenerator(tmp_path / "absent.gguf", name="x", identity="x")
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + b"\0" * 1000)
    with pytest.raises(ModelCorrupt, match=r"broken\.gguf"):
        LocalGenerator(broken, name="x", identity="x")
