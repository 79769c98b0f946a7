"""What ``aml-miner monitor`` does: one batch into a folder, or a tree of them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import polars as pl
import typer

from aml_miner.batch.reading import read_table
from aml_miner.batch.schemas import ADDRESS_LABELS
from aml_miner.cli.printing import print_counts, print_json
from aml_miner.cli.progress import shown_stages
from aml_miner.monitoring.graph.approximation import Approximation
from aml_miner.monitoring.monitoring import Monitored, monitor_transfers
from aml_miner.monitoring.profile import load_profile, read_profile
from aml_miner.monitoring.transfers import (
    Ledger,
    cut_window,
    make_ledger,
    read_transfers_file,
)
from aml_miner.monitoring.windows import (
    Window,
    WrittenBatch,
    count_covered_days,
    count_days_after,
    date_range,
    monitor_windows,
    windows,
)
from aml_miner.utils.folders import check_replaceable


@dataclass(frozen=True, slots=True)
class Dates:
    """The processing dates asked for: some by name, or a range; none means the last transfer's day."""

    named: Sequence[date] = ()
    first: date | None = None
    last: date | None = None
    every_days: int | None = None

    @property
    def any(self) -> bool:
        """Whether a date was asked for, so that what was not known on it must not be used."""
        return bool(self.named) or self.first is not None or self.last is not None

    @property
    def several(self) -> bool:
        """Whether a range was asked for, or more than one date."""
        return self.first is not None or self.last is not None or len(self.named) > 1

    def check(self) -> None:
        """Check what can be checked before a ledger is read.

        Raises
        ------
        typer.BadParameter
            If there is a step without a range, both dates and a range, or a range that ends before it begins.
        """
        ranged = self.first is not None or self.last is not None
        if self.every_days is not None and not ranged:
            message = "--every is the step of a range of dates: give --from or --to with it."
            raise typer.BadParameter(message)
        if self.named and ranged:
            message = "--date and --from/--to exclude each other: name dates, or a range of them."
            raise typer.BadParameter(message)
        if self.first and self.last and self.first > self.last:
            message = f"--from {self.first} is later than --to {self.last}: turn them around."
            raise typer.BadParameter(message)

    def chosen(self, ledger: Ledger) -> list[date]:
        """Return the dates; a range begins with the first transfer's day, and ends with the last's, if not said.

        Raises
        ------
        ConfigurationError
            If the range is impossible.
        """
        if self.first is None and self.last is None:
            return list(self.named) or [ledger.last_day]
        first, last = self.first or ledger.first_day, self.last or ledger.last_day
        return date_range(first, last, self.every_days or 1)


@dataclass(frozen=True, slots=True)
class Source:
    """What is monitored, under which name and by which rules."""

    transfers: Path
    labels: Path | None
    network: str
    profile: Path | None


def run_monitor(
    source: Source, dates: Dates, window_days: Sequence[int], out: Path, *, as_json: bool
) -> None:
    """Write one batch into `out`; of several dates or windows, each into ``{network}/{date}/{days}`` below it."""
    dates.check()
    if dates.several or len(window_days) > 1:
        _many(source, dates, window_days, out, as_json=as_json)
    else:
        _one(source, dates, window_days, out, as_json=as_json)


def _one(
    source: Source, dates: Dates, window_days: Sequence[int], out: Path, *, as_json: bool
) -> None:
    profile = read_profile(source.profile) if source.profile else load_profile(source.network)
    check_replaceable(out, "batch")
    with shown_stages(None) as begin:
        begin("reading transfers")
        ledger = make_ledger(read_transfers_file(source.transfers))
        transfers = cut_window(ledger, next(iter(dates.named), None), next(iter(window_days), None))
        monitored = monitor_transfers(
            transfers,
            profile,
            network=source.network,
            labels=_labels(source.labels),
            labels_as_of_date=dates.any,
            progress=begin,
        )
        begin("writing")
        monitored.write(out)
    chosen = [Window(transfers.processing_date, transfers.window_days)]
    _warn_of_empty_days(ledger, chosen, given_length=bool(window_days))
    _warn_of_labels({monitored.meta.processing_date: monitored.labels_made_later})
    _report_one(monitored, out, as_json=as_json)


def _report_one(monitored: Monitored, out: Path, *, as_json: bool) -> None:
    if as_json:
        estimated = [asdict(each) for each in monitored.approximations]
        print_json({"batch": str(out), **monitored.counts(), "estimated_columns": estimated})
        return
    print_counts(monitored.counts())
    for each in monitored.approximations:
        typer.echo(_estimated(each))
    typer.echo(f"Batch {monitored.meta.batch_id} is in {out}.")


def _warn_of_empty_days(ledger: Ledger, chosen: Sequence[Window], *, given_length: bool) -> None:
    """Say once each, on standard error, that windows of a given length begin too early, and that windows end too late.

    Of several the worst is named, and how many there are.
    """
    short = [window for window in chosen if given_length and window.first_day < ledger.first_day]
    late = [window for window in chosen if window.processing_date > ledger.last_day]
    if short:
        worst = min(short, key=lambda window: window.first_day)
        _warn(
            f"{_described(worst)} holds {count_covered_days(ledger, worst):,} day(s) of transfers, for the first is of "
            f"{ledger.first_day}{_others(short, chosen)}. Choose windows that begin no earlier, or give transfers "
            "that do."
        )
    if late:
        worst = max(late, key=lambda window: (window.processing_date, -window.window_days))
        _warn(
            f"{_described(worst)} holds transfers up to {ledger.last_day}; {count_days_after(ledger, worst):,} day(s) "
            f"of the window have none after that{_others(late, chosen)}. Choose dates no later, or give transfers "
            "that reach them."
        )


def _described(window: Window) -> str:
    return f"the window of {window.window_days:,} days up to {window.processing_date}"


def _others(some: Sequence[Window], chosen: Sequence[Window]) -> str:
    return f"; {len(some)} of {len(chosen)} windows are such" if len(chosen) > 1 else ""


def _warn(said: str) -> None:
    typer.echo(f"warning: {said}", err=True)


def _warn_of_labels(left_out: Mapping[date | None, int]) -> None:
    """Say on standard error how many labels named dates left out, by date; a rule without its labels finds nothing."""
    some = {day: count for day, count in left_out.items() if count}
    if not some:
        return
    worst = max(some, key=lambda day: some[day])
    others = f", and fewer on {len(some) - 1} more date(s)" if len(some) > 1 else ""
    _warn(
        f"{some[worst]:,} label(s) say they were made after {worst} and are left out there{others}: "
        "a named date sees what was known then. Without a date everything known today is used."
    )


def _estimated(approximation: Approximation) -> str:
    error = approximation.median_relative_error
    estimated = f"{approximation.column} is estimated for {approximation.approximated_addresses:,} addresses"
    if error is None:
        return f"  {estimated}; how far off could not be measured"
    return (
        f"  {estimated}; median error {error:.1%}, against {approximation.compared_with} at "
        f"{approximation.compared_addresses:,} of them"
    )


def _many(
    source: Source, dates: Dates, window_days: Sequence[int], out: Path, *, as_json: bool
) -> None:
    profile = read_profile(source.profile) if source.profile else load_profile(source.network)
    with shown_stages(None) as begin:
        begin("reading transfers")
        ledger = make_ledger(read_transfers_file(source.transfers))
        whole = (ledger.last_day - ledger.first_day).days + 1
        chosen = windows(dates.chosen(ledger), window_days or [whole])
        written = monitor_windows(
            ledger,
            profile,
            chosen,
            out,
            network=source.network,
            labels=_labels(source.labels),
            labels_as_of_date=dates.any,
            progress=begin,
        )
    _warn_of_empty_days(ledger, chosen, given_length=bool(window_days))
    _warn_of_labels(
        {b.window.processing_date: b.counts.get("labels_made_later", 0) for b in written}
    )
    if as_json:
        print_json({"batches": [_as_json(batch) for batch in written]})
        return
    for batch in written:
        typer.echo(f"{batch.folder}:")
        print_counts(batch.counts)
        for each in batch.approximations:
            typer.echo(_estimated(each))


def _as_json(batch: WrittenBatch) -> dict[str, object]:
    window = batch.window
    return {
        "batch": str(batch.folder),
        "processing_date": str(window.processing_date),
        "window_days": window.window_days,
        **batch.counts,
        "estimated_columns": [asdict(each) for each in batch.approximations],
    }


def _labels(path: Path | None) -> pl.DataFrame | None:
    return read_table(path, ADDRESS_LABELS).rows if path else None
