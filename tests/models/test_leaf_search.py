"""The leaves found by bits are those a walk finds, and LightGBM's."""

import lightgbm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aml_miner.models import leaf_search
from aml_miner.models.leaf_search import MOST_LEAVES, lay_out_bits, sum_block
from aml_miner.models.splits import lay_out_splits
from tests.models.forests import draw


def summed(text: object, rows: np.ndarray) -> np.ndarray:
    raw = np.zeros(len(rows))
    sum_block(lay_out_splits(text.trees), lay_out_bits(text.trees), rows, raw)  # type: ignore[attr-defined]
    return raw


@given(
    seed=st.integers(0, 2**32 - 1),
    leaves=st.sampled_from([1, 2, 3, 31, MOST_LEAVES - 1, MOST_LEAVES, MOST_LEAVES + 1, 90]),
    rows=st.sampled_from([1, 15, 16, 17, 50]),
)
@settings(max_examples=60)
def test_raw_scores_have_lightgbms_bits(seed: int, leaves: int, rows: int) -> None:
    text, matrix = draw(seed, trees=4, leaves=leaves, rows=rows)
    booster = lightgbm.Booster(model_str=text.text)
    expected = np.asarray(booster.predict(matrix, raw_score=True, num_threads=1))
    assert summed(text, matrix).tobytes() == expected.tobytes()


def test_every_bit_of_a_word_is_found() -> None:
    bits = lay_out_bits(draw(3, trees=1, leaves=2)[0].trees)
    for place in range(64):
        product = (1 << place) * leaf_search._SEQUENCE % 2**64 >> 58
        assert bits.place[product] == place


@pytest.mark.parametrize("leaves", [31, 64])
def test_rows_have_the_same_bits_walked_and_by_bits(leaves: int) -> None:
    text, matrix = draw(9, trees=6, leaves=leaves, rows=40)
    one_by_one = np.concatenate([summed(text, matrix[row : row + 1]) for row in range(40)])
    assert summed(text, matrix).tobytes() == one_by_one.tobytes()
