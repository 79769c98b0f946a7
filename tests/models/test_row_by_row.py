"""A row that goes through the tables by itself gets the bits it gets among others."""

from hypothesis import given, settings
from hypothesis import strategies as st

from aml_miner.models.row_by_row import lay_out_for_single_rows
from aml_miner.models.tree_shap import build_forest, explain_one_by_one, explain_rows
from tests.models.forests import draw


@given(
    seed=st.integers(0, 2**32 - 1),
    most_table_bytes=st.sampled_from([0, 5_000, 10**8]),
    leaves=st.sampled_from([20, 65, 66, 150]),  # 64 splits fill a word
)
@settings(deadline=None, max_examples=60)
def test_rows_one_by_one_have_the_bits_they_have_together(
    seed: int, most_table_bytes: int, leaves: int
) -> None:
    text, rows = draw(seed, trees=3, numbers=12, leaves=leaves)
    forest = build_forest(text.trees, len(text.feature_names), most_table_bytes=most_table_bytes)
    single = explain_one_by_one(forest, lay_out_for_single_rows(forest), rows)
    assert single.tobytes() == explain_rows(forest, rows).tobytes()
