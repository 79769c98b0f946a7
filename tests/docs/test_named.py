"""Every route, code, figure, metric and feature of the program is named on its page, and the page names no others."""

import re
from pathlib import Path
from types import MappingProxyType

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from aml_miner import errors
from aml_miner.api.app import create_app
from aml_miner.api.failures import STATUSES
from aml_miner.api.metrics import Metrics
from aml_miner.api.wire import Facts
from aml_miner.config.settings import Settings
from aml_miner.evaluation.evaluation import _measures
from aml_miner.evaluation.measures import CALIBRATION_METRICS, LOWER_IS_BETTER
from aml_miner.features import alert, cluster, network, statistical, temporal
from aml_miner.training.assessment import METRICS

DOCS = Path(__file__).resolve().parents[2] / "docs"
API = (DOCS / "api.md").read_text(encoding="utf-8")
OPERATIONS = (DOCS / "operations.md").read_text(encoding="utf-8")
EVALUATION = (DOCS / "evaluation.md").read_text(encoding="utf-8")
MEASURED = (DOCS / "measured.md").read_text(encoding="utf-8")
README = (DOCS.parent / "README.md").read_text(encoding="utf-8")
FEATURES = (DOCS / "features.md").read_text(encoding="utf-8")
FRAMEWORKS = {"/docs", "/docs/oauth2-redirect", "/openapi.json", "/redoc"}


def routes() -> set[tuple[str, str]]:
    """Return method and path of every route, as the server publishes them."""
    published = create_app(Settings(models_dir=DOCS)).openapi()["paths"]
    return {(method.upper(), path) for path, methods in published.items() for method in methods}


def test_every_route_is_in_a_table() -> None:
    named = {
        (method, path)
        for line in API.splitlines()
        if (found := re.match(r"\| `(GET|POST) ", line))
        for path in re.findall(r"`(?:GET |POST )?(/[^`?]+)`", line.split("|")[1])
        for method in (found[1],)
    }
    assert len(routes()) > 15
    assert named == routes()


def test_every_code_an_error_has_is_in_the_table() -> None:
    rows = {
        int(code): names
        for code, names in re.findall(r"^\| (\d{3}) \| (.+?) \|", API, re.MULTILINE)
    }
    for error, code in STATUSES.items():
        assert f"`{error.__name__}`" in rows[code]
    assert {*STATUSES.values(), 400, 405, 500} == rows.keys()
    refused = set(errors.RequestRefusedError.__subclasses__())
    assert refused <= STATUSES.keys()


def figures() -> set[str]:
    """Return the name of every figure a server shows, as Prometheus knows it."""
    metrics = Metrics(lambda: 0, lambda: 0, lambda: MappingProxyType({"alert_scorer": "v"}))
    metrics.count_request("/x", 200, 0.1)
    metrics.count_rejected("ServerBusyError")
    metrics.count_answer("score_alerts", Facts(1, 0.5, (1, *[0] * 9), 0.5, {"column": 1}))
    families = text_string_to_metric_families(metrics.exposition().decode())
    suffix = {"counter": "_total", "info": "_info"}
    named = {f"{family.name}{suffix.get(family.type, '')}" for family in families}
    return {
        name for name in named if not name.endswith("_created")
    }  # the page has one line on those


def test_every_figure_is_in_the_table() -> None:
    rows = re.findall(r"^\| (`aml_miner_.+?) \|", OPERATIONS, re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`(aml_miner_\w+)", row)} == figures()


def test_every_rule_asks_for_figures() -> None:
    (text,) = re.findall(r"^```yaml\n(.*?)^```$", OPERATIONS, re.MULTILINE | re.DOTALL)
    (group,) = yaml.safe_load(text)["groups"]
    assert len(group["rules"]) > 4
    for rule in group["rules"]:
        assert rule["annotations"]["summary"]
        asked = re.findall(r"aml_miner_\w+", rule["expr"])
        assert asked
        assert {re.sub(r"_(sum|count|bucket)$", "", name) for name in asked} <= figures()
        for reason in re.findall(r'reason=~"([^"]+)"', rule["expr"]):
            assert all(hasattr(errors, name) for name in reason.split("|"))


def test_every_metric_of_evaluate_is_in_the_table() -> None:
    named = re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (.+?) \| ", EVALUATION, re.MULTILINE)))
    for name in {*_measures(100), *CALIBRATION_METRICS}:
        assert name.replace("_at_100", "_at_K") in named, name


def test_table_says_of_each_metric_which_way_is_better() -> None:
    lines = re.findall(r"^\| (`.+?`) \| .* \| (higher|lower) \|$", EVALUATION, re.MULTILINE)
    lower = {name for names, way in lines if way == "lower" for name in names.split("`")[1::2]}
    assert len(lines) > 8
    assert lower == LOWER_IS_BETTER


def test_figures_of_the_readme_stand_where_they_were_measured() -> None:
    section = README.partition("## Measured\n")[2].partition("## Use\n")[0]
    figures = re.findall(r"(?<!\d)\.\d{3}", section)
    assert len(figures) >= 12
    assert [figure for figure in figures if figure not in MEASURED] == []


def test_every_metric_of_train_is_explained() -> None:
    for name in {*METRICS, *CALIBRATION_METRICS}:
        other = {"auc": "roc_auc"}.get(name, name)
        assert f"`{other}`" in EVALUATION, name


@pytest.mark.parametrize("family", [alert, network, temporal, statistical, cluster])
def test_every_feature_is_on_its_page(family: object) -> None:
    features = getattr(family, "FEATURES")  # noqa: B009 - of five modules alike
    assert features
    for feature in features:
        assert f"| `{feature.name}` |" in FEATURES
