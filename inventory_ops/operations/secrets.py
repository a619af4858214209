"""Short secrets in the database, encrypted under a key derived from SECRET_KEY."""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class Unreadable(Exception):
    """It was encrypted under a SECRET_KEY that is not among SECRET_KEY_FALLBACKS."""


def _cipher(purpose: str) -> MultiFernet:
    keys = map(str, [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS])
    derived = [HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(key.encode()) for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in derived])


def encrypt(text: str, *, purpose: str) -> bytes:
    return _cipher(purpose).encrypt(text.encode())


def decrypt(token: bytes | memoryview, *, purpose: str) -> str:
    """Raises Unreadable."""
    try:
        return _cipher(purpose).decrypt(bytes(token)).decode()
    except InvalidToken as error:
        raise Unreadable("It was saved under another SECRET_KEY: enter it again.") from error
