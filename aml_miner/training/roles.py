"""What a role in a laundering pattern says of guilt, for truth that names roles but not guilt.

The one rule: who moves a pattern's money is illicit; whom it is done to, and who merely stands near, is unknown; whom
the truth itself calls a legitimate service or a bystander is licit. A role that is not in ``ROLES`` is unknown too.

Source of the names: the roles of the public ground truth for Substrate networks. A simulated economy has roles of its
own and needs no entry here: its truth says who is illicit. Where their publisher sorts a role as malicious, victim or
benign, that is followed; it leaves out the fan-in, burst and proximity roles, and counts one role as both: what becomes
of these is our choice, said beside them.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_MOVES_THE_MONEY: Final = (
    "activation_hop",
    "attacker",
    "attacker_origin",
    "burst_chain_end",  # burst and fan-in roles: our choice, like every other hand the money passes
    "burst_chain_hop",
    "burst_chain_start",
    "burst_collector",
    "burst_source",
    "burst_target",
    "cycle_node",
    "darknet_market",  # the four the proximity patterns are near to: their type alone is critical
    "dormant_exit",
    "dormant_wallet",
    "exploit_attacker",
    "fanin_collector",
    "fanin_exit",
    "fanin_source",
    "layering_dest",
    "layering_hop",
    "layering_source",
    "mixer_contract",
    "mixer_depositor",
    "mixer_recipient",
    "mixer_service",
    "mule",
    "nested_service_wallet",
    "rug_contract",
    "rug_developer",
    "rug_exit",
    "rug_marketing",
    "sanctioned_entity",
    "smurfing_aggregator",
    "smurfing_exit",
    "smurfing_intermediate",
    "smurfing_mule",
    "smurfing_source",
    "sybil_collector",
    "sybil_funder",
    "sybil_wallet",
    "threshold_destination",
    "threshold_source",
    "wash_trading_wallet",
)

_LEGITIMATE: Final = (
    "benign_counterparty",
    "cold_wallet",  # this and the next three: an exchange's wallets, and its customers' on either side
    "deposit_address",
    "hot_wallet",
    "withdrawal_address",
    "legitimate_exchange",
    "nested_destination",
    "noise",  # payments mixed in to make a pattern harder to see
)

_UNDECIDED: Final = (
    "distant_counterparty",  # one to five payments from a flagged address: near, not guilty and not cleared
    "immediate_counterparty",
    "nested_service_user",  # a victim to its publisher: pays a service without knowing whose it is
    "peel_destination",  # its publisher counts it as malicious and as a victim
    "rug_victim",
    "second_hop_counterparty",
    "sybil_target",
    "third_hop_counterparty",
    "unknown",
)

ROLES: Final[Mapping[str, bool | None]] = MappingProxyType(
    dict.fromkeys(_MOVES_THE_MONEY, True)
    | dict.fromkeys(_LEGITIMATE, False)
    | dict.fromkeys(_UNDECIDED, None)
)
"""Role in lower case → whether it is illicit; None where the role leaves it open."""
