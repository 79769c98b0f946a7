"""docs/monitoring.md names everything that is looked for."""

import importlib
import pkgutil
import re
from pathlib import Path

import pytest
import yaml

from aml_miner.monitoring import clusters, patterns, typologies
from aml_miner.monitoring.patterns.pattern import PatternKind
from aml_miner.monitoring.profile import parse_profile

PAGE = (Path(__file__).parents[2] / "docs" / "monitoring.md").read_text()


def kinds() -> list[PatternKind]:
    modules = [
        importlib.import_module(f"{patterns.__name__}.{module.name}")
        for module in pkgutil.iter_modules(patterns.__path__)
    ]
    found = {
        value.pattern_type: value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, PatternKind)
    }
    return [found[name] for name in sorted(found)]


def test_every_kind_of_pattern_was_found() -> None:
    assert len(kinds()) >= 13


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.pattern_type)
def test_every_pattern_is_on_the_page_with_its_typology(kind: PatternKind) -> None:
    assert f"| `{kind.pattern_type}` | {kind.typology} |" in PAGE


@pytest.mark.parametrize(
    ("package", "pattern"),
    [(typologies, r'typology="([A-Z_]+)"'), (clusters, r'Cluster\(\s*"([a-z_]+)"')],
    ids=["rules", "clusters"],
)
def test_every_rule_and_cluster_type_is_on_the_page(package: object, pattern: str) -> None:
    texts = [path.read_text() for path in Path(package.__path__[0]).glob("*.py")]  # type: ignore[attr-defined]
    names = {name for text in texts for name in re.findall(pattern, text)}
    assert len(names) >= 4
    assert {name for name in names if not re.search(rf"\| `?{name}`? \|", PAGE)} == set()


def test_the_profile_on_the_page_is_one() -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    own = parse_profile(block, "docs")
    for section, numbers in yaml.safe_load(block).items():
        assert getattr(own, section).model_dump().items() >= numbers.items()
