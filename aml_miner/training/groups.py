"""Rows that belong together: what one of them shows, another would know in advance."""

import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def link_rows(links: pl.DataFrame, rows: int) -> pl.Series:
    """Return the group of each row: rows that share a key are in one group, and so are their other rows.

    Parameters
    ----------
    links
        ``row`` (0 to rows − 1) and ``key`` (text): one line for each key a row has. Every row has one.
    rows
        How many rows there are.

    Returns
    -------
    pl.Series
        Per row the first token, in sorted order, of its connected component: a name that does not depend on the order
        of the rows.

    Examples
    --------
    >>> links = pl.DataFrame({"row": [0, 1, 1, 2, 3], "key": ["b", "b", "a", "c", "a"]})
    >>> link_rows(links, 4).to_list()
    ['a', 'a', 'c', 'a']
    """
    tokens = links["key"].unique().sort()
    codes = tokens.search_sorted(links["key"]).to_numpy().astype(np.int64)
    nodes = rows + len(tokens)
    edges = (np.ones(len(codes), np.int8), (links["row"].to_numpy(), rows + codes))
    _, component = connected_components(coo_array(edges, shape=(nodes, nodes)), directed=False)
    first = np.full(nodes, len(tokens), np.int64)
    np.minimum.at(first, component[rows:], np.arange(len(tokens)))
    return tokens.gather(first[component[:rows]]).alias("group")
