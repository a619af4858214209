"""Texts encrypted at rest, under keys derived from SECRET_KEY, one for each purpose.

cryptography is imported by whoever seals: a command that does not need not wait for it.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from cryptography.fernet import Fernet, MultiFernet


class SealBroken(Exception):
    """Sealed under a SECRET_KEY that is neither the present one nor among SECRET_KEY_FALLBACKS."""

    def __init__(self) -> None:
        super().__init__("It was saved under another SECRET_KEY: enter it again.")


def _keys(purpose: str) -> list[Fernet]:
    from cryptography.fernet import Fernet
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return [
        Fernet(base64.urlsafe_b64encode(HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(key.encode())))
        for key in map(str, [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS])
    ]


def _cipher(purpose: str) -> MultiFernet:
    from cryptography.fernet import MultiFernet

    return MultiFernet(_keys(purpose))


def seal(text: str, *, purpose: str) -> bytes:
    return _cipher(purpose).encrypt(text.encode())


def reseal(sealed: bytes | memoryview, *, purpose: str) -> bytes | None:
    """The same text under the present SECRET_KEY; None when it is already. Raises SealBroken."""
    from cryptography.fernet import InvalidToken, MultiFernet

    present = MultiFernet(_keys(purpose)[:1])
    try:
        present.decrypt(bytes(sealed))
    except InvalidToken:
        return seal(unseal(sealed, purpose=purpose), purpose=purpose)
    return None


def unseal(sealed: bytes | memoryview, *, purpose: str) -> str:
    """Raises SealBroken."""
    from cryptography.fernet import InvalidToken

    try:
        return _cipher(purpose).decrypt(bytes(sealed)).decode()
    except InvalidToken as error:
        raise SealBroken from error
