"""Keys and signatures of submission packages: Ed25519 by PyNaCl, over JSON with sorted keys.

The secret part of a key is in its file alone: no message, log line or result holds it.
"""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

import orjson
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from aml_miner.errors import ConfigurationError, OutputError

_SEED_BYTES = 32
_SIGNATURE_BYTES = 64


def make_key(path: Path) -> str:
    """Write a new secret key that its owner alone may read, and return its public key as 64 hexadecimal digits.

    Raises
    ------
    OutputError
        If there is a file of that name, which is never replaced, or none can be written.
    """
    key = SigningKey.generate()
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        message = f"{path}: exists, and a key is never replaced; name a new file."
        raise OutputError(message) from error
    except OSError as error:
        message = f"{path}: cannot be written: {error}"
        raise OutputError(message) from error
    with os.fdopen(number, "w", encoding="ascii") as file:
        file.write(key.encode().hex() + "\n")
    return public_key(key)


def read_key(path: Path) -> SigningKey:
    """Read a secret key.

    Raises
    ------
    ConfigurationError
        If there is no such file, others than its owner may use it, or it holds no key.
    """
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        content = path.read_bytes().strip()
    except OSError as error:
        message = f"{path}: no key can be read: {error.strerror}; make one with aml-miner keygen."
        raise ConfigurationError(message) from error
    if mode & 0o077:
        message = f"{path}: a key must be its owner's alone (mode 600); found {mode:o}; run chmod 600 on it."
        raise ConfigurationError(message)
    seed = from_hexadecimal(content.decode("ascii", "replace"), _SEED_BYTES)
    if seed is None:
        message = (
            f"{path}: expected a key of 64 hexadecimal digits; make one with aml-miner keygen."
        )
        raise ConfigurationError(message)
    return SigningKey(seed)


def public_key(key: SigningKey) -> str:
    """Return the public part of a key as 64 hexadecimal digits."""
    return key.verify_key.encode().hex()


def sign(document: Mapping[str, str], key: SigningKey) -> str:
    """Return the signature of a document as 128 hexadecimal digits."""
    return key.sign(canonical_json(document)).signature.hex()


def is_signed(document: Mapping[str, str], signature: str, by: str) -> bool:
    """Whether a signature is that of the document by a public key; one that is malformed is not."""
    key = from_hexadecimal(by, _SEED_BYTES)
    signed = from_hexadecimal(signature, _SIGNATURE_BYTES)
    if key is None or signed is None:
        return False
    try:
        VerifyKey(key).verify(canonical_json(document), signed)
    except BadSignatureError:
        return False
    return True


def canonical_json(document: object) -> bytes:
    """Return a document as JSON with sorted keys and no spaces: equal documents give equal bytes."""
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def from_hexadecimal(text: str, length: int) -> bytes | None:
    """Return the bytes that hexadecimal digits stand for, None when they are not that many bytes."""
    try:
        content = bytes.fromhex(text)
    except ValueError:
        return None
    return content if len(content) == length and len(text) == 2 * length else None
