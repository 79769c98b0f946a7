"""Progress on a terminal, silence in a pipe."""

import pytest

from aml_miner.cli.progress import shown_stages


def test_no_progress_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    with shown_stages(2) as begin:
        begin("one")
        begin("two")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "")
