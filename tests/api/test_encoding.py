"""Replies that memory has no room for say so."""

from io import BytesIO

import polars as pl
import pytest

from aml_miner.api import encoding
from aml_miner.api.encoding import encode_table
from aml_miner.api.wire import Form


class Full(BytesIO):
    """Memory without room for a byte."""

    def write(self, content: object) -> int:
        del content
        raise MemoryError


@pytest.mark.parametrize("form", ["arrow", "parquet"])
def test_a_reply_without_room_is_a_memory_error_in_every_form(
    form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoding, "BytesIO", Full)
    with pytest.raises(MemoryError):
        encode_table(pl.DataFrame({"score": [0.5]}), form)
