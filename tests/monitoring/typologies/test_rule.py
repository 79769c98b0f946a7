import polars as pl

from aml_miner.monitoring.typologies.rule import capped, suspects


def test_a_rule_reads_what_it_shows_and_no_other_feature() -> None:
    features = pl.DataFrame({"volume": [5.0, 40.0, 10.0], "degree": [1, 2, 3], "rest": [0, 0, 0]})
    volume = pl.col("volume")
    rows = suspects(
        features,
        pl.col("degree") > 1,
        volume / 20,
        0.4,
        shown=("degree",),
        half=capped(volume / 20) / 2,
    )
    assert rows == [
        {"number": 1, "degree": 2, "confidence": 1.0, "half": 0.5},
        {"number": 2, "degree": 3, "confidence": 0.5, "half": 0.25},
    ]
