"""Graph: an address's place in the whole, an edge being all transfers from one address to another.

Where no transfer of the window has a value in USD, every edge weighs 1, or is of length 1.
"""

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.address_features.values import Values


def pagerank(activity: Activity) -> Values:
    """Where money ends up that is passed on at random, in proportion to the USD of the edges; all add up to 1.

    Formula: power iteration from 1/n with α = 0.85, what addresses that send nothing hold being spread evenly, until
    the ranks' total change is below n·1e-6, n the number of addresses.
    Unit: share.
    Source: reference.
    Note: the rule to stop is laxer the more addresses there are, so that ranks in large windows are far from the limit;
    it is kept because the reference's values depend on it.
    """
    return activity.graph.pagerank


def betweenness(activity: Activity) -> Values:
    """How often it lies on the shortest way from one address to another.

    Formula: Σ over ordered pairs of other addresses of the share of their shortest paths that lead through it
    / ((n − 1)·(n − 2)), an edge being as long as its USD; above a bound of work (``path_work``) estimated by the paths
    from some senders drawn by lot, times senders / drawn.
    Unit: 0 to 1.
    Source: reference, which always draws, and without a seed.
    Note: a large payment is a long way, as in the reference.
    """
    return activity.graph.betweenness


def closeness(activity: Activity) -> Values:
    """How short the ways are on which money reaches it, and from how many addresses.

    Formula: r / Σ d · r / (n − 1) for the r addresses that reach it, at shortest distances d, an edge being as long
    as its USD; 0 where Σ d is 0; above a bound of work (``path_work``) estimated by the distances from some senders
    drawn by lot, regressed on their distances to the largest hub.
    Unit: 1 / USD.
    Source: reference.
    Note: a large payment is a long way, as in the reference.
    """
    return activity.graph.closeness


def clustering_coefficient(activity: Activity) -> Values:
    """How much its counterparties deal with each other: 0 not at all, 1 each with each by the largest of all edges.

    Formula: Σ ∛(w_ij·w_jk·w_ki) over its triangles, divided by the pairs of its counterparties; w = USD / largest USD
    of an edge; of two directions the one whose sender comes later in the sorted list of edges.
    Unit: 0 to 1.
    Source: reference.
    """
    return activity.graph.clustering


def kcore(activity: Activity) -> Values:
    """How densely its surroundings hold together.

    Formula: the largest k for which it is in a group of addresses that each have k counterparties in the group.
    Unit: addresses.
    Source: reference.
    """
    return activity.graph.core_numbers


def community_id(activity: Activity) -> Values:
    """The group of addresses it deals with more than with the rest: 0 the largest group.

    Formula: communities of the Louvain method on USD both ways, addresses in the order of their names, split into
    connected parts; numbered by size, then by their first address.
    Unit: category.
    Source: our choice; the reference draws communities without a seed.
    """
    return activity.graph.communities


def centrality_score(activity: Activity) -> Values:
    """How central it is, in one number.

    Formula: 0.4·pagerank + 0.3·betweenness + 0.3·clustering_coefficient.
    Unit: 0 to 1.
    Source: reference.
    """
    graph = activity.graph
    return 0.4 * graph.pagerank + 0.3 * graph.betweenness + 0.3 * graph.clustering


COLUMNS = (
    pagerank,
    betweenness,
    closeness,
    clustering_coefficient,
    kcore,
    community_id,
    centrality_score,
)
