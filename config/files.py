"""Where uploads, exports and evidence are: a folder, or a bucket of S3 or of a server that speaks its protocol."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage

from inventory_ops.kit.files import FilesUnavailable

IN_MEMORY = 1024 * 1024  # bytes of a file that is read; the rest goes to the disk


class S3Files(S3Storage):
    """A bucket that answers within bounds; when it does not, FilesUnavailable is raised."""

    def __init__(self, **options: Any) -> None:
        client_config = Config(
            connect_timeout=3,
            read_timeout=20,
            retries={"total_max_attempts": 3, "mode": "standard"},
            signature_version="s3v4",
            s3={"addressing_style": "path" if options.get("endpoint_url") else "auto"},
        )
        super().__init__(
            client_config=client_config,
            file_overwrite=True,
            default_acl=None,
            querystring_auth=True,
            max_memory_size=IN_MEMORY,
            **options,
        )

    def _open(self, name: str, mode: str = "rb") -> Any:
        with _translated():
            file = super()._open(name, mode)
            _ = file.file  # reads it now: later, the answer has begun
            return file

    def _save(self, name: str, content: Any) -> str:
        with _translated():
            return str(super()._save(name, content))

    def exists(self, name: str) -> bool:
        with _translated():
            return bool(super().exists(name))

    def size(self, name: str) -> int:
        with _translated():
            return int(super().size(name))

    def delete(self, name: str) -> None:
        with _translated():
            super().delete(name)

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        with _translated():
            folders, names = super().listdir(path)
            return folders, names

    def get_modified_time(self, name: str) -> datetime:
        with _translated():
            return super().get_modified_time(name)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in {"404", "NoSuchKey"}:
            raise FileNotFoundError(code) from error
        raise FilesUnavailable(f"The store of files refuses: {code}") from error
    except BotoCoreError as error:
        raise FilesUnavailable(f"The store of files cannot be reached: {type(error).__name__}") from error
