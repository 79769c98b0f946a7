"""One draw in a process of its own: ``python -m aml_miner.validator.fresh FOLDER DRAW`` prints what it gave as JSON."""

import json
import resource
import sys
from pathlib import Path

from aml_miner.batch.reading import read_batch_to_score
from aml_miner.features.builder import address_columns
from aml_miner.models import AlertRankerModel, AlertScorerModel, ClusterScorerModel, RiskModel
from aml_miner.validator.draws import BATCH, MODELS, Draw, draw_here

_KINDS: tuple[type[RiskModel], ...] = (AlertScorerModel, AlertRankerModel, ClusterScorerModel)


def main() -> None:
    """Load the models that are there and the batch, score it, and print the digest."""
    folder, draw = Path(sys.argv[1]), Draw(**json.loads(sys.argv[2]))
    there = [kind for kind in _KINDS if (folder / MODELS / kind.kind).is_dir()]
    models = [kind.load(folder / MODELS / kind.kind) for kind in there]
    batch = read_batch_to_score(folder / BATCH, address_columns())
    found = {"sha256": draw_here(models, batch, draw), "peak_memory_mb": peak_memory_mb()}
    sys.stdout.write(json.dumps(found) + "\n")


def peak_memory_mb() -> float:
    """Return the largest memory this process has had, in 2**20 bytes."""
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest / (2**20 if sys.platform == "darwin" else 1024)  # macOS counts in bytes


if __name__ == "__main__":
    main()
