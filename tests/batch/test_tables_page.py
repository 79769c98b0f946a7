import runpy
import sys
from pathlib import Path

import pytest

from aml_miner.batch import schemas
from aml_miner.batch.schemas import Table

REPOSITORY = Path(__file__).resolve().parents[2]
SCRIPT = REPOSITORY / "scripts" / "write_tables_page.py"
PAGE = REPOSITORY / "docs" / "tables.md"


def test_page_is_up_to_date(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), "--check"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(SCRIPT), run_name="__main__")
    assert (ended.value.code, capsys.readouterr().out) == (0, "up to date\n")


@pytest.mark.parametrize("table", [t for t in vars(schemas).values() if isinstance(t, Table)])
def test_page_names_every_column_of_every_table(table: Table) -> None:
    sections = PAGE.read_text(encoding="utf-8").split("\n## ")
    names = [f"| `{column.name}` |" for column in table.columns]
    assert any(all(name in section for name in names) for section in sections)
