"""A training parameter is a known one in its range, or an error that names it."""

from pathlib import Path

import pytest

from aml_miner.config.model_config import DEFAULT_CONFIG, load_model_config
from aml_miner.errors import ConfigurationError


def write(folder: Path, text: str) -> Path:
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults_are_the_promised_starting_values() -> None:
    config = load_model_config()
    for trees in (config.scorer, config.ranker):
        assert (trees.num_leaves, trees.max_depth, trees.learning_rate) == (
            31,
            8,
            0.05,
        )  # the depth bounds what explaining costs
        assert (trees.n_estimators, trees.min_child_samples) == (100, 20)
        assert (trees.subsample, trees.colsample_bytree) == (0.8, 0.8)
        assert trees.reg_lambda == 0.1
        assert trees.subsample_freq > 0  # otherwise subsample does nothing
    assert (config.scorer.reg_alpha, config.ranker.reg_alpha) == (0.1, 0.0)
    assert config.ranker.eval_at == (5, 10, 20)
    assert config.ranker.lambdarank_truncation_level >= config.ranker.alert_budget
    assert config.evaluation.cv_folds == 5


def test_own_file_changes_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    config = load_model_config(write(tmp_path, "scorer: {num_leaves: 15, learning_rate: 1e-2}"))
    default = load_model_config()
    assert config.scorer == default.scorer.model_copy(
        update={"num_leaves": 15, "learning_rate": 0.01}
    )
    assert config.ranker == default.ranker


def test_empty_file_changes_nothing(tmp_path: Path) -> None:
    assert load_model_config(write(tmp_path, "# nothing\n")) == load_model_config()


def test_every_parameter_is_in_the_file() -> None:
    """No parameter has a default in code: what is not in the file would be an error."""
    assert load_model_config(DEFAULT_CONFIG) == load_model_config()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("scorer: {num_leafs: 15}", "there is no parameter 'scorer.num_leafs'; did you mean 'scorer.num_leaves'?"),
        ("zzz: 1", "there is no parameter 'zzz'; see model_config.yaml for those there are."),
        ("num_leaves: 15", "there is no parameter 'num_leaves'; did you mean 'scorer.num_leaves'?"),
        ("scorer: {num_leaves: 1}", "'scorer.num_leaves': Input should be greater than or equal to 2; found 1"),
        (
            "scorer: {averaged_with: [{num_leafs: 7}]}",
            "'scorer': averaged_with, 1: there is no parameter 'num_leafs'; did you mean 'num_leaves'?",
        ),
        (
            "scorer: {averaged_with: [{}, {num_leaves: 1}]}",
            "averaged_with, 2: 'num_leaves': Input should be greater than or equal to 2; found 1",
        ),
        (
            "scorer: {averaged_with: [{monotone: {degree_in: 1}}]}",
            "averaged_with, 1: 'monotone' is the same for all that is averaged.",
        ),
        (
            "ranker: {averaged_with: [{lambdarank_truncation_level: 50}]}",
            "averaged_with, 1: lambdarank_truncation_level must be at least the alert_budget of 100; found 50.",
        ),
        (
            "ranker: {lambdarank_truncation_level: 50, averaged_with: [{}]}",
            "'ranker': lambdarank_truncation_level must be at least the alert_budget of 100; found 50.",
        ),
        ("scorer: {subsample: 1.5}", "'scorer.subsample': Input should be less than or equal to 1"),
        ("scorer: {reg_alpha: .nan}", "'scorer.reg_alpha'"),
        ("scorer: 3", "'scorer'"),
        ("ranker: {max_query_rows: 10001}", "'ranker.max_query_rows': Input should be less than or equal to 10000"),
        (
            "ranker: {alert_budget: 500}",
            "'ranker': lambdarank_truncation_level must be at least the alert_budget of 500; found 300",
        ),
        ("- 1", "expected names and values; found list"),
        ("a: [", "not YAML"),
    ],
)  # fmt: skip
def test_wrong_file_is_refused_by_name(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigurationError) as caught:
        load_model_config(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none\.yaml: cannot be read: No such file"):
        load_model_config(tmp_path / "none.yaml")
