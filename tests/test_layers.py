"""Imports point one way, and the heavy or dangerous ones are where they belong."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import aml_miner

ROOT = Path(aml_miner.__file__).parent
PACKAGE = ROOT.name

ROWS = (
    {"errors"},
    {"utils"},
    {"config"},
    {"batch"},
    {"intake"},
    {"monitoring"},
    {"simulation"},
    {"features"},
    {"models"},
    {"scoring"},
    {"evaluation"},
    {"training", "validator"},
    {"daily"},
    {"api", "client"},
    {"cli"},
    {"__init__", "__main__"},
)
"""From the leaves to the shells; a module imports from rows before its own, and from its own package."""
ROW_OF = {name: number for number, names in enumerate(ROWS) for name in names}

SHELLS = {"api", "cli"}
ONLY_IN_SHELLS = {"fastapi", "starlette", "typer", "uvicorn", "rich"}
NOWHERE = {"pickle", "cPickle", "cloudpickle", "dill", "joblib", "shap", "networkx"}
OPTIONAL = {"clickhouse_connect", "matplotlib", "optuna", "pandas", "sklearn"}
MAY_NEED_OPTIONAL = {"evaluation", "training"}
LOGGER_CONFIGURATION = {"add", "configure", "remove"}


@dataclass(frozen=True)
class Import:
    """A module as it is imported: by its full name, where, and whether while the importing module loads."""

    name: str
    line: int
    at_load: bool


def layer_of(module: str) -> str:
    """Name the layer of a module: the part of its name after the package, or the module itself at the top."""
    _, _, rest = module.partition(".")
    return rest.partition(".")[0] or "__init__"


def imports_of(source: str, module: str, *, is_package: bool = False) -> list[Import]:
    """List every import of a module, but those for the type checker alone, with relative names made full."""
    parent = module if is_package else module.rpartition(".")[0]
    return list(_imports(ast.parse(source).body, parent, at_load=True))


def _imports(nodes: list[ast.stmt], parent: str, *, at_load: bool) -> Iterator[Import]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno, at_load) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from _imported_from(node, parent, at_load=at_load)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from _imports(node.orelse, parent, at_load=at_load)
        else:
            in_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            for child in ast.iter_child_nodes(node):
                inner = [child] if isinstance(child, ast.stmt) else _statements(child)
                yield from _imports(inner, parent, at_load=at_load and not in_function)


def _statements(node: ast.AST) -> list[ast.stmt]:
    """Return the statements inside what is neither statement nor expression: a case, an except."""
    return [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)]


def _imported_from(node: ast.ImportFrom, parent: str, *, at_load: bool) -> Iterator[Import]:
    base = node.module or ""
    if node.level:
        above = parent.split(".")[: len(parent.split(".")) - node.level + 1]
        base = ".".join([*above, base] if base else above)
    if base != PACKAGE:
        yield Import(base, node.lineno, at_load)
        return
    for alias in (
        node.names
    ):  # "from aml_miner import errors" imports a module, "... import __version__" does not
        is_module = alias.name in ROW_OF and not alias.name.startswith("__")
        yield Import(f"{base}.{alias.name}" if is_module else base, node.lineno, at_load)


def violations(source: str, module: str, *, is_package: bool = False) -> list[str]:
    """Return every breach of the law by one module, each as a sentence with its line."""
    own = layer_of(module)
    imports = imports_of(source, module, is_package=is_package)
    return [
        f"{module}:{found.line}: {complaint}"
        for found in imports
        if (complaint := _complaint(found, own))
    ] + [
        f"{module}:{line}: only the shells configure the log"
        for line in _logger_configurations(source)
        if own not in SHELLS
    ]


def _complaint(found: Import, own: str) -> str | None:
    top = found.name.partition(".")[0]
    if top == PACKAGE:
        other = layer_of(found.name)
        asks_version = found.name == PACKAGE and own in SHELLS
        if other != own and ROW_OF[other] >= ROW_OF[own] and not asks_version:
            return f"{own} may not import {found.name}"
    if top in NOWHERE:
        return f"nothing imports {top}"
    if top in ONLY_IN_SHELLS and own not in SHELLS:
        return f"only the shells import {top}"
    if top in OPTIONAL and found.at_load and own not in MAY_NEED_OPTIONAL:
        return f"{top} is optional: import it where it is used"
    return None


def _logger_configurations(source: str) -> list[int]:
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in LOGGER_CONFIGURATION
        and ast.unparse(node.func.value) == "logger"
    ]


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


MODULES = sorted(ROOT.rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_module_keeps_to_its_layer(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert violations(source, module_name(path), is_package=path.name == "__init__.py") == []


def test_every_package_has_a_row() -> None:
    layers = {layer_of(module_name(path)) for path in MODULES}
    assert layers <= ROW_OF.keys()


@pytest.mark.parametrize(
    ("module", "source", "complaint"),
    [
        ("batch.reading", "from aml_miner.features.builder import x", "batch may not import"),
        ("batch.reading", "from aml_miner import features", "batch may not import"),
        ("batch.reading", "from ..features import builder", "batch may not import"),
        ("batch.reading", "from .. import features", "batch may not import"),
        ("batch.reading", "import aml_miner.cli", "batch may not import"),
        ("batch.reading", "from aml_miner import __version__", "batch may not import aml_miner"),
        ("utils.folders", "def f():\n    import aml_miner.batch", "utils may not import"),
        ("errors", "import aml_miner.utils.folders", "errors may not import"),
        ("evaluation.metrics", "import aml_miner.training.folds", "evaluation may not import"),
        ("training.folds", "import aml_miner.validator", "training may not import"),
        ("batch.a", "try:\n    import fastapi\nexcept ImportError:\n    pass", "only the shells"),
        ("batch.a", "try:\n    pass\nexcept ImportError:\n    import typer", "only the shells"),
        ("batch.a", "match 1:\n    case 1:\n        import uvicorn", "only the shells"),
        ("api.routes", "def f():\n    import pickle", "nothing imports pickle"),
        ("training.a", "from joblib import load", "nothing imports joblib"),
        ("batch.a", "class A:\n    import pandas as pd", "pandas is optional"),
        ("batch.a", "if x:\n    import pandas\nelse:\n    pass", "pandas is optional"),
        (
            "models.a",
            "if TYPE_CHECKING:\n    pass\nelse:\n    import sklearn",
            "sklearn is optional",
        ),
        ("scoring.a", "logger.add(sys.stderr)", "only the shells configure the log"),
    ],
)
def test_planted_violation_is_caught(module: str, source: str, complaint: str) -> None:
    (found,) = violations(source, f"{PACKAGE}.{module}")
    assert complaint in found


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("batch.reading", "from aml_miner.errors import AmlMinerError"),
        ("batch.reading", "from aml_miner import errors"),
        ("batch.reading", "from .checking import check_table\nfrom . import schemas"),
        ("batch.reading", "import aml_miner.batch.meta"),
        ("batch.a", "if TYPE_CHECKING:\n    import pandas as pd"),
        ("batch.a", "def f():\n    import pandas as pd"),
        ("training.a", "import sklearn\nfrom aml_miner.evaluation import metrics"),
        ("validator.a", "import aml_miner.evaluation.metrics"),
        ("cli.a", "import aml_miner\nprint(aml_miner.__version__)"),
        ("cli.a", "import typer\nlogger.remove()\nfrom aml_miner import api"),
        ("scoring.a", "from loguru import logger\nlogger.info('x')\nseen.add(1)"),
        ("__main__", "from aml_miner.cli import main"),
    ],
)
def test_lawful_import_is_left_alone(module: str, source: str) -> None:
    assert violations(source, f"{PACKAGE}.{module}") == []


def test_package_initialiser_may_import_its_own_modules() -> None:
    source = "from .reading import read_batch"
    assert violations(source, f"{PACKAGE}.batch", is_package=True) == []
