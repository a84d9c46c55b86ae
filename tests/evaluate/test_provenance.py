"""Fingerprints: what changes an answer changes them, and nothing else does."""

from __future__ import annotations

from pathlib import Path

from rag.evaluate.provenance import LIBRARIES, code_fingerprint, versions


def tree(root: Path) -> tuple[Path, Path]:
    package, prompts = root / "rag", root / "prompts"
    for path, text in {
        package / "types.py": "x = 1\n",
        package / "answer" / "check.py": "y = 2\n",
        package / "answer" / "support.json": '{"weight": 2}\n',
        package / "serve" / "cli.py": "z = 3\n",
        package / "evaluate" / "score.py": "z = 4\n",
        prompts / "read.md": "Read $title.\n",
    }.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return package, prompts


def test_code_coefficients_and_prompts_count_surfaces_do_not(tmp_path: Path) -> None:
    package, prompts = tree(tmp_path)
    before = code_fingerprint(package, prompts)
    assert len(before) == 12
    (package / "serve" / "cli.py").write_text("z = 5\n")
    (package / "evaluate" / "new.py").write_text("")
    assert code_fingerprint(package, prompts) == before
    seen = {before}
    answer = package / "answer"
    for path in (package / "types.py", answer / "check.py", answer / "support.json", prompts / "read.md"):
        path.write_text(path.read_text() + "# more\n")
        seen.add(code_fingerprint(package, prompts))
    (answer / "check.py").rename(answer / "checks.py")
    seen.add(code_fingerprint(package, prompts))
    assert len(seen) == 6


def test_the_program_has_one() -> None:
    assert code_fingerprint() == code_fingerprint()


def test_versions_name_all_libraries() -> None:
    found = versions()
    assert {"python", "machine", *LIBRARIES} == set(found)
    assert found["numpy"][0].isdigit()
    assert "cores" in found["machine"]
