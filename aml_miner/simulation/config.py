"""What a synthetic economy is made of: every knob, with its unit and its range."""

from dataclasses import dataclass
from datetime import date

from aml_miner.errors import ConfigurationError

_LIMITS: dict[str, tuple[float, float]] = {
    # The bounds of accounts, exchange_count and the first three shares belong together: within them even the smallest
    # economy, before a newcomer has opened, has enough people left for the largest scheme (32 members).
    "accounts": (200, 1_000_000),
    "days": (7, 3_650),
    "seed": (0, 2**63 - 1),
    "illicit_share": (0, 0.15),
    "newcomer_share": (0, 0.3),
    "lookalike_share": (0, 1),
    "exchange_count": (1, 10),
    "treasury_share": (0, 0.05),
    "brand_share": (0, 0.05),
    "shop_share": (0, 0.05),
    "employer_share": (0, 0.05),
    "landlord_share": (0, 0.5),
    "tenant_share": (0, 1),
    "employed_share": (0, 1),
    "exchange_user_share": (0, 1),
    "neighbourly_scheme_share": (0, 1),
    "neighbourly_lookalike_share": (0, 1),
    "purchases_per_day": (0, 50),
    "purchase_median_usd": (0.01, 1e6),
    "salary_median_usd_per_month": (1, 1e6),
    "rent_median_usd_per_month": (1, 1e6),
    "friend_payments_per_month": (0, 100),
    "exchange_orders_per_month": (0, 100),
}


@dataclass(frozen=True, slots=True)
class SimulationConfig:
    """The knobs of a synthetic economy; the defaults make the demo.

    ``illicit_share`` and ``lookalike_share`` are shares of all accounts that take part in a planted scheme, and in an
    innocent arrangement of the same shape; the second keeps a shape from being proof.
    A ``neighbourly`` share says how often such a group is drawn from one circle of friends instead of strangers.
    The other shares are of all accounts, but ``tenant_``, ``employed_``, ``landlord_`` and ``newcomer_share`` are of
    the households and ``exchange_user_share`` of the people (households and shops).
    ``_per_day`` and ``_per_month`` are means per person.

    Raises
    ------
    ConfigurationError
        If a knob lies outside its range.
    """

    accounts: int = 2_000
    days: int = 60
    seed: int = 42
    first_day: date = date(2025, 1, 1)
    network: str = "simulated"

    illicit_share: float = 0.05
    lookalike_share: float = 0.25
    neighbourly_scheme_share: float = 0.4
    neighbourly_lookalike_share: float = 0.7

    exchange_count: int = 1
    treasury_share: float = 0.004
    brand_share: float = 0.02
    shop_share: float = 0.03
    employer_share: float = 0.01
    landlord_share: float = 0.03
    tenant_share: float = 0.6
    employed_share: float = 0.85
    exchange_user_share: float = 0.3
    newcomer_share: float = 0.15

    purchases_per_day: float = 0.35
    purchase_median_usd: float = 28.0
    salary_median_usd_per_month: float = 3_200.0
    rent_median_usd_per_month: float = 1_100.0
    friend_payments_per_month: float = 1.5
    exchange_orders_per_month: float = 2.5

    def __post_init__(self) -> None:
        """Refuse a knob outside its range."""
        for name, (lowest, highest) in _LIMITS.items():
            found = getattr(self, name)
            if not lowest <= found <= highest:
                msg = (
                    f"SimulationConfig: '{name}' must lie in {lowest:,} to {highest:,}, "
                    f"found {found:,}."
                )
                raise ConfigurationError(msg)
