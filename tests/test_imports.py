"""The shape of the code, read from its syntax trees: who may import whom, where heavy libraries are, and sizes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# Data flows one way: a layer imports the layers to its left, never back.
BASE = {"types", "errors", "resources", "text"}
FLOW = ("ingest", "index", "retrieve", "answer")
MAY_IMPORT: dict[str, set[str]] = {
    "types": set(),
    "errors": set(),
    "resources": set(),
    "text": {"types", "errors", "resources"},
    "settings": {"errors"},
    "testing": BASE | {"settings"},
    "testing_library": BASE | {"settings", "testing"},
    "llm": BASE,
    **{layer: BASE | set(FLOW[:place]) for place, layer in enumerate(FLOW)},
    "evaluate": BASE | {*FLOW, "llm"},
    "engines": BASE | {"index", "llm", "settings"},
    "wiring": BASE | {*FLOW, "llm", "settings", "engines"},
    "python_api": BASE | {"ingest", "settings", "wiring"},
    "silent": set(),
    "": {"python_api", "silent"},
    "serve": BASE | {*FLOW, "llm", "settings", "engines", "wiring", "evaluate"},
    "__main__": {"serve"},
}
# Each is imported by one module at most (those marked True: by exactly one), and only when it is needed.
HEAVY = {
    **dict.fromkeys(["llama_cpp", "chromadb", "sentence_transformers", "gradio"], True),
    **dict.fromkeys(["onnx", "onnxruntime", "tokenizers"], True),
    "torch": False,
    "mcp": True,  # an optional extra: nothing else may need it
}
NEVER_AT_START = {*HEAVY, "transformers", "sklearn", "scipy", "pandas"}
MAX_FILE_LINES, MAX_FUNCTION_LINES = 300, 60

Import = tuple[str, bool]  # dotted name, and whether it runs when the module is imported


def python_files(*folders: str) -> list[Path]:
    """All Python files of the repository's `folders`."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def module_name(path: Path) -> str:
    """`rag/index/chunk.py` → `rag.index.chunk`; a package's `__init__.py` → the package."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(tree: ast.AST, at_start: bool = True) -> Iterator[Import]:
    """All imports below `tree`, with those by `importlib.import_module("name")`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, at_start) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: relative import"
            yield from ((f"{node.module}.{alias.name}", at_start) for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            if node.args and isinstance(node.args[0], ast.Constant):
                yield str(node.args[0].value), at_start
        elif isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            yield from imports(ast.Module(body=node.body, type_ignores=[]), False)
            yield from imports(ast.Module(body=node.orelse, type_ignores=[]), at_start)
            continue
        deferred = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        yield from imports(node, at_start and not deferred)


def imports_of(path: Path) -> list[Import]:
    """All imports of the file."""
    return list(imports(ast.parse(path.read_text(encoding="utf-8"))))


def rag_graph() -> dict[str, set[str]]:
    """Each module of `rag` with the modules of `rag` that it imports, wherever in the file."""
    names = {module_name(path): path for path in python_files("rag")}
    graph: dict[str, set[str]] = {}
    for name, path in names.items():
        targets = (dotted for dotted, _ in imports_of(path) if dotted.split(".")[0] == "rag")
        # `from rag.index import chunk` names a module, `from rag.types import Paper` something in one.
        graph[name] = {dotted if dotted in names else dotted.rpartition(".")[0] for dotted in targets} - {name}
    return graph


def find_cycle(graph: dict[str, set[str]]) -> list[str]:
    """One cycle of the graph, as the modules in order, or an empty list."""
    finished: set[str] = set()

    def visit(name: str, trail: list[str]) -> list[str]:
        if name in trail:
            return [*trail[trail.index(name) :], name]
        if name not in finished:
            for target in sorted(graph.get(name, ())):
                if cycle := visit(target, [*trail, name]):
                    return cycle
            finished.add(name)
        return []

    return next((cycle for name in sorted(graph) if (cycle := visit(name, []))), [])


def layer_of(module: str) -> str:
    """The part of a module's name that the table speaks of; empty for the package itself."""
    return module.partition(".")[2].partition(".")[0]


def test_every_part_of_the_package_is_in_the_table() -> None:
    parts = {layer_of(module_name(path)) for path in python_files("rag")} - {"", "sample"}
    assert parts <= set(MAY_IMPORT)
    assert parts >= {*FLOW, "llm", "serve", "wiring", "types"}


def test_imports_go_one_way() -> None:
    wrong = [
        f"{module} imports {target}"
        for module, targets in rag_graph().items()
        for target in targets
        if (layer := layer_of(target)) and layer not in MAY_IMPORT.get(layer_of(module), set()) | {layer_of(module)}
    ]
    assert not wrong


def test_no_cycles() -> None:
    assert find_cycle(rag_graph()) == []
    assert find_cycle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]


@pytest.mark.parametrize("library", HEAVY)
def test_a_heavy_library_has_one_owner(library: str) -> None:
    owners = [
        str(path.relative_to(ROOT))
        for path in python_files("rag")
        if any(name.split(".")[0] == library for name, _ in imports_of(path))
    ]
    assert len(owners) <= 1, owners
    assert owners or not HEAVY[library], f"nothing imports {library}"


def test_the_core_is_synchronous() -> None:
    """Only web middleware, in `serve`, has something to await."""
    core = (path for path in python_files("rag") if layer_of(module_name(path)) != "serve")
    trees = ((path, ast.parse(path.read_text(encoding="utf-8"))) for path in core)
    assert [p for p, tree in trees if any(isinstance(node, ast.AsyncFunctionDef) for node in ast.walk(tree))] == []


def test_no_heavy_library_at_import_time() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in python_files("rag")
        for name, at_start in imports_of(path)
        if at_start and name.split(".")[0] in NEVER_AT_START
    ]
    assert not wrong


def test_the_reader_of_imports_sees_every_kind() -> None:
    source = """
import a.b
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import c
else:
    from d import e
try:
    import f
except ImportError:
    f = None
class K:
    import g
    def method(self):
        import h
def function():
    from i import j
    return importlib.import_module("k.l")
"""
    seen = dict(imports(ast.parse(source)))
    assert {name for name, at_start in seen.items() if at_start} == {"a.b", "typing.TYPE_CHECKING", "d.e", "f", "g"}
    assert {name for name, at_start in seen.items() if not at_start} == {"c", "h", "i.j", "k.l"}


@pytest.mark.parametrize("path", python_files("rag", "scripts"), ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_are_short_and_public_ones_are_described(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    assert len(source.splitlines()) <= MAX_FILE_LINES
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    lengths = {node.name: node.end_lineno - node.lineno + 1 for node in functions if node.end_lineno}
    assert {name: lines for name, lines in lengths.items() if lines > MAX_FUNCTION_LINES} == {}
    public = [
        node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
    ]
    assert [node.name for node in public if ast.get_docstring(node) is None] == []
    assert not tree.body or ast.get_docstring(tree) is not None, "the module says nothing about itself"
