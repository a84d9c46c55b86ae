"""What is built and installed: the wheel, the source archive, version numbers, and how light the command starts."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = (
    "rag",
    "prompts",
    "models",
    "examples",
    "docs",
    "pyproject.toml",
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
)
WEIGHTS = (".gguf", ".safetensors", ".onnx", ".bin", ".part")
HEAVY = ("torch", "transformers", "sentence_transformers", "chromadb", "llama_cpp", "gradio", "onnxruntime")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the source archive, built without network from a copy with stray files in it."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in (*SHIPPED, ".gitignore", "requirements.lock", "tests"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy / name)
    for stray in ("models/big.gguf", "models/minilm/model.safetensors", "rag/left.gguf", ".venv/lib/x.py", "a.log"):
        (copy / stray).parent.mkdir(parents=True, exist_ok=True)
        (copy / stray).write_bytes(b"stray")
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-t", "sdist", "-d", str(out)]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


@pytest.fixture(scope="module")
def project() -> dict[str, object]:
    """The `[project]` table of pyproject.toml."""
    table: dict[str, object] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return table


def test_the_wheel_has_all_that_the_program_reads(built: Path, project: dict[str, object]) -> None:
    wheel = built / f"posterchat-{project['version']}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        manifest = tomllib.loads(archive.read("rag/_data/models/models.toml").decode())
        entry_points = archive.read(next(name for name in names if name.endswith("entry_points.txt"))).decode()
    assert len(names) == len(set(names))
    for folder, target in (("rag", "rag"), ("prompts", "rag/_data/prompts")):
        files = (path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
        wanted = {f"{target}/{path.relative_to(ROOT / folder).as_posix()}" for path in files}
        assert wanted <= set(names)
    assert "rag/sample/iclr2022_poster_session_8.jsonl" in names
    assert "qwen2.5-coder-1.5b" in str(manifest)
    assert "posterchat = rag.serve.cli.main:main" in entry_points


def test_the_wheel_has_nothing_else(built: Path) -> None:
    with zipfile.ZipFile(next(built.glob("*.whl"))) as archive:
        names = archive.namelist()
    top = {name.split("/")[0] for name in names}
    assert {part for part in top if not part.endswith(".dist-info")} == {"rag"}
    assert [name for name in names if name.endswith(WEIGHTS) or "/tests/" in name] == []


def test_the_source_archive_has_no_weights(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = [name.partition("/")[2] for name in archive.getnames()]
    assert {"pyproject.toml", "models/models.toml", "LICENSE", "rag/text.py"} <= set(names)
    assert [name for name in names if name.endswith((*WEIGHTS, ".log")) or name.startswith(".venv")] == []


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `posterchat` of an environment of its own, as pipx makes one: only the libraries come from here."""
    place = tmp_path_factory.mktemp("pipx")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place / "venv")], check=True)
    python = place / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    wheel = next(built.glob("*.whl"))
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    packages = next((place / "venv").rglob("site-packages"))
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python.with_name("posterchat")


def outside(command: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the installed command in a folder that has nothing to do with the checkout."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [str(command), *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_an_installed_wheel_runs_outside_the_checkout(
    installed: Path, tmp_path: Path, project: dict[str, object]
) -> None:
    version = outside(installed, tmp_path, "--version", "-v")
    assert version.stdout.splitlines()[0] == f"posterchat {project['version']}", version.stderr
    assert re.search(r"^chromadb \d", version.stdout, flags=re.MULTILINE)
    assert "qwen2.5-coder-1.5b" in outside(installed, tmp_path, "models", "list").stdout
    told = outside(installed, tmp_path, "ask", "who won?")
    assert told.returncode == 1 and "Nothing is indexed yet" in told.stderr and "Traceback" not in told.stderr


@pytest.mark.real
def test_an_installed_wheel_answers(
    installed: Path, tmp_path: Path, models_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sample, the prompts and the manifest are those inside the wheel."""
    data = ["--data-dir", str(tmp_path / "data")]
    monkeypatch.setenv("POSTERCHAT_MODELS_DIR", str(models_dir))
    indexed = outside(installed, tmp_path, *data, "index", "--sample")
    assert indexed.returncode == 0 and "116 papers" in indexed.stdout, indexed.stderr
    answer = outside(installed, tmp_path, *data, "ask", "Which papers won an award?")
    assert answer.returncode == 0 and "[1]" in answer.stdout, answer.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_completes_commands_and_options(installed: Path, tmp_path: Path, shell: str) -> None:
    """What the shell's function asks for when Tab is pressed, and that function itself."""
    script = outside_shell(installed, tmp_path, {"_POSTERCHAT_COMPLETE": f"source_{shell}"})
    assert "posterchat" in script and "COMPLETE" in script
    for typed, expected in (
        ("posterchat ", "index"),
        ("posterchat papers e", "export"),
        ("posterchat ask --hi", "--history"),
    ):
        words = {"COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split(" ")) - 1), "_TYPER_COMPLETE_ARGS": typed}
        wanted = {"_POSTERCHAT_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_FISH_ACTION": "get-args", **words}
        assert expected in outside_shell(installed, tmp_path, wanted), (shell, typed)


def outside_shell(command: Path, folder: Path, variables: dict[str, str]) -> str:
    """What the command prints for the shell that sets these variables."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | variables
    done = subprocess.run([str(command)], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.stdout


def test_completion_is_installed_where_the_shell_looks(installed: Path, tmp_path: Path) -> None:
    environment = {
        "HOME": str(tmp_path),
        "PATH": os.environ["PATH"],
        "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1",
    }
    done = subprocess.run(
        [str(installed), "--install-completion", "bash"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "posterchat" in (tmp_path / ".bashrc").read_text(encoding="utf-8")


def test_the_version_is_the_same_everywhere(project: dict[str, object]) -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    released = re.findall(r"^## \[(\d[^\]]*)\]", changelog, flags=re.MULTILINE)
    assert released[0] == project["version"]


def test_the_lock_pins_every_dependency(project: dict[str, object]) -> None:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    loose = [pin for pin in pins if not re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*( ; [a-z_]+ != \"win32\")?", pin)]
    assert loose == []
    locked = {pin.partition("==")[0] for pin in pins}
    extras = project["optional-dependencies"]
    assert isinstance(extras, dict)
    wanted = [*project["dependencies"], *extras["dev"]]  # type: ignore[misc]
    assert {re.split(r"[<>=\[ ]", need)[0] for need in wanted} <= locked
    assert [name for name in locked if name.startswith(("nvidia", "cuda", "triton"))] == []


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["models", "list"], ["collections", "list"]])
def test_light_commands_load_no_heavy_library(arguments: list[str]) -> None:
    code = (
        "import sys\nfrom rag.serve.cli.main import main\n"
        "try:\n    main(sys.argv[1:])\n"
        "finally:\n    print('LOADED', *sys.modules)"
    )
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    loaded = set(done.stdout.rpartition("LOADED")[2].split())
    assert "rag.serve.cli.main" in loaded
    assert sorted(loaded & set(HEAVY)) == []
