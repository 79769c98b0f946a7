"""Tables out, as bytes: JSON, Arrow IPC or Parquet, with the same columns and the same bits."""

from io import BytesIO
from typing import Final

import polars as pl

from aml_miner.api.parts import ARROW_FILE, ARROW_STREAM, PARQUET
from aml_miner.api.wire import Form

JSON: Final = "application/json"
MEDIA_TYPES: Final[dict[Form, str]] = {"json": JSON, "arrow": ARROW_STREAM, "parquet": PARQUET}


def encode_table(table: pl.DataFrame, form: Form) -> bytes:
    """Return a table as the body of a reply: in JSON a list of objects, one a row.

    Raises
    ------
    MemoryError
        If there is not enough memory for it.
    """
    if form == "json":
        return table.write_json().encode()
    file = BytesIO()
    try:
        if form == "arrow":
            table.write_ipc_stream(file, compat_level=pl.CompatLevel.oldest())  # readers of any age
        else:
            table.write_parquet(file)
    except (OSError, pl.exceptions.ComputeError) as error:  # what Polars makes of want of memory
        if isinstance(error, OSError) or "IO error" in str(error):
            raise MemoryError from error
        raise
    return file.getvalue()


def form_of(accept: str) -> Form:
    """Return the form of reply a request asks for: the first it names that there is, else JSON.

    Examples
    --------
    >>> form_of("application/vnd.apache.arrow.stream, application/json;q=0.5")
    'arrow'
    >>> form_of("text/html, */*")
    'json'
    """
    forms: dict[str, Form] = {media_type: form for form, media_type in MEDIA_TYPES.items()}
    forms[ARROW_FILE] = "arrow"
    asked = (part.partition(";")[0].strip().lower() for part in accept.split(","))
    return next((forms[name] for name in asked if name in forms), "json")
