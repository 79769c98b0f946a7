from datetime import date, timedelta
from pathlib import Path

from aml_miner.intake import remove_older
from aml_miner.utils.folders import whole_folder

NEWEST = date(2025, 11, 20)


def write(root: Path, network: str, age: int, window: int = 30) -> Path:
    folder = root / network / (NEWEST - timedelta(age)).isoformat() / str(window)
    with whole_folder(folder, "batch") as whole:
        (whole / "alerts.parquet").touch()
    return folder


def test_the_newest_dates_are_kept_and_older_ones_go(tmp_path: Path) -> None:
    folders = [write(tmp_path, "torus", age) for age in range(4)]
    other = write(tmp_path, "other", 9)
    assert remove_older(tmp_path, "torus", NEWEST, 2) == [folders[3], folders[2]]
    assert [folder.exists() for folder in folders] == [True, True, False, False]
    assert other.exists()
    assert len(list((tmp_path / "torus").iterdir())) == 2


def test_what_is_not_ours_stays(tmp_path: Path) -> None:
    noted = write(tmp_path, "torus", 9)
    (noted / "notes.txt").touch()
    foreign = noted.with_name("foreign")
    foreign.mkdir()
    dated = tmp_path / "torus" / "0000-00-00" / "30"
    dated.mkdir(parents=True)
    assert remove_older(tmp_path, "torus", NEWEST, 1) == []
    assert all(folder.is_dir() for folder in (noted, foreign, dated))


def test_what_a_killed_run_hid_is_removed(tmp_path: Path) -> None:
    kept = write(tmp_path, "torus", 0)
    (kept.parent / ".60.removed").mkdir()
    assert remove_older(tmp_path, "torus", NEWEST, 1) == []
    assert [path.name for path in kept.parent.iterdir()] == ["30"]
