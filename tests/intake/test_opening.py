from datetime import date
from pathlib import Path

import pytest

from aml_miner.errors import ConfigurationError, SourceError
from aml_miner.intake import Access, Place, open_source, places_between
from aml_miner.intake.effort import Effort
from aml_miner.intake.http import HttpFiles


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("ftp://host/batches", "expected a folder, http://.*; found 'ftp://host/batches'"),
        ("https://host/batches?key=1", "expected a folder"),
        ("s3:///prefix", "expected a folder"),
        ("https://host:port/", "not a URL"),
        ("https://user:secret@host/", "must hold no user or password"),
        ("clickhouse://user@host/", "must hold no user or password"),
    ],
)
def test_a_source_of_no_known_kind_is_told(url: str, complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint) as refused:
        open_source(url, Access(), Effort())
    assert "secret" not in str(refused.value)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="there is no such folder"):
        open_source(str(tmp_path / "none"), Access(), Effort())


def test_a_redirect_to_plain_http_is_refused() -> None:
    import httpx

    files = HttpFiles("https://host/batches", Effort())
    with pytest.raises(SourceError, match="redirects to http"):
        files._keep_encrypted(httpx.Request("GET", "http://host/batches"))


@pytest.mark.parametrize("network", ["", "..", ".hidden", "a/b", "a b", "é"])
def test_a_network_that_leads_elsewhere_is_refused(network: str) -> None:
    with pytest.raises(ConfigurationError, match="network: expected letters"):
        Place(network, date(2025, 11, 20), 30)


def test_every_date_and_window_has_a_place() -> None:
    first, last = date(2025, 2, 28), date(2025, 3, 1)
    places = places_between("torus", first, last, [30, 7, 30])
    assert [(place.day, place.window_days) for place in places] == [
        (first, 7), (first, 30), (last, 7), (last, 30),
    ]  # fmt: skip
    with pytest.raises(ConfigurationError, match="is before the first"):
        places_between("torus", last, first, [7])
    with pytest.raises(ConfigurationError, match="expected one or more"):
        places_between("torus", first, last, [])
    with pytest.raises(ConfigurationError, match="expected 1 or more days"):
        Place("torus", first, 0)
