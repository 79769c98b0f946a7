"""Why a score is what it is: the features that moved it most, in words.

An explanation is one line of JSON::

    {
        "base_value": -2.1,
        "top_features": [
            {
                "name": "degree_out",
                "value": 48.0,
                "contribution": 1.3,
                "direction": "raises",
                "reason": "sent to 48 different recipients (usually 1 to 12)",
            },
            ...,
        ],
        "other": 0.4,
        "against": [...],
        "families": {"alert": 0.2, "flows": 1.1, ...},
    }

Contributions are exact Shapley values in units of the raw score (log-odds in a scorer), written to nine decimals.
``base_value``, the contributions and ``other`` (all features not listed) add up to the raw score within 1e-9.
``against`` lists the features that lower the score most, whether or not they are among the top ones, and ``families``
sums the contributions of each family.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from aml_miner.errors import PredictionError
from aml_miner.features.builder import ADDRESS_FAMILIES
from aml_miner.features.feature import Feature
from aml_miner.models.contributions import Contributions
from aml_miner.scoring.few import explain_few
from aml_miner.scoring.leading import TOP_FEATURES, Leading, find_leading
from aml_miner.scoring.wording import Listed, Ranges, Wording
from aml_miner.utils.few import is_few


@dataclass(frozen=True, slots=True, eq=False)
class Narrator:
    """Puts one model's contributions into words; made once per model.

    Attributes
    ----------
    names
        The model's features in its order.
    families
        The families they are of.
    family
        Per feature: the place of its family among these.
    of_address
        Places of the features that say something of the address: where none of them is known, the address is not.
    wording
        The words of each feature.
    """

    names: tuple[str, ...]
    families: tuple[str, ...]
    family: tuple[int, ...]
    of_address: tuple[int, ...]
    wording: Wording

    @classmethod
    def of(
        cls,
        names: tuple[str, ...],
        declared: Mapping[str, Feature],
        family: Mapping[str, str],
        usual: Ranges,
    ) -> Self:
        """Prepare the words of a model.

        Parameters
        ----------
        names
            The model's features in its order.
        declared, family
            The declarations of these features, and their families, by name.
        usual
            The range most ordinary rows lie in, for the features that have one.

        Raises
        ------
        PredictionError
            If the model needs a feature that is not declared.
        """
        unknown = [name for name in names if name not in declared or name not in family]
        if unknown:
            raise PredictionError(
                f"features: the model needs {len(names)}; {len(unknown)} of them are not declared here, first "
                f"'{unknown[0]}'. Train the model again, or declare the feature in aml_miner/features."
            )
        families = tuple(sorted({family[name] for name in names}))
        of_address = tuple(name for name in names if family[name] in ADDRESS_FAMILIES)
        return cls(
            names=names,
            families=families,
            family=tuple(families.index(family[name]) for name in names),
            of_address=tuple(place for place, name in enumerate(names) if name in of_address),
            wording=Wording.of([declared[name] for name in names], usual, of_address),
        )

    def explain(
        self, features: pl.DataFrame, found: Contributions, *, most: int = TOP_FEATURES
    ) -> pl.Series:
        """Write one explanation per row.

        Parameters
        ----------
        features
            The table the model was given, with at least its columns; categories as text.
        found
            Contributions of its rows.
        most
            How many features to list; an explanation in a result lists five.

        Returns
        -------
        Series
            String ``explain_json``, in the order of the rows. Features come by the size of their contribution, rounded
            to nine decimals, ties by name; fewer than asked for when the model has fewer. A contribution of 0 counts as
            raising.
        """
        if not features.height:
            return pl.Series("explain_json", [], pl.String)
        leading = find_leading(found, self.names, self.family, len(self.families), most=most)
        if is_few(features.height):
            texts = explain_few(self, features, leading, found)
            return pl.Series("explain_json", texts, pl.String)
        has_address = self._has_address(features)
        columns = np.hstack([leading.top, leading.against])
        values = np.hstack([leading.top_values, leading.against_values])
        told = self._told(features, columns, values, has_address)
        top, against = told[: leading.top.shape[1]], told[leading.top.shape[1] :]
        base = f'{{"base_value":{round(found.base_value, 9)},"top_features":['
        sums = self._sums(leading)
        text = pl.select(
            pl.concat_str(
                pl.lit(base),
                pl.concat_str(top, separator=",", ignore_nulls=True),
                pl.lit('],"other":'),
                pl.Series(leading.other).cast(pl.String),
                pl.lit(',"against":['),
                pl.concat_str(against, separator=",", ignore_nulls=True),
                pl.lit("]"),
                *sums,
                pl.lit("}}"),
            ).alias("explain_json")
        )
        return text.to_series()

    def knows_address(self, row: Sequence[float | str | None]) -> bool:
        """Say whether a row, with a value per feature of the model, says anything of its address."""
        return not self.of_address or any(row[place] is not None for place in self.of_address)

    def _has_address(self, features: pl.DataFrame) -> NDArray[np.bool_]:
        """Say of each row whether it says anything of its address; nearly always one column tells."""
        known = np.full(features.height, not self.of_address)
        for place in self.of_address:
            series = features[self.names[place]]
            if not series.null_count():
                return np.ones(features.height, np.bool_)
            known |= series.is_not_null().to_numpy()
            if known.all():
                break
        return known

    def _told(
        self,
        features: pl.DataFrame,
        columns: NDArray[np.int32],
        contributions: NDArray[np.float64],
        has_address: NDArray[np.bool_],
    ) -> list[pl.Series]:
        """Return one series per slot; null where the slot is empty."""
        rows, slots = columns.shape
        at = np.flatnonzero(columns.ravel() >= 0)
        listed = Listed(at // slots, columns.ravel()[at], contributions.ravel()[at])
        if not len(at):
            return [pl.Series([None], dtype=pl.String).new_from_index(0, rows)] * slots
        told = self.wording.tell(features, listed, has_address)
        if len(at) < rows * slots:
            empty = pl.Series([None], dtype=pl.String).new_from_index(0, rows * slots)
            told = empty.scatter(at, told)
        return [told.gather_every(slots, slot) for slot in range(slots)]

    def _sums(self, leading: Leading) -> list[pl.Expr]:
        parts: list[pl.Expr] = []
        for place, name in enumerate(self.families):
            parts.append(pl.lit(f'{"," if place else ',"families":{'}"{name}":'))
            sums = np.ascontiguousarray(leading.families[:, place])
            parts.append(pl.lit(pl.Series(sums).cast(pl.String)))
        return parts
