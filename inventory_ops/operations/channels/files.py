"""Files that people hand over for a channel without an API."""

from __future__ import annotations

from typing import IO, Any, Protocol, cast

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory_ops.adapters import kinds
from inventory_ops.models import Channel, User
from inventory_ops.operations import audit
from inventory_ops.operations.channels import carts, exchange
from inventory_ops.operations.channels.primary import ChannelRefused


class TakesFiles(Protocol):
    def accept(self, what: str, source: IO[bytes], name: str) -> int: ...


def accept(*, channel: Channel, what: str, file: Any, by: User) -> int:
    """Check a file (`catalogue`, `orders` or `carts`) and keep it; answers its rows.

    Raises FileRefused with every reason, and ChannelRefused where the channel takes no files.
    """
    if channel.state == Channel.State.RETIRED or not kinds.get(channel.kind).uploads:
        raise ChannelRefused(_("This channel takes no files."))
    if file.size > settings.IMPORT_MAX_BYTES:
        raise ChannelRefused(
            _("The file is larger than %(n)s MB. Split it.") % {"n": settings.IMPORT_MAX_BYTES // 1024**2}
        )
    adapter = cast("TakesFiles", exchange.open_adapter(channel))
    rows = adapter.accept(what, file, file.name)
    audit.record(
        action="channel.file",
        by=by,
        subject=channel,
        summary=ngettext(
            "%(n)s row of %(what)s uploaded for %(name)s", "%(n)s rows of %(what)s uploaded for %(name)s", rows
        )
        % {"n": rows, "what": what, "name": channel.name},
        data={"file": str(file.name)[:200], "rows": rows},
        merchant_id=channel.merchant_id,
    )
    if what == "carts":
        carts.soon(channel)
    if what in ("orders", "carts") and channel.state == Channel.State.SYNCED:
        exchange.request(channel.pk)
    return rows
