"""Settings of the daily job: where batches come from, how hard that is tried, and what is packed and kept."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode


class DailySettings(BaseSettings):
    """What ``fetch`` and ``run-daily`` read beside their options.

    Attributes
    ----------
    source_url
        A folder, or a URL that begins with ``http``, ``https``, ``s3``, ``clickhouse`` or ``clickhouses``.
    source_token
        Shown to an HTTP source as a bearer token.
    network
        The network whose batches are asked for.
    windows
        Of which windows, in days, with commas between them.
    retention_days
        Dates of batches to keep, the newest among them; all when not set.
    fetch_workers
        Connections at once.
    fetch_tries
        Tries per file.
    fetch_stall_seconds
        Seconds to wait for a connection, and for the next bytes.
    aws_endpoint_url
        Where S3-compatible storage is; AWS when not set.
    aws_region
        The region requests to S3 are signed for.
    aws_access_key_id, aws_secret_access_key, aws_session_token
        Who asks S3, by the names its own tools read; without a key requests are anonymous.
    clickhouse_user, clickhouse_password
        The user who asks ClickHouse, and the password.
    packages_dir
        Where ``run-daily`` puts submission packages; none are made when it is not set.
    package_key
        The file of the key they are signed with.
    model_github_url, model_commit
        The repository the models were made by, and its commit.
    """

    source_url: str | None = None
    source_token: SecretStr | None = None
    network: str | None = None
    windows: Annotated[tuple[Annotated[int, Field(ge=1, le=65535)], ...], NoDecode] = (30,)
    retention_days: int | None = Field(default=None, ge=1)
    fetch_workers: int = Field(default=4, ge=1, le=64)
    fetch_tries: int = Field(default=5, ge=1, le=100)
    fetch_stall_seconds: float = Field(default=30.0, gt=0, le=3600)
    aws_endpoint_url: str | None = None
    aws_region: str = "us-east-1"
    aws_access_key_id: str | None = None
    aws_secret_access_key: SecretStr | None = None
    aws_session_token: SecretStr | None = None
    clickhouse_user: str = "default"
    clickhouse_password: SecretStr = SecretStr("")
    packages_dir: Path | None = None
    package_key: Path | None = None
    model_github_url: str = ""
    model_commit: str = ""

    @field_validator("windows", mode="before")
    @classmethod
    def _split_windows(cls, value: object) -> object:
        """Take windows apart where they are one text, with commas between them."""
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value
