"""Put what a benchmark printed into docs/measured.md: each of its sections that the page has, in place of the old one.

    python -m benchmarks.pretrained > economies.md
    python scripts/write_measured_tables.py economies.md

A section is a heading of the third level and what follows up to the next heading. Sections the page does not have are
left out; if it has none of them, nothing is written.
"""

import argparse
import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "measured.md"

_SECTION = re.compile(r"^(### .+\n)((?:(?!#{1,3} ).*\n)*)", re.MULTILINE)


def main() -> None:
    """Write the page anew, and say which sections changed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("printed", type=Path, nargs="+", help="what benchmarks printed")
    parser.add_argument("--page", type=Path, default=PAGE)
    chosen = parser.parse_args()
    page = chosen.page.read_text(encoding="utf-8")
    printed = "".join(path.read_text(encoding="utf-8") for path in chosen.printed)
    placed = sorted(sections(page).keys() & sections(printed).keys())
    if not placed:
        parser.error(f"{chosen.page} has no section of what was printed")
    chosen.page.write_text(place(page, printed), encoding="utf-8")
    print("\n".join(placed))


def sections(text: str) -> dict[str, str]:
    """Return what stands under each heading of the third level."""
    return {heading.strip(): body for heading, body in _SECTION.findall(text)}


def place(page: str, printed: str) -> str:
    r"""Return the page with the sections that were printed in place of its own.

    Examples
    --------
    >>> place("### a\n\nold\n\n### b\n\nkept\n", "### a\n\nnew\n### c\n\nleft out\n")
    '### a\n\nnew\n\n### b\n\nkept\n'
    """
    new = {heading: f"\n{body.strip()}\n\n" for heading, body in sections(printed).items()}

    def placed(section: re.Match[str]) -> str:
        heading, body = section.groups()
        return heading + new.get(heading.strip(), body)

    return _SECTION.sub(placed, page)


if __name__ == "__main__":
    main()
