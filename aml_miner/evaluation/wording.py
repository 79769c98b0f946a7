"""How what was measured is said to people, on a terminal, on a page and in a card."""

from aml_miner.evaluation.bench import Measured, Undefined


def write_measured(
    measured: Measured | None, decimals: int = 3, *, undefined: str = "undefined"
) -> str:
    """Return a metric as text: its value, and its interval in brackets.

    Parameters
    ----------
    measured
        The metric; None, which was not asked for, is nothing.
    decimals
        Of the value and both ends; thousands have a comma.
    undefined
        What stands where the metric has no value.

    Examples
    --------
    >>> from aml_miner.evaluation.intervals import Interval
    >>> interval = Interval(0.75, 0.5, 0.875, level=0.95, resamples=1000, undefined=0)
    >>> write_measured(interval)
    '0.750 (0.500–0.875)'
    >>> write_measured(Undefined("needs illicit and licit rows"))
    'undefined'
    """
    if measured is None:
        return ""
    if isinstance(measured, Undefined):
        return undefined
    value, low, high = (
        f"{number:,.{decimals}f}" for number in (measured.value, measured.low, measured.high)
    )
    return f"{value} ({low}–{high})"


def in_words(name: str) -> str:
    """Return a name of a scoring, metric, segment or feature as words.

    Examples
    --------
    >>> in_words("average_precision")
    'average precision'
    """
    return name.replace("_", " ")
