"""Evidence: pictures and PDF files, kept under random names outside the web root."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from inventory_ops.kit import files
from lost_damaged.errors import ClaimRefused
from lost_damaged.models import ClaimFile

FOLDER = "claims"  # in the store of files
MOST_FILES = 5
LARGEST_FILE = 5 * 1024 * 1024
# what a file says of itself is not asked: its first bytes are
KINDS = {
    b"%PDF-": ("application/pdf", "pdf"),
    b"\x89PNG\r\n\x1a\n": ("image/png", "png"),
    b"\xff\xd8\xff": ("image/jpeg", "jpg"),
}


def kept(row: ClaimFile) -> str:
    """The name of a file in the store."""
    return f"{FOLDER}/{row.stored_name}"


@contextmanager
def stored(uploads: Sequence[UploadedFile[bytes]]) -> Iterator[list[ClaimFile]]:
    """The files in the store, with rows that the caller saves; if it fails, they are removed. Raises ClaimRefused."""
    found = [_read(each) for each in uploads]
    if len(found) > MOST_FILES:
        raise ClaimRefused(_("At most %(n)s files.") % {"n": MOST_FILES}, "evidence")
    names: list[str] = []
    try:
        for content, row in found:
            names.append(kept(row))
            with files.written(kept(row)) as path:
                path.write_bytes(content)
        yield [row for _content, row in found]
    except BaseException:
        for name in names:
            with suppress(OSError):  # what went wrong first is what is said
                files.delete(name)
        raise


def _read(upload: UploadedFile[bytes]) -> tuple[bytes, ClaimFile]:
    name = Path(str(upload.name or "file")).name[:150] or "file"
    if (upload.size or 0) > LARGEST_FILE:
        raise ClaimRefused(_("%(name)s is larger than 5 MB.") % {"name": name}, "evidence")
    content = upload.read()
    kind = next((kind for start, kind in KINDS.items() if content.startswith(start)), None)
    if kind is None:
        raise ClaimRefused(_("%(name)s is not a PDF, PNG or JPEG.") % {"name": name}, "evidence")
    return content, ClaimFile(
        name=name,
        stored_name=f"{uuid.uuid4().hex}.{kind[1]}",
        content_type=kind[0],
        size=len(content),
        sha256=sha256(content).hexdigest(),
    )
