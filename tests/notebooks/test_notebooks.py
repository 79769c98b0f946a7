"""The notebooks run from their first cell to their last, and hold no outputs that could be of another program.

Their cells are plain Python, so they are run as it, one after the other in one namespace: a kernel and what it needs
would be thirty packages for what `exec` does.
"""

import ast
import json
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def cells(path: Path) -> list[dict[str, Any]]:
    return list(json.loads(path.read_text(encoding="utf-8"))["cells"])


def run(path: Path) -> dict[str, Any]:
    """Run every cell and return what is left; what a notebook would show of a last expression is shown to nobody."""
    names: dict[str, Any] = {"__name__": path.stem}
    for number, cell in enumerate(cells(path)):
        if cell["cell_type"] == "code":
            body = ast.parse("".join(cell["source"]))
            shown = body.body.pop() if isinstance(body.body[-1], ast.Expr) else None
            where = f"{path.name}, cell {number}"
            exec(compile(body, where, "exec", dont_inherit=True), names)  # noqa: S102
            if isinstance(shown, ast.Expr):
                asked = compile(ast.Expression(shown.value), where, "eval", dont_inherit=True)
                names["shown"] = eval(asked, names)  # noqa: S307
    return names


@every_notebook
def test_notebook_is_one_without_outputs(path: Path) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    assert (content["nbformat"], content["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in content["cells"]}) == len(content["cells"])
    assert {cell["cell_type"] for cell in content["cells"]} == {"code", "markdown"}
    assert content["cells"][0]["source"][0].startswith("# ")
    for cell in content["cells"]:
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None)


@every_notebook
def test_links_of_a_notebook_lead_to_files(path: Path) -> None:
    text = "".join(line for cell in cells(path) for line in cell["source"])
    links = [part.partition(")")[0].partition("#")[0] for part in text.split("](")[1:]]
    assert links
    assert [link for link in links if not (FOLDER / link).exists()] == []


def test_models_of_ones_own_are_trained_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    left = run(FOLDER / "train_your_own.ipynb")
    assert left["first"].height == 10
    assert set(left["shown"]) == {
        ".aml_miner",
        "alert_ranker",
        "alert_scorer",
        "cluster_scorer",
        "golden.json",
    }
    assert left["measured"]["model"] > 0.7  # an economy it never saw; 0.5 is chance


def test_an_explanation_is_read_and_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    left = run(FOLDER / "read_an_explanation.ipynb")
    assert len(left["explanation"].reasons) == 5
    assert all(
        reason.reason in capsys.readouterr().out for reason in left["explanation"].reasons[:1]
    )
    assert left["shown"]._repr_svg_().startswith("<svg ")
