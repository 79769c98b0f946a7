"""A model card: what models are for, what they learned from, how good they are, and where not to trust them.

Source of the headings: Mitchell et al., "Model cards for model reporting", FAT* 2019.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from aml_miner.evaluation.bench import Undefined
from aml_miner.evaluation.wording import write_measured
from aml_miner.models.metadata import Kind
from aml_miner.models.model_folder import Models
from aml_miner.models.risk_model import RiskModel
from aml_miner.training.report import Assessment, TrainingReport

CARD_FILE: Final = "MODEL_CARD.md"

_PURPOSE: Final[Mapping[Kind, str]] = {
    "alert_scorer": "says of each alert, on its own, which share of alerts like it is illicit",
    "alert_ranker": "orders the alerts of one batch; its scores compare within the batch alone",
    "cluster_scorer": "says of each cluster of alerts which share of clusters like it is illicit",
}

_LIMITS: Final = (
    "A score is a reason to look, never proof: nobody should be reported or refused for it alone.",
    "The models know alerts that some rule raised: what no rule alerts, they never see.",
    "What the truth does not know of is learned as licit, and the models will miss it too.",
    "Shares are promised for a population like the one learned from; elsewhere trust the order, and measure it.",
    "Who launders adapts: measure anew with every new set of labels, and train again when the order fails.",
)


def card_documents(models: Models, report: TrainingReport) -> dict[str, bytes]:
    """Return the card as a document to keep beside the models; the same models and report give the same bytes."""
    return {CARD_FILE: "\n".join(_lines(models, report)).encode() + b"\n"}


def _lines(models: Models, report: TrainingReport) -> Iterator[str]:
    yield from ("# Model card", "", "## Purpose", "")
    for model in (models.alert_scorer, models.alert_ranker, models.cluster_scorer):
        yield f"- `{model.kind}` {model.version} {_PURPOSE[model.kind]}."
    yield from ("", "They order the work of people who open alerts of transaction monitoring.")
    yield from ("", "## Data", "")
    if models.alert_scorer.metadata.provenance:
        yield models.alert_scorer.metadata.provenance
    truth = report.truth
    yield (
        f"Truth per {truth.per}: {truth.illicit} illicit, {truth.licit} licit, {truth.unknown} unknown."
    )
    yield from truth.notes
    for kind, assessment in report.models.items():
        yield from ("", f"## {kind}", "")
        yield from _model_lines(getattr(models, kind), assessment)
    yield from ("", "## Limits", "")
    yield from (f"- {limit}" for limit in _LIMITS)


def _model_lines(model: RiskModel, found: Assessment) -> Iterator[str]:
    metadata = model.metadata
    through = f", through {metadata.trained_through}" if metadata.trained_through else ""
    yield (
        f"Learned from {found.rows} rows{through}: {found.positives} illicit, "
        f"{found.unlabelled} more without a label."
    )
    yield (
        f"{len(metadata.feature_names)} features, {len(model.text.trees)} trees, "
        f"seed {metadata.parameters.get('seed')}; data digest {metadata.data_digest[:12]}."
    )
    if metadata.left_out:
        yield f"Left out: {', '.join(sorted(metadata.left_out))}."
    yield (
        f"Tested out of fold: {found.tested_rows} rows in {found.folds} folds, {found.split}; "
        f"{found.groups} groups, the largest of {found.largest_group} rows."
    )
    yield from ("", "| | " + " | ".join(found.metrics) + " |")
    yield "|---" * (1 + len(found.metrics)) + "|"
    for name, metrics in {"**model**": found.metrics, **found.baselines}.items():
        cells = [write_measured(metrics.get(metric)) for metric in found.metrics]
        yield f"| {name} | " + " | ".join(cells) + " |"
    yield from ("", "Known weaknesses:", "")
    yield from (f"- {weakness}." for weakness in _weaknesses(found))


def _weaknesses(found: Assessment) -> Iterator[str]:
    """Say what the numbers themselves give away."""
    yield from found.notes
    if found.address_spread is not None and found.address_spread > 0.1:
        yield (
            f"alerts on one address get scores that are {found.address_spread:.2f} apart on average"
        )
    for name, metrics in found.differences.items():
        same = [
            m for m, d in metrics.items() if not isinstance(d, Undefined) and d.low <= 0 <= d.high
        ]
        if same:
            yield f"not told apart from {name} in {', '.join(same)}"
    if found.split == "grouped":
        yield "tested on the batches it learned from: how it does on later days and other ledgers is not known"
