"""What a synthetic economy is made of: every knob, with its unit and its range; the values are in economy.yaml."""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from aml_miner.config.unknown_names import unknown_name
from aml_miner.errors import ConfigurationError
from aml_miner.monitoring.transfer_checks import FIRST_DAY, LAST_DAY
from aml_miner.simulation.schemes import TYPOLOGIES
from aml_miner.utils.near_miss import near_miss

DEFAULTS: Final = Path(__file__).with_name("economy.yaml")

FEWEST_ACCOUNTS, MOST_ACCOUNTS = 200, 2_000_000
"""The smallest economy still has people enough for the smallest scheme of every kind."""

_FEWEST_LEFT_OVER = 0.1

# Monitoring takes times from some hour of its first day on, an economy begins at midnight.
_EARLIEST_DAY = FIRST_DAY + timedelta(days=1)

type _Share = Annotated[float, Field(ge=0, le=1)]
type _PerPerson = Annotated[float, Field(ge=0, le=100)]
type _Usd = Annotated[float, Field(ge=0.01, le=1e6)]


class _Closed(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True
    )


class Asset(_Closed):
    """A coin: how much of all paying is done in it, its price on the first day, and how far a day moves that."""

    symbol: str = Field(min_length=1, max_length=12)
    usage: _Share
    price_usd: float = Field(ge=1e-4, le=1e6)
    daily_volatility: float = Field(ge=0, le=0.5)


class Habits(_Closed):
    """How often people pay and how much; shares are of all people, frequencies means per person."""

    purchases_per_day: _PerPerson
    purchase_median_usd: _Usd
    employed_share: _Share
    salary_median_usd_per_month: _Usd
    tenant_share: _Share
    rent_median_usd_per_month: _Usd
    friend_payments_per_month: _PerPerson
    exchange_orders_per_month: _PerPerson
    exchange_user_share: _Share
    donor_share: _Share
    gambler_share: _Share
    nominator_share: _Share
    bridge_user_share: _Share
    mixer_user_share: _Share
    bot_orders_per_day: _PerPerson


class TruthHabits(_Closed):
    """How late and how incompletely the truth comes out.

    Attributes
    ----------
    undiscovered_share
        Of the schemes, those nobody finds out about.
    missed_member_share
        Of the members of the others, those that are overlooked.
    wrongly_cleared_share
        Of the members who are looked into, those found innocent.
    wrongly_confirmed_share
        Accounts found guilty though innocent, per member found guilty; they are counterparties of members.
    delay_days
        From a scheme's last payment, or a bystander's, to the verdict: the earliest and the latest.
    cleared_lookalike_share, cleared_bystander_share
        Of the members of innocent arrangements, and of everybody else, those who are looked into and cleared.
    public_warning_share
        Of the guilty verdicts, those that become a public label.
    """

    undiscovered_share: _Share
    missed_member_share: _Share
    wrongly_cleared_share: _Share
    wrongly_confirmed_share: _Share
    delay_days: tuple[Annotated[int, Field(ge=0, le=365)], Annotated[int, Field(ge=0, le=365)]]
    cleared_lookalike_share: _Share
    cleared_bystander_share: _Share
    public_warning_share: _Share

    @model_validator(mode="after")
    def _check_delay(self) -> Self:
        earliest, latest = self.delay_days
        if earliest > latest:
            raise ValueError(f"delay_days: the earliest, {earliest}, is after the latest, {latest}")
        return self


@cache
def _defaults() -> Mapping[str, Any]:
    read: Mapping[str, Any] = yaml.safe_load(DEFAULTS.read_text(encoding="utf-8"))
    return read


def _default(name: str) -> Any:  # noqa: ANN401  a field's default is of the field's type
    return Field(default_factory=lambda: _defaults()[name])


class SimulationConfig(_Closed):
    """The knobs of a synthetic economy; what is not given is as in economy.yaml.

    Attributes
    ----------
    accounts
        Addresses there may be; a few casual wallets are never used.
    days
        Length in days, from the first midnight to the last, UTC.
    first_day
        The day (UTC) it begins; it ends by the last day that monitoring takes transfers of.
    network
        Its name in the labels, which ``monitor`` is given too.
    base_rate
        Share of the accounts that take part in a scheme. Schemes come whole, so a small economy may miss it by half
        a scheme.
    lookalike_share
        Share of the accounts that take part in an innocent arrangement of the same shapes.
    camouflage
        0: schemes keep the pace and the terms of laundering, and half of their members are fresh wallets.
        1: pace and terms are those of the innocent arrangement, as many members live an ordinary life, and they are as
        often friends.
    drift
        How far laundering, and nothing else, changes from the first day to the last: 0 not at all; 1: its amounts
        triple, and each kind of scheme is three times as frequent in one half of the time as in the other.
    persistence
        Share of the groups, guilty or innocent, that act three to thirty times: all of them again and again, or the
        member with the most payments and others each time, where these are few enough in the economy. The rest act as
        their kind does: once, or innocents by the week or the month; so does who wakes from dormancy.
    amount_scale
        Factor of the amounts that schemes and innocent arrangements move. What stays below a limit is as large as
        before, and paid so many times as often, some forty times as often at most and no less often than the fewest
        times of its kind.
    growth
        Share of the households that open their account during the period.
    day_rhythm
        1: people rest at night and on Sundays, and shops keep hours. 0: every hour of the week is like any other, as
        where the whole world pays, or times are not those of the payments.
    hours_from_utc
        How many hours earlier than in UTC the days of the people and the shops begin, those of the week with them.
    population
        Share of the accounts by what they do.
    typologies
        Relative frequency by kind of scheme, where it is not 1.
    """

    accounts: Annotated[int, Field(ge=FEWEST_ACCOUNTS, le=MOST_ACCOUNTS)] = _default("accounts")
    days: Annotated[int, Field(ge=7, le=3_650)] = _default("days")
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] = _default("seed")
    first_day: date = _default("first_day")
    network: Annotated[str, Field(min_length=1)] = _default("network")

    base_rate: Annotated[float, Field(ge=0, le=0.4)] = _default("base_rate")
    lookalike_share: Annotated[float, Field(ge=0, le=0.6)] = _default("lookalike_share")
    camouflage: _Share = _default("camouflage")
    drift: _Share = _default("drift")
    persistence: _Share = _default("persistence")
    amount_scale: Annotated[float, Field(ge=1e-3, le=1e3)] = _default("amount_scale")
    growth: Annotated[float, Field(ge=0, le=0.9)] = _default("growth")
    day_rhythm: _Share = _default("day_rhythm")
    hours_from_utc: Annotated[int, Field(ge=-12, le=14)] = _default("hours_from_utc")

    population: Mapping[str, _Share] = _default("population")
    assets: Annotated[tuple[Asset, ...], Field(min_length=1, max_length=100)] = _default("assets")
    habits: Habits = _default("habits")
    typologies: Mapping[str, Annotated[float, Field(ge=0, le=1_000)]] = _default("typologies")
    truth: TruthHabits = _default("truth")

    @model_validator(mode="after")
    def _check_days(self) -> Self:
        latest = LAST_DAY.toordinal() - self.days + 1
        if not _EARLIEST_DAY.toordinal() <= self.first_day.toordinal() <= latest:
            raise ValueError(
                f"first_day: the days may lie between {_EARLIEST_DAY} and {LAST_DAY}, "
                f"found {self.days} from {self.first_day} on"
            )
        return self

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        kinds = {"typologies": TYPOLOGIES, "population": _defaults()["population"]}
        for knob, names in kinds.items():
            for name in sorted(set(getattr(self, knob)) - set(names)):
                place, known = f"{knob}.{name}", [f"{knob}.{each}" for each in names]
                hint = near_miss(place, known) or f"; there are {', '.join(names)}"
                raise ValueError(f"there is no knob '{place}'{hint}")
        missing = sorted(set(kinds["population"]) - set(self.population))
        if missing:
            raise ValueError(f"population: there must be a share of '{missing[0]}'")
        return self

    @model_validator(mode="after")
    def _check_shares(self) -> Self:
        total = sum(self.population.values())
        if total > 1 - _FEWEST_LEFT_OVER:
            raise ValueError(f"population: shares may add up to 0.9, found {total:.3f}")
        if not any(asset.usage for asset in self.assets):
            raise ValueError("assets: at least one must be used")
        return self


def load_simulation_config(
    path: Path | None = None, *, otherwise: Mapping[str, object] | None = None, **changes: object
) -> SimulationConfig:
    """Read the knobs: the defaults, then what a file of one's own says, then what is given by name.

    Parameters
    ----------
    path
        A YAML file with the knobs to change, or None. A section changes only what it names; a list is replaced.
    otherwise
        Knobs in place of the defaults: the file goes before them.
    changes
        Knobs by name.

    Raises
    ------
    ConfigurationError
        If the file is missing or not YAML, or a name in it is unknown, or a value out of range.

    Examples
    --------
    >>> load_simulation_config(accounts=500).accounts
    500
    """
    values = _changed(_defaults(), otherwise or {})
    if path is not None:
        values = _changed(values, _read(path))
    try:
        return SimulationConfig.model_validate(_changed(values, changes))
    except ValidationError as error:
        raise ConfigurationError(_message(path, error)) from error


def _read(path: Path) -> Mapping[str, Any]:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: the economy cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{path}: not YAML: {error}") from error
    if document is None:
        return {}
    if not isinstance(document, dict):
        found = type(document).__name__
        raise ConfigurationError(f"{path}: expected names and values; found {found}.")
    return document


def _changed(values: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(values)
    for name, change in changes.items():
        old = merged.get(name)
        both = isinstance(old, Mapping) and isinstance(change, Mapping)
        merged[name] = _changed(old, change) if both else change  # type: ignore[arg-type]
    return merged


def _message(path: Path | None, error: ValidationError) -> str:
    where = f"{path}: " if path else "economy: "
    unknown = unknown_name("knob", error, SimulationConfig, DEFAULTS.name)
    if unknown:
        return f"{where}{unknown}"
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    if first["type"] == "value_error":
        sentence = str(first["ctx"]["error"])
        return f"{where}{sentence}" + ("" if sentence.endswith("?") else ".")
    return f"{where}'{place}': {first['msg']}; found {first['input']!r:.80}."
