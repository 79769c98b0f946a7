"""Which rows are drawn follows from their ids and the seed, and a request holds what its rows need alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aml_miner.batch.batch import Batch
from aml_miner.errors import ConfigurationError
from aml_miner.validator.sample import alerts_of, clusters_of, draw_ids

IDS = [f"alert-{number}" for number in range(40)]


@given(st.permutations(IDS), st.sampled_from([0.01, 0.05, 0.5, 1.0]), st.integers(0, 9))
def test_the_order_of_rows_draws_nothing(ids: list[str], share: float, seed: int) -> None:
    assert draw_ids(ids, share, seed) == draw_ids(IDS, share, seed)


@pytest.mark.parametrize(("share", "count"), [(0.001, 1), (0.025, 1), (0.026, 2), (1.0, 40)])
def test_a_share_is_rounded_up(share: float, count: int) -> None:
    assert len(draw_ids(IDS, share, seed=1)) == count


def test_a_smaller_share_is_part_of_a_larger_one() -> None:
    assert set(draw_ids(IDS, 0.1, seed=3)) < set(draw_ids(IDS, 0.4, seed=3))


def test_another_seed_draws_others() -> None:
    assert draw_ids(IDS, 0.2, seed=1) != draw_ids(IDS, 0.2, seed=2)


@pytest.mark.parametrize("share", [0.0, -0.1, 1.01, float("nan")])
def test_a_share_out_of_range_is_refused(share: float) -> None:
    with pytest.raises(ConfigurationError, match=r"^share must be above 0 and at most 1; found"):
        draw_ids(IDS, share, seed=1)


def test_a_request_of_an_alert_holds_its_address_alone(batch: Batch) -> None:
    request = alerts_of(batch, batch.alerts[:1])
    assert request.alerts["alert_id"].to_list() == ["alert-1"]
    assert request.features["address"].to_list() == ["splitter"]
    assert request.clusters.is_empty()


def test_a_request_of_a_cluster_holds_the_addresses_it_involves(batch: Batch) -> None:
    request = clusters_of(batch, batch.clusters[1:2])
    assert request.clusters["cluster_id"].to_list() == ["cluster-2"]
    assert request.features["address"].to_list() == ["collector", "courier"]
    assert request.alerts.is_empty()
