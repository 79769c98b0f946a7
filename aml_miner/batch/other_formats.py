"""What a file is that should be Parquet and is not, and how it becomes Parquet."""

from pathlib import Path

_BY_SUFFIX = {
    ".csv": ("CSV", "pl.read_csv({source})"),
    ".tsv": ("text with tabs", 'pl.read_csv({source}, separator="\\t")'),
    ".json": ("JSON", "pl.read_json({source})"),
    ".jsonl": ("JSON, a row a line", "pl.read_ndjson({source})"),
    ".ndjson": ("JSON, a row a line", "pl.read_ndjson({source})"),
    ".arrow": ("an Arrow file", "pl.read_ipc({source})"),
    ".feather": ("an Arrow file", "pl.read_ipc({source})"),
}
"""By the last suffix: what such a file is called, and what of Polars reads it."""

_WITHOUT_TYPES = {".csv", ".tsv"}
_KEEP_TEXT = ", with schema_overrides where text looks like numbers (docs/monitoring.md)"
_LOOKED_AT = 4096


def other_format(path: Path) -> str | None:
    """Return what a file is by its first bytes or its name, and what makes Parquet of it; None where nothing says so.

    A file that begins as Parquet does is Parquet, whatever its name.
    """
    start = _start(path)
    if not start or start.startswith(b"PAR1"):
        return None
    suffix = ".csv" if path.suffix.lower() not in _BY_SUFFIX and _is_csv(start) else path.suffix
    if suffix.lower() not in _BY_SUFFIX:
        return None
    name, reader = _BY_SUFFIX[suffix.lower()]
    target = path.with_suffix(".parquet")
    if target.exists():
        target = path.with_name(f"{path.stem}-converted.parquet")
    source = reader.format(source=_quoted(path))
    hint = _KEEP_TEXT if suffix.lower() in _WITHOUT_TYPES else ""
    return f"found {name}; convert it: {source}.write_parquet({_quoted(target)}){hint}"


def other_format_beside(path: Path) -> str | None:
    """Return what lies beside a missing file under its name with another suffix, and what makes Parquet of it."""
    beside = (path.with_suffix(suffix) for suffix in _BY_SUFFIX)
    for file in beside:
        said = other_format(file)
        if said:
            return said.replace("found ", f"found {file.name}, ", 1)
    return None


def _start(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LOOKED_AT)
    except OSError:  # what reading it as Parquet said is told instead
        return b""


def _is_csv(start: bytes) -> bool:
    """Return whether the first line is text with commas, and no JSON."""
    line = start.partition(b"\n")[0].strip()
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return text.isprintable() and "," in text and text[0] not in "{["


def _quoted(path: Path) -> str:
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
