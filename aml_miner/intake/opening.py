"""A source of batches by its URL."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

from aml_miner.errors import ConfigurationError, SourceError
from aml_miner.intake.clickhouse import ClickHouseSource, Login
from aml_miner.intake.effort import Effort
from aml_miner.intake.fetching import Source
from aml_miner.intake.files import Files, FilesSource
from aml_miner.intake.folder import FolderFiles
from aml_miner.intake.http import HttpFiles
from aml_miner.intake.s3 import S3Key, s3_url, signed_headers

_KINDS: Final = "a folder, http://, https://, s3://bucket/prefix or clickhouse://host/database"


@dataclass(frozen=True, slots=True)
class Access:
    """What sources ask for; of each only what its kind needs.

    Attributes
    ----------
    token
        Shown to an HTTP server as a bearer token.
    s3_endpoint
        URL of S3-compatible storage; that of AWS when not given.
    s3_region, s3_key
        The bucket's region, and the key; without one requests are anonymous.
    login
        Who asks ClickHouse.
    """

    token: str | None = field(default=None, repr=False)
    s3_endpoint: str | None = None
    s3_region: str = "us-east-1"
    s3_key: S3Key | None = None
    login: Login = field(default_factory=Login)


def open_source(
    url: str, access: Access, effort: Effort, *, allow_unverified: bool = False
) -> Source:
    """Return the source at a URL or path; nothing is asked of it yet.

    Raises
    ------
    ConfigurationError
        If it is of no known kind, or holds a password, which would end up in logs.
    SourceError
        If it is a folder, and not there.
    """
    parts = _split(url)
    if parts.scheme in {"clickhouse", "clickhouses"}:
        return ClickHouseSource(parts, access.login, effort)
    files = _open_files(url, parts, access, effort)
    return FilesSource(files, effort, allow_unverified=allow_unverified)


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        with_password = "@" in parts.netloc
        parts.port  # noqa: B018 - it is checked when it is asked for
    except ValueError as error:
        raise ConfigurationError(f"source: not a URL: {error}; expected {_KINDS}.") from error
    if with_password:
        message = "source: a URL must hold no user or password: set SOURCE_TOKEN, AWS_… or CLICKHOUSE_… instead."
        raise ConfigurationError(message)
    return parts


def _open_files(url: str, parts: SplitResult, access: Access, effort: Effort) -> Files:
    if parts.scheme in {"http", "https"} and parts.hostname and not (parts.query or parts.fragment):
        return HttpFiles(url, effort, access.token)
    if parts.scheme == "s3" and parts.netloc:
        root = s3_url(parts.netloc, parts.path, access.s3_endpoint, access.s3_region)
        return _open_s3(root, access, effort)
    if parts.scheme == "":
        if Path(url).is_dir():
            return FolderFiles(Path(url))
        raise SourceError(f"{url}: there is no such folder; check the path.")
    raise ConfigurationError(f"source: expected {_KINDS}; found {url!r}.")


def _open_s3(root: str, access: Access, effort: Effort) -> Files:
    key, region = access.s3_key, access.s3_region
    if key is None:
        return HttpFiles(root, effort)
    return HttpFiles(
        root, effort, sign=lambda url: signed_headers(url, key, region, datetime.now(UTC))
    )
