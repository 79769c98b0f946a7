"""Files behind HTTP or HTTPS; with a signature on each request, those of S3-compatible storage too."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

import httpx

from aml_miner.errors import SourceError
from aml_miner.intake.effort import Effort, PassingError
from aml_miner.intake.files import Told

type Signer = Callable[[str], Mapping[str, str]]
"""Returns the headers that sign a GET of a URL."""

_PASSING: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_SLOWEST: Final = 1024
"""Bytes a second; a server that sends less for as long as a stall may last is taken to have stalled."""


class HttpFiles:
    """The files below a URL.

    Parameters
    ----------
    root
        A URL, without a query.
    effort
        Connections at once, and how long to wait for bytes.
    token
        Shown as a bearer token, if any.
    sign
        Signs each request; redirects are then not followed, for a signature holds for one host.
    """

    def __init__(
        self, root: str, effort: Effort, token: str | None = None, sign: Signer | None = None
    ) -> None:
        self._root = root.rstrip("/")
        self._stall = effort.stall_seconds
        self._sign = sign
        self._client = httpx.Client(
            headers={"Accept-Encoding": "identity"}  # a range is one of the file's own bytes
            | ({"Authorization": f"Bearer {token}"} if token else {}),
            timeout=httpx.Timeout(effort.stall_seconds, pool=None),
            limits=httpx.Limits(max_connections=effort.workers),
            follow_redirects=sign is None,
            event_hooks={"request": [self._keep_encrypted]},
        )

    def where(self, name: str) -> str:
        """Return the URL of a file."""
        return f"{self._root}/{quote(name)}"

    def copy(self, name: str, to: Path, told: Told, limit: int | None = None) -> bool:
        """Fetch a file from where an earlier try ended; see `aml_miner.intake.files.Files`."""
        url = self.where(name)
        begun = to.stat().st_size if to.exists() else 0
        with (
            _passing(),
            self._client.stream("GET", url, headers=self._headers(url, begun)) as reply,
        ):
            if reply.status_code == 404:
                return False
            if reply.status_code == 416:  # shorter than what is here: another file
                to.unlink()
                raise PassingError("was replaced by a shorter one meanwhile")
            _check_status(reply, url)
            goes_on = reply.status_code == 206 and _begins_at(reply, begun)
            with to.open("ab" if goes_on else "wb") as target:
                for chunk in self._chunks(reply):
                    if limit is not None and target.tell() + len(chunk) > limit:
                        raise SourceError(
                            f"{url}: has more than {limit} bytes; it is no META.json."
                        )
                    target.write(chunk)
                    told(len(chunk))
        return True

    def _headers(self, url: str, begun: int) -> dict[str, str]:
        headers = {"Range": f"bytes={begun}-"} if begun else {}
        return headers | dict(self._sign(url) if self._sign else {})

    def _chunks(self, reply: httpx.Response) -> Iterator[bytes]:
        """Return the bytes as they come, unless they come too slowly for too long."""
        since, arrived = time.monotonic(), 0
        for chunk in reply.iter_raw():
            yield chunk
            arrived += len(chunk)
            passed = time.monotonic() - since
            if passed >= self._stall:
                if arrived < _SLOWEST * passed:
                    raise PassingError(f"stalled: {arrived} bytes in {passed:.0f} s")
                since, arrived = time.monotonic(), 0

    def _keep_encrypted(self, request: httpx.Request) -> None:
        """Refuse a redirect from HTTPS to HTTP: META.json is what vouches for everything else."""
        if self._root.startswith("https:") and request.url.scheme != "https":
            raise SourceError(
                f"{self._root}: redirects to {request.url.scheme}; name that source if you trust it."
            )


@contextmanager
def _passing() -> Iterator[None]:
    """Turn what may pass of a network's failures into an error that is tried again."""
    try:
        yield
    except httpx.TimeoutException as error:
        raise PassingError(
            f"no answer, or no more bytes, in time ({type(error).__name__})"
        ) from error
    except httpx.TransportError as error:
        raise PassingError(f"{type(error).__name__}: {error}") from error
    except (httpx.TooManyRedirects, httpx.InvalidURL) as error:
        raise SourceError(f"{type(error).__name__}: {error}; correct the source's URL.") from error


def _check_status(reply: httpx.Response, url: str) -> None:
    status = reply.status_code
    if status in {200, 206}:
        return
    if status in _PASSING:
        said = reply.headers.get("retry-after", "")
        raise PassingError(f"HTTP {status}", float(said) if said.isdecimal() else 0.0)
    if status in {401, 403}:
        raise SourceError(
            f"{url}: HTTP {status}: not allowed; see to the token or key. "
            "Storage that does not let you list answers so of what is not there, too."
        )
    raise SourceError(f"{url}: HTTP {status}: expected 200 or 404; correct the source's URL.")


def _begins_at(reply: httpx.Response, begun: int) -> bool:
    """Check that a part is the one asked for."""
    said = reply.headers.get("content-range", "")
    if said.startswith(f"bytes {begun}-"):
        return True
    raise SourceError(
        f"{reply.url}: answers another range than asked for ({said!r}); the server is faulty."
    )
