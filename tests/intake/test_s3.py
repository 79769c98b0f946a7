"""S3: an S3-compatible server on loopback, and botocore's own signer as a second opinion."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from aml_miner.batch.reading import read_batch
from aml_miner.intake import Access, fetch_batches, open_source
from aml_miner.intake.s3 import S3Key, signed_headers
from tests.intake.conftest import FIRST, QUICK

KEY = S3Key("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")


@pytest.mark.parametrize(
    "url",
    [
        "https://alerts.s3.eu-west-1.amazonaws.com/daily/torus/2025-11-20/30/META.json",
        "http://127.0.0.1:9000/alerts/a%20b/%C3%A9.parquet",
    ],
)
@pytest.mark.parametrize("token", [None, "lent/for=a+time"])
def test_signature_is_botocores(url: str, token: str | None) -> None:
    request = AWSRequest("GET", url, headers={"X-Amz-Content-SHA256": "e3b0"})
    signer = S3SigV4Auth(Credentials(KEY.key_id, KEY.secret, token), "s3", "eu-west-1")
    signer.add_auth(request)
    stamp = request.context["timestamp"]
    at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    ours = signed_headers(url, S3Key(KEY.key_id, KEY.secret, token), "eu-west-1", at)
    assert ours["x-amz-date"] == stamp
    assert ours["authorization"] == request.headers["Authorization"]


def test_a_secret_is_in_no_representation() -> None:
    shown = repr(Access("also secret", s3_key=KEY))
    assert KEY.secret not in shown
    assert "also secret" not in shown


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """An S3-compatible server; whether a signature is right is the other tests' concern."""
    command = [sys.executable, "-u", "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env={**os.environ}
    ) as server:
        assert server.stderr is not None
        for line in server.stderr:
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                yield found[0]
                break
        server.terminate()
        server.stderr.close()


def test_a_bucket_is_a_source_with_and_without_a_key(
    published: Path, endpoint: str, out: Path
) -> None:
    store = boto3.client(
        "s3", endpoint_url=endpoint, region_name="us-east-1",
        aws_access_key_id=KEY.key_id, aws_secret_access_key=KEY.secret,
    )  # fmt: skip
    store.create_bucket(Bucket="alerts")
    for key, access in ((None, "public-read"), (KEY, "private")):
        for path in (published / FIRST.path).iterdir():
            name = f"daily/{FIRST.path}/{path.name}"
            store.upload_file(str(path), "alerts", name, {"ACL": access})
        source = open_source("s3://alerts/daily", Access(s3_endpoint=endpoint, s3_key=key), QUICK)
        folder = out / str(key is None)
        part = folder / ".incoming" / FIRST.path / "alerts.parquet.part"
        part.parent.mkdir(parents=True)
        part.write_bytes((published / FIRST.path / "alerts.parquet").read_bytes()[:100])
        (fetched,) = fetch_batches(source, [FIRST], folder, 1)
        assert (fetched.error, fetched.status) == (None, "fetched")
        read_batch(folder / FIRST.path)
    anonymous = open_source("s3://alerts/daily", Access(s3_endpoint=endpoint), QUICK)
    (refused,) = fetch_batches(anonymous, [FIRST], out, 1)
    assert "HTTP 403: not allowed" in str(refused.error)
