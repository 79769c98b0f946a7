"""Requests to S3-compatible storage: where an object is, and the signature (version 4) a keyed request carries.

Reading objects needs no more of S3 than a GET, so no client library is needed: one would bring tens of megabytes for
this page of code. Source: AWS General Reference, "Signature Version 4 signing process"; the tests hold it against
botocore's own.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import reduce
from typing import Final
from urllib.parse import urlsplit

_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_EMPTY: Final = hashlib.sha256(b"").hexdigest()
"""Hash of a body without bytes."""


@dataclass(frozen=True, slots=True)
class S3Key:
    """What a keyed request is signed with; ``session_token`` comes with a key that is lent for a time."""

    key_id: str
    secret: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


def s3_url(bucket: str, prefix: str, endpoint: str | None, region: str) -> str:
    """Return the URL of a prefix of a bucket: with an endpoint in its path, else in the host name, as AWS wants it.

    Examples
    --------
    >>> s3_url("alerts", "daily", None, "eu-west-1")
    'https://alerts.s3.eu-west-1.amazonaws.com/daily'
    >>> s3_url("alerts", "", "http://127.0.0.1:9000/", "us-east-1")
    'http://127.0.0.1:9000/alerts'
    """
    host = (
        f"{endpoint.rstrip('/')}/{bucket}"
        if endpoint
        else f"https://{bucket}.s3.{region}.amazonaws.com"
    )
    return f"{host}/{prefix.strip('/')}".rstrip("/")


def signed_headers(url: str, key: S3Key, region: str, at: datetime) -> Mapping[str, str]:
    """Return the headers that make a GET of a URL a signed one.

    Parameters
    ----------
    url
        Quoted, without a query.
    key, region
        Who asks, and which region the bucket is in.
    at
        When it is sent, with a time zone; storage refuses a signature that is some minutes old.
    """
    moment = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    parts = urlsplit(url)
    headers = {"host": parts.netloc, "x-amz-content-sha256": _EMPTY, "x-amz-date": moment}
    if key.session_token:
        headers["x-amz-security-token"] = key.session_token
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    canonical = "\n".join(["GET", parts.path or "/", "", lines, names, _EMPTY])
    scope = f"{moment[:8]}/{region}/s3/aws4_request"
    to_sign = "\n".join([_ALGORITHM, moment, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    secret = reduce(_hmac, scope.split("/"), f"AWS4{key.secret}".encode())
    signature = _hmac(secret, to_sign).hex()
    sent = {name: value for name, value in headers.items() if name != "host"}
    return sent | {
        "authorization": f"{_ALGORITHM} Credential={key.key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    }


def _hmac(secret: bytes, text: str) -> bytes:
    return hmac.new(secret, text.encode(), hashlib.sha256).digest()
