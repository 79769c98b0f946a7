"""Draws vary in everything there is to vary, and give one digest."""

from dataclasses import replace
from pathlib import Path

import pytest

from aml_miner.batch.batch import Batch
from aml_miner.errors import PredictionError
from aml_miner.models import Models
from aml_miner.validator.draws import (
    PLAIN,
    digest_plain,
    draw_afresh,
    draw_here,
    laid_out,
    make_draw,
    make_draws,
)

SEVERAL = [make_draw(number, 42) for number in range(60)]


def test_a_draw_follows_from_number_and_seed() -> None:
    assert make_draw(3, 42) == make_draw(3, 42)
    assert make_draw(3, 42) != make_draw(3, 43)


def test_everything_varies_between_draws() -> None:
    assert {draw.parts for draw in SEVERAL} == set(range(1, 9))
    assert {draw.threads for draw in SEVERAL} == {1, 2, 3, 4}
    assert {draw.fresh for draw in SEVERAL} == {True, False}
    assert len({draw.seed for draw in SEVERAL}) == len(SEVERAL)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("count", [2, 3])
def test_of_several_draws_one_is_in_a_fresh_process_and_one_is_not(count: int, seed: int) -> None:
    draws = make_draws(count, seed)
    assert {draw.fresh for draw in draws} == {True, False}
    unturned = [replace(draw, fresh=True) for draw in draws]
    assert unturned == [replace(make_draw(number, seed), fresh=True) for number in range(count)]


def test_one_draw_is_as_it_is_drawn() -> None:
    assert make_draws(0, 42) == []
    assert {make_draws(1, seed)[0].fresh for seed in range(20)} == {True, False}


def test_draws_give_one_digest_here_and_in_a_fresh_process(small: Models, odd_batch: Batch) -> None:
    models = (small.alert_scorer, small.alert_ranker, small.cluster_scorer)
    digests = {draw_here(models, odd_batch, draw) for draw in SEVERAL[:5]}
    with laid_out(models, odd_batch) as folder:
        drawn = draw_afresh(folder, next(draw for draw in SEVERAL if draw.fresh))
    assert digests == {drawn.sha256} == {digest_plain(models, odd_batch)}
    assert drawn.peak_memory_mb is not None
    assert 20.0 < drawn.peak_memory_mb < 4_000.0
    assert not folder.exists()


def test_another_row_gives_another_digest(small: Models, odd_batch: Batch) -> None:
    fewer = replace(odd_batch, alerts=odd_batch.alerts[1:])
    models = [small.alert_scorer]
    assert draw_here(models, fewer, PLAIN) != draw_here(models, odd_batch, PLAIN)


def test_a_process_that_fails_is_told_by_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(PredictionError, match=r"a fresh process failed with code 1: .*batch"):
        draw_afresh(tmp_path, PLAIN)
