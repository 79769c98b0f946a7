"""The three models that score a batch together, and the folder they are kept in."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np

from aml_miner.errors import ModelNotLoadedError
from aml_miner.models.alert_ranker import AlertRankerModel
from aml_miner.models.alert_scorer import AlertScorerModel
from aml_miner.models.artifact import write_artifact
from aml_miner.models.cluster_scorer import ClusterScorerModel
from aml_miner.utils.folders import whole_folder


@dataclass(frozen=True, slots=True, eq=False)
class Models:
    """One model of each kind."""

    alert_scorer: AlertScorerModel
    alert_ranker: AlertRankerModel
    cluster_scorer: ClusterScorerModel

    def warm(self, *, single_rows: bool = True) -> None:
        """Make what is made once, which a batch would wait for: compiled code, and tables of what is explained.

        Batches of more than a few alerts need nothing that is made for ``single_rows``.
        """
        self.alert_scorer.explainer.warm(single_rows=single_rows)
        self.cluster_scorer.explainer.warm(single_rows=single_rows)
        ranker = self.alert_ranker
        ranker.explainer.raw_scores(np.zeros((1, len(ranker.feature_names)), np.float32))


def load_models(folder: Path) -> Models:
    """Load ``alert_scorer/``, ``alert_ranker/`` and ``cluster_scorer/`` from a folder.

    Raises
    ------
    ModelNotLoadedError
        If one of them is missing.
    ModelRejectedError
        If one of them fails its audit.
    """
    _check_complete(folder)
    return Models(
        AlertScorerModel.load(folder / AlertScorerModel.kind),
        AlertRankerModel.load(folder / AlertRankerModel.kind),
        ClusterScorerModel.load(folder / ClusterScorerModel.kind),
    )


def _check_complete(folder: Path) -> None:
    kinds = (AlertScorerModel.kind, AlertRankerModel.kind, ClusterScorerModel.kind)
    missing = [f"{kind}/" for kind in kinds if not (folder / kind).is_dir()]
    if not missing:
        return
    found = f"has no {', '.join(missing)}" if folder.is_dir() else "there is no such folder"
    raise ModelNotLoadedError(
        f"{folder}: expected a folder of models, but {found}; make one with "
        f"'aml-miner train BATCH --truth FILE --out {folder}', or name one with --models or MODELS_DIR."
    )


def save_models(
    models: Models, folder: Path, documents: Mapping[str, bytes] = MappingProxyType({})
) -> None:
    """Write the three models into a folder, and files beside them by their names; all of it or nothing.

    Raises
    ------
    OutputError
        If the folder cannot be written, or was not written by this package.
    """
    with whole_folder(folder, "models") as partial:
        for model in (models.alert_scorer, models.alert_ranker, models.cluster_scorer):
            (partial / model.kind).mkdir()
            write_artifact(partial / model.kind, model.text, model.metadata)
        for name, content in documents.items():
            (partial / name).write_bytes(content)
