#!/usr/bin/env python3
"""Write what an installed wheel consists of, as a CycloneDX bill of materials: every package of the runtime lock.

The same lock gives the same bytes: there is no time, no serial number and no place in it.
A package whose version depends on the platform is there once for each, with the condition as a property.
Hashes are those of all the files the lock allows.
"""

import argparse
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import aml_miner

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements" / "runtime.lock"
_PINNED = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[^\s;]+)(?: *; *(?P<marker>.*?))?(?: *\\)?$")


def bill_of_materials(lock: str, project: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document of a lock's text and the ``project`` table of ``pyproject.toml``."""
    components = list(_components(lock))
    direct = {_normal(re.split(r"[<>=;\[ ]", need)[0]) for need in project["dependencies"]}
    own = f"pkg:pypi/{project['name']}@{aml_miner.__version__}"
    subject = {
        "type": "application",
        "bom-ref": own,
        "name": project["name"],
        "version": aml_miner.__version__,
        "description": project["description"],
        "licenses": [{"license": {"id": project["license"]}}],
        "purl": own,
    }
    needs = [each["bom-ref"] for each in components if each["name"] in direct]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": subject},
        "components": components,
        "dependencies": [{"ref": own, "dependsOn": needs}],
    }


def _components(lock: str) -> Iterator[dict[str, object]]:
    for entry in re.split(r"\n(?=\S)", lock.strip()):
        first, *rest = entry.splitlines()
        pinned = _PINNED.match(first)
        if pinned is None:
            raise ValueError(f"{LOCK.name}: a line must pin one version, found {first!r}.")
        purl = f"pkg:pypi/{pinned['name']}@{pinned['version']}"
        hashes = sorted(re.findall(r"sha256:([0-9a-f]{64})", "\n".join(rest)))
        component: dict[str, object] = {
            "type": "library",
            "bom-ref": purl,
            "name": pinned["name"],
            "version": pinned["version"],
            "purl": purl,
            "hashes": [{"alg": "SHA-256", "content": each} for each in hashes],
        }
        if pinned["marker"]:
            marker = {"name": "aml-miner-template:marker", "value": pinned["marker"]}
            component["properties"] = [marker]
        yield component


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def main() -> None:
    """Write the document."""
    parser = argparse.ArgumentParser(description="Write the bill of materials of the runtime lock.")
    parser.add_argument("--out", type=Path, default=ROOT / "dist" / "sbom.cdx.json")
    out = parser.parse_args().out
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    document = bill_of_materials(LOCK.read_text(encoding="utf-8"), project)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    print(f"{out}: {len(document['components'])} components")


if __name__ == "__main__":
    main()
