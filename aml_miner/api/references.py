"""Batches the server holds: a request names one, and some of its rows, instead of sending the tables."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import polars as pl
from loguru import logger

from aml_miner.api.bodies import BatchReference
from aml_miner.batch.batch import JOIN_KEY, Batch
from aml_miner.batch.meta import META_FILE, Meta, read_meta
from aml_miner.batch.reading import read_batch, visible_files
from aml_miner.batch.schemas import SCORED_TABLES
from aml_miner.errors import InvalidBatchError, UnknownResultError

_MOST_HELD: Final = 2
"""Batches kept in memory at a time: a full day takes hundreds of megabytes."""

type _Version = tuple[int, int]
"""When META.json was written and which file it is: it changes when the batch does."""


class Holdings:
    """Batches below a folder, read when they are first named and kept while others do not displace them.

    No path is made of what a request says: names are compared with those META.json of each batch gives.
    """

    def __init__(self, root: Path | None) -> None:
        self._root = root
        self._metas: dict[Path, tuple[_Version, Meta | None]] = {}
        self._held: OrderedDict[tuple[Path, _Version], Batch] = OrderedDict()

    def rows(self, reference: BatchReference, *, clusters: bool) -> Batch:
        """Return the batch a request names, with the rows it chooses.

        Parameters
        ----------
        reference
            What the request says.
        clusters
            Whether rows of clusters are chosen, else of alerts.

        Raises
        ------
        UnknownResultError
            If there is no such batch, or it is not sound.
        InvalidBatchError
            If several batches fit, or an identifier is not in it.
        """
        batch = self._batch(*self._find(reference))
        return _chosen_clusters(batch, reference) if clusters else _chosen_alerts(batch, reference)

    def _find(self, reference: BatchReference) -> tuple[Path, _Version]:
        found = [
            (folder, version, meta)
            for folder, version, meta in self._known()
            if meta is not None
            and (meta.network, meta.processing_date)
            == (reference.network, reference.processing_date)
            and reference.window_days in (None, meta.window_days)
        ]
        if not found:
            message = f"reference: no batch of this network and window on {reference.processing_date} is held here."
            raise UnknownResultError(message)
        if len(found) > 1:
            windows = sorted({str(meta.window_days) for _, _, meta in found})
            if len(windows) == 1:
                same = f"{len(found)} batches of this network, date and window are held here"
                raise InvalidBatchError(f"reference: {same}; only one of them may be.")
            message = f"reference: 'window_days' must be given, {len(found)} batches fit: one of {', '.join(windows)}."
            raise InvalidBatchError(message)
        return found[0][:2]

    def _known(self) -> list[tuple[Path, _Version, Meta | None]]:
        if self._root is None or not self._root.is_dir():
            return []
        known: dict[Path, tuple[_Version, Meta | None]] = {}
        for path in visible_files(self._root, META_FILE):
            try:
                status = path.stat()
                version = (status.st_mtime_ns, status.st_ino)
                before = self._metas.get(path.parent)
                same = before is not None and before[0] == version
                known[path.parent] = (
                    before if same and before else (version, read_meta(path.parent))
                )
            except (InvalidBatchError, OSError) as error:
                logger.warning("{} is no batch and left out: {}", path.parent, type(error).__name__)
        self._metas = known
        return [(folder, version, meta) for folder, (version, meta) in known.items()]

    def _batch(self, folder: Path, version: _Version) -> Batch:
        key = (folder, version)
        if key not in self._held:
            try:
                self._held[key] = read_batch(folder, SCORED_TABLES)
            except InvalidBatchError as error:
                logger.error("a held batch is not sound; aml-miner check {} says why", folder)
                message = (
                    "reference: the batch held here is not sound; the server's log says which."
                )
                raise UnknownResultError(message) from error
        self._held.move_to_end(key)
        while len(self._held) > _MOST_HELD:
            self._held.popitem(last=False)
        return self._held[key]


def _chosen_alerts(batch: Batch, reference: BatchReference) -> Batch:
    if reference.alert_ids is None:
        return batch
    alerts = _chosen(batch.alerts, "alert_id", reference.alert_ids)
    features = batch.features.join(alerts, on=JOIN_KEY, how="semi", maintain_order="left")
    return replace(batch, alerts=alerts, features=features)


def _chosen_clusters(batch: Batch, reference: BatchReference) -> Batch:
    if reference.cluster_ids is None:
        return batch
    return replace(batch, clusters=_chosen(batch.clusters, "cluster_id", reference.cluster_ids))


def _chosen(rows: pl.DataFrame, key: str, wanted: Sequence[str]) -> pl.DataFrame:
    """Return the rows of some identifiers, in their order; of one that several rows have, each of them."""
    asked = pl.DataFrame({key: wanted}, schema={key: pl.String})
    unknown = asked.join(rows, on=key, how="anti", maintain_order="left")
    if unknown.height:
        message = (
            f"reference: '{key}s' must be of the batch; {unknown.height} of {asked.height} are not, "
            f"first {unknown[key][0]!r:.60}."
        )
        raise InvalidBatchError(message)
    found = asked.join(rows, on=key, how="left", maintain_order="left_right")
    return found.select(rows.columns)
