"""Progress on a terminal, silence in a pipe."""

import pytest

from aml_miner.cli.progress import shown_stages


@pytest.mark.parametrize("forced", ["", "1"])
def test_no_progress_in_a_pipe(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, forced: str
) -> None:
    """Colours may be wanted in a file; a bar that turns is not."""
    monkeypatch.setenv("FORCE_COLOR", forced)
    with shown_stages(2) as begin:
        begin("one")
        begin("two")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "")
