"""What the demo says of the ten alerts it shows."""

from pathlib import Path

import polars as pl

from aml_miner.batch.reading import read_batch
from aml_miner.cli.demo import _tally
from aml_miner.models import load_models
from aml_miner.scoring import first_alerts, score_batch


def test_what_launders_is_counted_among_the_first_alerts_and_among_all(world: Path) -> None:
    batch = read_batch(world / "batch")
    results = score_batch(batch, load_models(world / "models"))
    truth = world / "transfers" / "ground_truth.parquet"
    illicit = pl.read_parquet(truth).filter("is_illicit")["address"].to_list()
    first = first_alerts(results, batch)["address"].to_list()
    tenth = (batch.alerts.height + 9) // 10
    by_rank = results.alert_rankings.sort("rank")["alert_id"].head(tenth)
    address = dict(batch.alerts.select("alert_id", "address").iter_rows())
    assert _tally(results, batch, truth, 10) == {
        "shown": 10,
        "illicit_shown": sum(each in illicit for each in first),
        "tenth": tenth,
        "illicit_in_tenth": sum(address[each] in illicit for each in by_rank),
        "alerts": batch.alerts.height,
        "illicit_alerts": sum(each in illicit for each in batch.alerts["address"]),
        "truth": str(truth),
    }
    assert _tally(results, batch, world / "none", 10) is None
