"""Several LightGBM text models of one kind into one that gives the mean of their raw scores.

A raw score is a sum over trees, so the mean of several models is one model more: the trees of all, each leaf divided by
how many models there are. It is read, scored, explained and audited like any other.
"""

import re
from collections.abc import Sequence
from typing import Final

_TREE: Final = re.compile(r"Tree=[0-9]+\n(.*?\n\n\n)", re.DOTALL)
_SIZES: Final = re.compile(r"^tree_sizes=.*$", re.MULTILINE)
_INFOS: Final = re.compile(r"^feature_infos=.*$", re.MULTILINE)
_SCALED: Final = re.compile(r"^(leaf_value|internal_value|shrinkage)=(.*)$", re.MULTILINE)
_ENDING: Final = "end of trees\n\nfeature_importances:\n"


def average_texts(texts: Sequence[str]) -> str:
    """Return the text whose raw score is the mean of theirs; of one text that text.

    Parameters
    ----------
    texts
        Models grown on the same rows and features, as LightGBM wrote them. The first one's header is kept, with the
        ranges of features it saw: of many rows LightGBM looks at a sample, which differs from seed to seed. Importances
        and training parameters are left out; no score depends on any of these.

    Raises
    ------
    ValueError
        If the texts are of different objectives or features, or their trees are not written as LightGBM writes them.
    """
    if len(texts) == 1:
        return texts[0]
    headers = [text[: text.index("\nTree=0\n") + 1] for text in texts]
    heads = [_INFOS.sub("", _SIZES.sub("", header)) for header in headers]
    if any(head != heads[0] for head in heads):
        raise ValueError("what is averaged must have the same objective, features and constraints")
    grown = [block for text in texts for block in _trees(text)]
    blocks = [f"Tree={index}\n{_divided(block, len(texts))}" for index, block in enumerate(grown)]
    sizes = " ".join(str(len(block)) for block in blocks)
    return f"{_SIZES.sub(f'tree_sizes={sizes}', headers[0])}{''.join(blocks)}{_ENDING}"


def _trees(text: str) -> list[str]:
    """Return what is written of each tree."""
    found, sizes = _TREE.findall(text), _SIZES.search(text)
    listed = len(sizes[0].removeprefix("tree_sizes=").split()) if sizes else 0
    if len(found) != listed:
        raise ValueError(f"a text of {listed} trees has {len(found)} that can be read")
    return found


def _divided(block: str, count: int) -> str:
    def divide(line: re.Match[str]) -> str:
        return f"{line[1]}={' '.join(_number(float(value) / count) for value in line[2].split())}"

    return _SCALED.sub(divide, block)


def _number(value: float) -> str:
    """Write a number as LightGBM does, exactly."""
    return f"{value:.17g}"
