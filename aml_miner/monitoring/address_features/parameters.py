"""Parameters of address features: what a network may want otherwise, by the family of the columns that read them."""

from pydantic import Field

from aml_miner.monitoring.parameters import Parameters


class FlagParameters(Parameters):
    """When an address is called a whale, a mixer, a contract or dormant."""

    whale_usd: int = Field(ge=1)
    mixer_min_degree: int = Field(ge=1)
    mixer_max_overlap: float = Field(ge=0, le=1)
    mixer_max_asymmetry: float = Field(ge=0, le=1)
    mixer_min_repeats: int = Field(ge=2)
    mixer_min_repeated_share: float = Field(ge=0, le=1)
    contract_min_transfers: int = Field(ge=1)
    contract_min_share: float = Field(ge=0, le=1)
    dormant_days: int = Field(ge=1)


class AnomalyParameters(Parameters):
    """How anomalies among the addresses of a window are sought."""

    trees: int = Field(ge=1)
    sample: int = Field(ge=2)
    seed: int = Field(ge=0, le=2**32 - 1)
    fence: float = Field(gt=0)
    full_transfers: int = Field(ge=1)


class QualityParameters(Parameters):
    """How many transfers make an address well known."""

    half_transfers: int = Field(ge=1)


class AddressFeatureParameters(Parameters):
    """All parameters of address features."""

    flag: FlagParameters
    anomaly: AnomalyParameters
    quality: QualityParameters
