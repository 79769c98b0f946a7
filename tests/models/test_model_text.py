"""What passes the audit is what LightGBM holds; what does not, LightGBM never sees."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from aml_miner.errors import ModelRejectedError
from aml_miner.models.model_text import ModelText, parse_model_text
from aml_miner.models.tree import Tree

# Root: amount ≤ 2.5, missing left. Left of it: codes 1 and 33 left, others right. Right: leaf 1.
HAND = """\
tree
version=v4
num_class=1
num_tree_per_iteration=1
label_index=0
max_feature_idx=1
objective=binary sigmoid:0.5
feature_names=amount code
feature_infos=[-1:9.5] 1:33:-1
tree_sizes=353 224

Tree=0
num_leaves=3
num_cat=1
split_feature=0 1
split_gain=10 5
threshold=2.5 0
decision_type=10 9
left_child=1 -1
right_child=-2 -3
leaf_value=0.10000000000000001 -0.20000000000000001 1e-05
leaf_weight=1 2 3
leaf_count=4 5 6
internal_value=0 0.1
internal_weight=6 4
internal_count=15 10
cat_boundaries=0 2
cat_threshold=2 2
is_linear=0
shrinkage=0.1


Tree=1
num_leaves=1
num_cat=0
split_feature=
split_gain=
threshold=
decision_type=
left_child=
right_child=
leaf_value=-3
leaf_weight=
leaf_count=15
internal_value=
internal_weight=
internal_count=
is_linear=0
shrinkage=1


end of trees

feature_importances:
amount=1
code=1

parameters:
[boosting: gbdt]
[data: ]
[interaction_constraints: [0,1],[1]]

end of parameters

pandas_categorical:null
"""

PREDICT_IN_ITS_OWN_PROCESS = """
import json, sys
import lightgbm, numpy

texts, rows = json.load(sys.stdin)
rows = numpy.array(rows, numpy.float64)  # null is NaN
for text in texts:
    booster = lightgbm.Booster(model_str=text)
    shape = rows[:, : booster.num_feature()]
    scores = booster.predict(shape, raw_score=True, num_threads=1)
    booster.predict(shape[:3], pred_contrib=True, num_threads=1)
    print(json.dumps(scores.tolist()), flush=True)
"""


def with_sizes(text: str) -> str:
    """Give the text the tree_sizes its trees have, as far as it still has trees."""
    start, end = text.find("\nTree=") + 1, text.find("end of trees")
    sizes = [len(block) + 3 for block in text[start:end].split("\n\n\n")[:-1]]
    return re.sub("tree_sizes=.*", "tree_sizes=" + " ".join(map(str, sizes)), text, count=1)


def edited(old: str, new: str, text: str = HAND) -> str:
    assert text.count(old) >= 1
    return with_sizes(text.replace(old, new, 1))


def goes_left(tree: Tree, split: int, value: float) -> bool:
    """Decide as LightGBM does, one value at a time: slow, and separate from any kernel."""
    if tree.is_categorical[split]:
        place = int(tree.threshold[split])
        words = tree.cat_threshold[tree.cat_boundaries[place] : tree.cat_boundaries[place + 1]]
        code = -1 if np.isnan(value) else int(value)
        return 0 <= code < 32 * words.size and bool(int(words[code // 32]) >> (code % 32) & 1)
    missing = tree.missing_type[split]
    if abs(value) <= 1e-35 or (np.isnan(value) and missing != 2):
        value = 0.0
    if (missing == 1 and value == 0.0) or (missing == 2 and np.isnan(value)):
        return bool(tree.default_left[split])
    return value <= float(tree.threshold[split])


def raw_score(model: ModelText, row: NDArray[np.float64]) -> float:
    score = 0.0
    for tree in model.trees:
        node = 0 if tree.num_leaves > 1 else -1
        while node >= 0:
            left = goes_left(tree, node, float(row[tree.split_feature[node]]))
            node = int((tree.left_child if left else tree.right_child)[node])
        score += float(tree.leaf_value[~node])
    return score


def lightgbm_scores(text: str, rows: NDArray[np.float64]) -> list[float]:
    scores = lightgbm.Booster(model_str=text).predict(rows, raw_score=True)
    return [float(score) for score in np.asarray(scores)]


def training_rows(rows: int = 600) -> NDArray[np.float64]:
    rng = np.random.Generator(np.random.PCG64(7))
    matrix = rng.normal(size=(rows, 5))
    matrix[:, 2] = rng.integers(0, 70, rows)
    matrix[::7, 0] = np.nan
    matrix[:, 3] = np.maximum(matrix[:, 3], 0.0)
    matrix[rng.random(rows) < 0.5, 4] = np.nan  # what matters of it is whether it is there
    return matrix


def train(**parameters: object) -> str:
    matrix = training_rows()
    rng = np.random.Generator(np.random.PCG64(8))
    risk = matrix[:, 1] + 2 * (matrix[:, 2] % 3 == 0) + 2 * np.isnan(matrix[:, 4]) + matrix[:, 3]
    labels = (risk + rng.normal(size=len(risk)) * 0.3 > 2.5).astype(int)
    dataset = lightgbm.Dataset(
        matrix,
        labels,
        group=[300, 300] if parameters.get("objective") == "lambdarank" else None,
        feature_name=["amount", "degree", "code", "fee", "flag"],
        categorical_feature=[2],
    )
    chosen: dict[str, object] = {
        "objective": "binary", "num_leaves": 6, "min_data_in_leaf": 5, "min_data_per_group": 5,
        "cat_smooth": 1, "cat_l2": 0, "verbose": -1, "num_threads": 1, "seed": 1, "deterministic": True,
        "force_row_wise": True,
    }  # fmt: skip
    booster = lightgbm.train(chosen | parameters, dataset, num_boost_round=4)
    return str(booster.model_to_string())


@pytest.fixture(scope="module", params=["binary", "lambdarank"])
def trained(request: pytest.FixtureRequest) -> str:
    return train(objective=request.param)


@pytest.fixture(scope="module")
def probes() -> NDArray[np.float64]:
    """Rows with missing values, unseen codes, zeros and very large numbers."""
    odd = [np.nan, -1.0, 0.0, 1e-36, 31.0, 32.0, 95.0, 1e9, -1e300, 1.7e308]
    return np.vstack([training_rows(10), [[value] * 5 for value in odd]])


def test_hand_written_model_is_read_as_written() -> None:
    model = parse_model_text(HAND)
    tree, constant = model.trees
    assert (model.objective, model.sigmoid) == ("binary", 0.5)
    assert model.feature_names == ("amount", "code")
    assert tree.num_leaves == 3
    assert tree.split_feature.tolist() == [0, 1]
    assert tree.split_gain.tolist() == [10.0, 5.0]
    assert tree.threshold.tolist() == [2.5, 0.0]
    assert tree.is_categorical.tolist() == [False, True]
    assert tree.default_left.tolist() == [True, False]
    assert tree.missing_type.tolist() == [2, 2]
    assert (tree.left_child.tolist(), tree.right_child.tolist()) == ([1, -1], [-2, -3])
    assert tree.leaf_value.tolist() == [0.1, -0.2, 1e-05]
    assert tree.leaf_weight.tolist() == [1.0, 2.0, 3.0]
    assert (tree.leaf_count.tolist(), tree.internal_count.tolist()) == ([4, 5, 6], [15, 10])
    assert tree.internal_value.tolist() == [0.0, 0.1]
    assert tree.internal_weight.tolist() == [6.0, 4.0]
    assert (tree.cat_boundaries.tolist(), tree.cat_threshold.tolist()) == ([0, 2], [2, 2])
    assert tree.shrinkage == 0.1
    assert (constant.num_leaves, constant.leaf_value.tolist()) == (1, [-3.0])
    assert (constant.threshold.size, constant.cat_boundaries.tolist()) == (0, [0])


@pytest.mark.parametrize(
    ("amount", "code", "expected"),
    [
        (2.5, 1.0, 0.1 - 3),
        (2.5, 33.0, 0.1 - 3),
        (2.5, 32.0, 1e-05 - 3),
        (np.nan, 64.0, 1e-05 - 3),  # a code beyond the words
        (2.5, np.nan, 1e-05 - 3),  # a missing code goes right
        (2.6, 1.0, -0.2 - 3),
    ],
)
def test_lightgbm_reads_the_hand_written_model_alike(
    amount: float, code: float, expected: float
) -> None:
    model = parse_model_text(HAND)
    row = np.array([[amount, code]])
    assert raw_score(model, row[0]) == expected
    for text in (HAND, model.text):
        assert lightgbm_scores(text, row) == [expected]
        probability = np.asarray(lightgbm.Booster(model_str=text).predict(row))
        assert probability == pytest.approx(1 / (1 + np.exp(-0.5 * expected)))


def test_text_for_lightgbm_ends_with_the_trees() -> None:
    text = parse_model_text(HAND).text
    assert text == HAND[: HAND.index("\nfeature_importances")]
    assert lightgbm.Booster(model_str=text).params == {}


def test_arrays_cannot_be_written_to() -> None:
    for tree in parse_model_text(HAND).trees:
        for array in (tree.left_child, tree.leaf_value, tree.cat_boundaries, tree.cat_threshold):
            assert not array.flags.writeable


def nodes_of(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for side in ("left_child", "right_child"):
        if side in node:
            yield from nodes_of(node[side])


def codes_of(tree: Tree, split: int) -> str:
    """The codes that go left, as LightGBM's dump lists them."""
    return "||".join(str(code) for code in range(96) if goes_left(tree, split, float(code)))


def test_trained_model_holds_what_lightgbm_dumps(trained: str) -> None:
    model = parse_model_text(trained)
    dump = lightgbm.Booster(model_str=trained).dump_model()
    assert list(model.feature_names) == dump["feature_names"]
    assert trained.split("objective=")[1].startswith(model.objective)
    missing = ["None", "Zero", "NaN"]
    seen = set()
    for tree, dumped in zip(model.trees, dump["tree_info"], strict=True):
        assert (tree.num_leaves, tree.shrinkage) == (dumped["num_leaves"], dumped["shrinkage"])
        for node in nodes_of(dumped["tree_structure"]):
            if "leaf_index" in node:
                leaf = node["leaf_index"]
                assert tree.leaf_value[leaf] == node["leaf_value"]
                assert tree.leaf_weight[leaf] == node["leaf_weight"]
                assert tree.leaf_count[leaf] == node["leaf_count"]
                continue
            split = node["split_index"]
            decision = "==" if tree.is_categorical[split] else "<="
            categorical = bool(tree.is_categorical[split])
            number = min(tree.threshold[split], 1e300)  # JSON has no infinity
            threshold = codes_of(tree, split) if categorical else number
            seen.add(decision)
            assert tree.split_feature[split] == node["split_feature"]
            assert tree.internal_count[split] == node["internal_count"]
            assert tree.internal_value[split] == pytest.approx(node["internal_value"])
            assert tree.internal_weight[split] == pytest.approx(node["internal_weight"])
            assert tree.split_gain[split] == pytest.approx(node["split_gain"])
            assert missing[tree.missing_type[split]] == node["missing_type"]
            assert tree.default_left[split] == node["default_left"]
            assert (decision, threshold) == (node["decision_type"], node["threshold"])
    assert seen == {"==", "<="}


def test_trained_model_scores_as_lightgbm_does(trained: str, probes: NDArray[np.float64]) -> None:
    model = parse_model_text(trained)
    assert [raw_score(model, row) for row in probes] == lightgbm_scores(model.text, probes)


@pytest.mark.parametrize(
    "parameters",
    [
        {"zero_as_missing": True},
        {"use_missing": False},
        {"boosting": "dart"},
        {"data_sample_strategy": "goss"},
        {"bagging_freq": 1, "bagging_fraction": 0.5},
        {"monotone_constraints": [0, 1, 0, 1, 0], "monotone_constraints_method": "advanced"},
        {"min_gain_to_split": 1e9},  # every tree has one leaf
        {"max_cat_to_onehot": 100},
        {"num_leaves": 60, "min_data_in_leaf": 1},
    ],
    ids=lambda parameters: next(iter(parameters)),
)
def test_other_ways_of_training_are_read(
    parameters: dict[str, object], probes: NDArray[np.float64]
) -> None:
    text = train(**parameters)
    model = parse_model_text(text)
    assert [raw_score(model, row) for row in probes] == lightgbm_scores(text, probes)


def test_a_split_by_missing_alone_has_an_infinite_threshold() -> None:
    thresholds = [tree.threshold for tree in parse_model_text(train()).trees]
    assert np.isinf(np.concatenate(thresholds)).any()


def test_a_saved_and_reloaded_model_is_read_alike(trained: str, tmp_path: Path) -> None:
    path = tmp_path / "model.txt"
    lightgbm.Booster(model_str=trained).save_model(path)
    again = path.read_text("ascii")
    assert parse_model_text(again).text == parse_model_text(trained).text


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"linear_tree": True}, "tree 0: 'is_linear' must be 0; found '1'"),
        (
            {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5},
            "header: 'average_output' must be a line name=value",
        ),
        ({"objective": "regression"}, "'objective' must be 'binary sigmoid:<number>' or"),
        ({"objective": "multiclass", "num_class": 2}, "'num_class' must be 1; found '2'"),
    ],
)
def test_a_kind_of_model_the_package_does_not_know_is_refused(
    parameters: dict[str, object], message: str
) -> None:
    with pytest.raises(ModelRejectedError, match=re.escape(message)):
        parse_model_text(train(**parameters))


REFUSED = [
    # header
    ("tree\n", "gbdt\n", "header: 'header' must start with a line 'tree'"),
    ("version=v4", "version=v3", "header: 'version' must be v4; found 'v3'"),
    ("version=v4\n", "", "header: 'version' must be there; found 'no such line'"),
    ("num_class=1", "num_class=2", "header: 'num_class' must be 1; found '2'"),
    ("iteration=1", "iteration=3", "'num_tree_per_iteration' must be 1; found '3'"),
    ("label_index=0", "label_index=-1", "'label_index' must lie between 0 and 2147483647"),
    ("max_feature_idx=1", "max_feature_idx=2", "'feature_names' must have 3 values; found 2"),
    ("amount code", 'amount "co"', "'feature_names' must hold only names without spaces"),
    ("amount code", "amount amount", "'feature_names' must differ from each other"),
    ("[-1:9.5] ", "", "header: 'feature_infos' must have 2 values; found 1"),
    ("[-1:9.5]", "[0:inf]", "'feature_infos' must hold only 'none', '[min:max]' or category"),
    ("\nfeature_infos", "\nmonotone_constraints=0 2\nfeature_infos", "must lie between -1 and 1"),
    ("sigmoid:0.5", "sigmoid:x", "'objective' must be 'binary sigmoid:<number>' or 'lambdarank'"),
    ("sigmoid:0.5", "sigmoid:0", "'objective' must have a positive, finite sigmoid; found '0'"),
    ("sigmoid:0.5", "sigmoid:1e+999", "'objective' must have a positive, finite sigmoid"),
    ("binary sigmoid:0.5", "lambdarank 1", "'objective' must be 'binary sigmoid:<number>' or"),
    ("objective=", "custom=1\nobjective=", "header: 'custom' must not be there; found '1'"),
    # trees
    ("num_leaves=3", "num_leaves=0", "tree 0: 'num_leaves' must lie between 1 and"),
    ("num_leaves=3", "num_leaves=4", "tree 0: 'split_feature' must have 3 values; found 2"),
    ("split_feature=0 1", "split_feature=0 2", "'split_feature' must lie between 0 and 1; found 2"),
    ("threshold=2.5 0", "threshold=nan 0", "'threshold' must hold only numbers or 'inf'"),
    ("threshold=2.5 0", "threshold=2.5 1", "give splits by category the places 0 to 0, each once"),
    ("decision_type=10 9", "decision_type=3 9", "'decision_type' must be one of (0, 1, 2,"),
    ("decision_type=10 9", "decision_type=10 8", "'num_cat' must be 0, its splits by category;"),
    ("decision_type=10 9", "decision_type=1 9", "'num_cat' must be 2, its splits by category;"),
    ("left_child=1 -1", "left_child=2 -1", "'left_child' must lie between -3 and 1; found 2"),
    ("left_child=1 -1", "left_child=1 0", "must lead split 1 to a leaf or to a later split;"),
    ("right_child=-2 -3", "right_child=-2 1", "'right_child' must lead split 1 to a leaf or"),
    ("right_child=-2 -3", "right_child=-2 -1", "must reach each split and each leaf once"),
    ("leaf_value=0.1", "leaf_value=1e+999 0.1", "'leaf_value' must have 3 values; found 4"),
    ("1e-05\n", "1e+309\n", "'leaf_value' must hold only finite numbers; found '1e+309'"),
    ("1e-05\n", "inf\n", "'leaf_value' must hold only finite numbers; found 'inf'"),
    ("leaf_weight=1 2 3", "leaf_weight=1 2", "'leaf_weight' must have 3 values; found 2"),
    ("leaf_count=4 5 6", "leaf_count=0 5 6", "'leaf_count' must lie between 1 and"),
    ("internal_count=15 10", "internal_count=15 9", "must be 14 at split 0, the sum of its"),
    ("cat_boundaries=0 2", "cat_boundaries=0 3", "'cat_threshold' must have 3 values; found 2"),
    ("cat_boundaries=0 2", "cat_boundaries=1 2", "'cat_boundaries' must rise from 0; found '1 2'"),
    ("cat_boundaries=0 2", "cat_boundaries=0 0", "'cat_boundaries' must rise from 0; found '0 0'"),
    ("cat_threshold=2 2", "cat_threshold=2 4294967296", "lie between 0 and 4294967295"),
    ("cat_threshold=2 2\n", "", "tree 0: 'cat_threshold' must be there"),
    ("num_cat=1", "num_cat=0", "tree 0: 'cat_boundaries' must not be there; found '0 2'"),
    ("is_linear=0", "is_linear=1", "tree 0: 'is_linear' must be 0; found '1'"),
    ("is_linear=0\n", "", "tree 0: 'is_linear' must be there; found 'no such line'"),
    ("shrinkage=0.1", "shrinkage=0,1", "'shrinkage' must hold only finite numbers; found '0,1'"),
    ("shrinkage=0.1", "shrinkage=1\nshrinkage=1", "'shrinkage' must be there once; found 'a sec"),
    ("leaf_value=-3", "leaf_value=", "tree 1: 'leaf_value' must have 1 values; found 0"),
    ("Tree=1", "Tree=2", "tree 1: 'Tree' must start with 'Tree=1'; found 'Tree=2"),
    # behind the trees
    ("amount=1", "amount=x", "ending: 'end of trees' must be followed by feature_importances"),
    ("[boosting: gbdt]", "[boosting]", "ending: 'end of trees' must be followed by"),
    ("[data: ]", '[data: "]', "ending: 'end of trees' must be followed by"),
    ("categorical:null", 'categorical:[["a"]]', "(null: levels are matched by our code table)"),
    ("end of trees", "end of tree", "ending: 'end of trees' must be followed by"),
]


@pytest.mark.parametrize(("old", "new", "message"), REFUSED)
def test_a_wrong_field_is_refused_by_place_and_name(old: str, new: str, message: str) -> None:
    with pytest.raises(ModelRejectedError, match=re.escape(message)):
        parse_model_text(edited(old, new))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "tree_sizes=353",
            "tree_sizes=352",
            "tree 0: 'tree_sizes' must be its length, given as 352",
        ),
        ("tree_sizes=353 224", "tree_sizes=353", "ending: 'end of trees' must be followed by"),
        ("tree_sizes=353 224", "tree_sizes=353 224 9", "tree 2: 'Tree' must start with 'Tree=2'"),
        ("tree_sizes=353 224", "tree_sizes=", "'tree_sizes' must list at least one tree; found 0"),
        ("tree_sizes=353", "tree_sizes=0", "'tree_sizes' must lie between 1 and 100000000"),
        ("shrinkage=1\n\n\n", "shrinkage=1\n", "must be its length, given as 224; found 'no end"),
        ("\n\nTree=0", "\nTree=0", "and end with an empty line before 'Tree=0'; found"),
    ],
)
def test_sizes_that_are_not_the_trees_are_refused(old: str, new: str, message: str) -> None:
    with pytest.raises(ModelRejectedError, match=re.escape(message)):
        parse_model_text(HAND.replace(old, new, 1))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "header: 'Tree=0' must follow it; found 'no tree'"),
        ("tree\nversion=v4\n", "header: 'Tree=0' must follow it; found 'no tree'"),
        (HAND.replace("\n", "\r\n"), "character 4: 'text' must be printable ASCII lines"),
        (HAND.replace("code", "côde"), "must be printable ASCII lines ended by a line feed alone"),
        (HAND + "\x00", "must be printable ASCII lines ended by a line feed alone"),
        (HAND + "\n", "pandas_categorical (null: levels are matched by our code table)"),
    ],
)
def test_a_text_that_is_no_model_is_refused(text: str, message: str) -> None:
    with pytest.raises(ModelRejectedError, match=re.escape(message)):
        parse_model_text(text)


def test_a_message_says_what_to_do_and_stays_short() -> None:
    text = edited("shrinkage=0.1", "shrinkage=" + "9" * 10_000)
    with pytest.raises(ModelRejectedError, match="Restore the file as LightGBM 4 saved") as caught:
        parse_model_text(text)
    assert len(str(caught.value)) < 250


def test_a_longer_text_than_allowed_is_refused() -> None:
    assert parse_model_text(HAND, max_bytes=len(HAND)).trees
    with pytest.raises(ModelRejectedError, match="'text' must have at most 900 bytes; found"):
        parse_model_text(HAND, max_bytes=900)


def test_a_deeper_tree_than_allowed_is_refused() -> None:
    assert parse_model_text(HAND, max_depth=2).trees
    with pytest.raises(ModelRejectedError, match="must have at most 1 levels; found 2"):
        parse_model_text(HAND, max_depth=1)


def test_many_splits_side_by_side_are_not_deep() -> None:
    text = train(num_leaves=40, max_depth=6, min_data_in_leaf=1)
    assert parse_model_text(text, max_depth=6).trees


def test_leaf_values_that_overflow_together_are_refused() -> None:
    text = edited("1e-05\n", "1e+308\n")
    assert parse_model_text(text).trees
    with pytest.raises(ModelRejectedError, match="'leaf_value' must add up to a finite score"):
        parse_model_text(edited("leaf_value=-3", "leaf_value=-1e+308", text))


def is_accepted(text: str) -> bool:
    try:
        parse_model_text(text)
    except ModelRejectedError:
        return False
    return True


def scores_of_lightgbm(texts: list[str], rows: NDArray[np.float64]) -> list[list[float]]:
    """Load and score with LightGBM in another process, which a bad text would end."""
    shown = [[None if np.isnan(value) else value for value in row] for row in rows.tolist()]
    finished = subprocess.run(
        [sys.executable, "-c", PREDICT_IN_ITS_OWN_PROCESS],
        input=json.dumps([texts, shown]),
        capture_output=True,
        text=True,
        check=False,
    )
    done = finished.stdout.splitlines()
    assert finished.returncode == 0, f"text {len(done)}: {finished.stderr[-500:]}"
    return [json.loads(line) for line in done]


def test_every_cut_is_refused_or_harmless(trained: str, probes: NDArray[np.float64]) -> None:
    cuts = [trained[:length] for length in range(0, len(trained), 49)]
    section_ends = [m.end() for m in re.finditer(r"\n(?=\n|$)", trained)]
    accepted = [cut for cut in cuts + [trained[:end] for end in section_ends] if is_accepted(cut)]
    assert accepted  # the whole text among them, and the text cut behind a complete section
    assert all("end of trees" in cut for cut in accepted)
    scores = scores_of_lightgbm(accepted, probes)
    assert all(row == scores[-1] for row in scores)


TOKENS = [
    "0", "-1", "1", "2", "3", "-2", "33", "255", "4294967295", "-2147483648", "99999999999", "1.5",
    "-0", "0.0001", "1e-05", "1e+300", "1.7976931348623157e+308", "1e+999", "inf", "nan", "x", "",
]  # fmt: skip


@st.composite
def mutants(draw: st.DrawFn, text: str, places: dict[str, list[re.Match[str]]]) -> str:
    """The text with one thing wrong: a character, a token, a line or a stretch."""
    kind = draw(st.sampled_from(["character", "stretch", "digit", "token", "token", "line"]))
    at = draw(st.integers(0, len(text) - 1))
    if kind == "character":
        changed = text[:at] + draw(st.characters(max_codepoint=0x7F)) + text[at + 1 :]
    elif kind == "stretch":
        changed = text[:at] + text[at + draw(st.integers(1, 60)) :]
    else:
        place = draw(st.sampled_from(places[kind]))
        other = draw(st.sampled_from(places[kind])).group()
        if kind == "token" and draw(st.booleans()):
            other = draw(st.sampled_from(TOKENS))
        changed = text[: place.start()] + other + text[place.end() :]
    return with_sizes(changed) if draw(st.booleans()) else changed


def test_a_mutant_is_refused_or_scored_as_it_was_read(
    trained: str, probes: NDArray[np.float64]
) -> None:
    # one parameter is enough: all of them would draw most of the mutations
    original = re.sub(r"\n\[(?!boosting).*", "", trained)
    patterns = {"digit": r"[0-9]", "token": r"[^ =\n]+(?=[ \n])", "line": r"[^\n]*\n"}
    places = {kind: list(re.finditer(pattern, original)) for kind, pattern in patterns.items()}
    accepted: dict[str, ModelText] = {}

    @settings(
        max_examples=2500,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(mutants(original, places))
    def try_one(text: str) -> None:
        try:
            model = parse_model_text(text)
        except ModelRejectedError:
            return
        accepted[model.text] = model

    try_one()
    accepted.pop(parse_model_text(original).text, None)
    assert len(accepted) >= 300
    scores = scores_of_lightgbm(list(accepted), probes)
    for model, expected in zip(accepted.values(), scores, strict=True):
        assert [raw_score(model, row) for row in probes] == expected
