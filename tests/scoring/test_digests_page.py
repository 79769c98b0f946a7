"""The released models make of the golden batch what docs/digests.md says, bit for bit, and its commands show it."""

import re
import runpy
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from aml_miner.batch.digests import digest_folder
from aml_miner.cli.commands import app
from aml_miner.config.settings import SHIPPED_MODELS
from aml_miner.models import load_models

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "digests.md").read_text(encoding="utf-8")


def test_digests_of_the_released_models_are_those_of_the_page() -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "write_digests_page.py"))
    found = script["digests_page"]()
    message = "another bit: see docs/digests.md; of new models run scripts/write_digests_page.py"
    assert found == PAGE, message


def test_page_names_the_models_that_come_along() -> None:
    models = load_models(SHIPPED_MODELS)
    for model in (models.alert_scorer, models.alert_ranker, models.cluster_scorer):
        assert f"| `{model.kind}` | `{model.version}` |" in PAGE


def test_what_the_page_says_to_type_gives_its_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    exec(compile(code, "digests.md", "exec"), {})  # noqa: S102
    monkeypatch.delenv("MODELS_DIR", raising=False)
    (commands,) = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    for line in commands.splitlines():
        program, *arguments = shlex.split(line)
        ran = CliRunner().invoke(app, arguments)
        assert (program, ran.exit_code, line) == ("aml-miner", 0, line)
    digest = digest_folder(tmp_path / "golden-results")
    assert digest in ran.stdout.splitlines()[-1]
    assert f"| all results, as `aml-miner digest` | `{digest}` |" in PAGE
