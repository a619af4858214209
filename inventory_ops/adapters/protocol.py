"""What a kind of channel has to do, and the shapes that go in and out of it.

A channel is spoken to by one writer at a time. Writes are absolute quantities; the caller coalesces them, stores its
intent before it sends, and reads back the outcome of a write whose answer was lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar, Literal, Protocol
from uuid import UUID


class Basis(StrEnum):
    """What the quantity of a write means on the channel."""

    AVAILABLE = "available"  # what can be sold; the channel lowers it itself when it sells
    ON_HAND = "on_hand"  # what lies on the shelf; the channel takes off what its own open orders hold


class Outcome(StrEnum):
    APPLIED = "applied"
    PENDING = "pending"  # accepted, the result comes later under `ticket`
    STALE = "stale"  # `expected` was not what the channel has; nothing was written
    REJECTED = "rejected"  # this item cannot be written; others could
    UNKNOWN = "unknown"  # perhaps written


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the caller has to know of a kind. `overlap` is read again before the cursor of the last poll."""

    basis: Basis
    max_batch: int
    page_size: int
    atomic_batch: bool = False  # one bad item refuses the whole batch, as BadRequest
    compare_and_set: bool = False
    idempotency_key: bool = False
    order_lag: timedelta = timedelta(0)  # the newest orders cannot be read yet
    overlap: timedelta = timedelta(minutes=1)
    reread_open_orders: bool = False  # its timestamps do not show every change
    tells_carts: bool = False  # it is a TellsCarts
    requests_per_second: float = 10.0


@dataclass(frozen=True, slots=True)
class StockItem:
    """One thing that the channel lists. Quantities in units, None where the channel does not tell."""

    external_id: str
    sku: str
    title: str = ""
    location_id: str = ""
    on_hand: int | None = None
    committed: int | None = None
    available: int | None = None
    price: Decimal | None = None  # major unit
    currency: str = ""
    tracked: bool = True
    enabled: bool = True

    def quantity(self, basis: Basis) -> int | None:
        return self.on_hand if basis is Basis.ON_HAND else self.available


@dataclass(frozen=True, slots=True)
class StockWrite:
    """One absolute quantity. `key` is kept by the caller and the same whenever the same intent is sent again.

    `expected` is what the channel is thought to have, for kinds that compare before they set; None writes anyway.
    """

    key: UUID
    external_id: str
    sku: str
    quantity: int
    location_id: str = ""
    expected: int | None = None


@dataclass(frozen=True, slots=True)
class WriteResult:
    """The outcome of a write; `current` is the channel's quantity where it says so."""

    key: UUID
    outcome: Outcome
    current: int | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class OrderLine:
    """A line as it is now: units `ordered` = open + fulfilled + cancelled. `fulfilled` ones have left the shelf."""

    external_id: str
    variant_id: str
    sku: str
    ordered: int
    open: int
    fulfilled: int
    unit_price: Decimal
    returned: int = 0  # of the fulfilled

    @property
    def cancelled(self) -> int:
        return max(self.ordered - self.open - self.fulfilled, 0)


# A cart that is "completed" was bought, and its order is told apart from it, under an id of its own.
type OrderState = Literal["cart", "completed", "placed", "shipped", "cancelled"]


@dataclass(frozen=True, slots=True)
class FailedPayment:
    """One attempt to pay that failed: the processor's words, never a card number."""

    at: datetime
    code: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class OrderSnapshot:
    """An order or cart as it is now. `raw_state` is the channel's own word for it.

    `updated_at` of a cart is the customer's last activity. What follows the e-mail is told of carts.
    """

    external_id: str
    number: str
    state: OrderState
    raw_state: str
    placed_at: datetime | None
    updated_at: datetime
    currency: str
    lines: tuple[OrderLine, ...]
    customer_email: str = ""
    promo_code: str = ""
    promo_value: Decimal | None = None  # taken off, major unit
    comment: str = ""  # the customer's
    failed_payments: tuple[FailedPayment, ...] = ()
    recovery_url: str = ""  # leads the customer back to the cart
    marketing_consent: bool | None = None  # to mails; None where the channel does not tell


@dataclass(frozen=True, slots=True)
class Page[T]:
    """A part of a list. `next` leads to the following part and means something to its kind alone; None ends it."""

    items: tuple[T, ...]
    next: str | None = None
    total: int | None = None


class Adapter(Protocol):
    """One channel that is spoken to. Methods raise ChannelError and nothing else."""

    caps: ClassVar[Capabilities]

    def check(self) -> str:
        """The shop's own name. Raises AuthFailed where the credentials do not do."""

    def stock(self, cursor: str | None = None, *, ids: Sequence[str] = ()) -> Page[StockItem]:
        """What the channel lists, page by page; with `ids` (external ids, at most `max_batch`) those alone."""

    def write_stock(self, writes: Sequence[StockWrite]) -> list[WriteResult]:
        """Write quantities, at most `max_batch`; one result a write. An atomic kind raises BadRequest for one bad."""

    def orders(self, since: datetime, until: datetime, cursor: str | None = None) -> Page[OrderSnapshot]:
        """Orders that were placed or changed in the span, carts left out."""

    def orders_by_id(self, ids: Sequence[str]) -> list[OrderSnapshot]:
        """Orders as they are now, by external id; unknown ones are left out."""


class TellsCarts(Protocol):
    """A kind whose channels tell what customers have put into carts and not bought (`caps.tells_carts`)."""

    def carts(self, since: datetime, cursor: str | None = None) -> Page[OrderSnapshot]:
        """Carts that changed since, however long they have been left; completed ones may be among them."""

    def carts_by_id(self, ids: Sequence[str]) -> list[OrderSnapshot]:
        """The outcome of carts, by external id, as many as a page: a cart, "completed", or an order under the same
        id. Those left out have gone permanently."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """A verified message of a channel: `delivery_id` makes it count once, `order_id` says what to read again."""

    delivery_id: str
    topic: str
    order_id: str


class WebhookRefused(Exception):
    """The message is not from the channel, or not understood."""


class TakesWebhooks(Protocol):
    """A kind whose channels send messages; the messages are hints, the order itself is read from the channel."""

    def webhook(self, headers: Mapping[str, str], body: bytes) -> Webhook:
        """Check the signature in constant time. Raises WebhookRefused."""


class ChannelError(Exception):
    """The channel cannot be spoken to, or refuses. The message is shown to people and holds no secret."""

    retryable: ClassVar[bool] = False


class AuthFailed(ChannelError):
    """The credentials are refused: nothing is tried again until a person corrects them."""


class RateLimited(ChannelError):
    """Too many requests; `retry_after` is in seconds."""

    retryable = True

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(ChannelError):
    """Not reached, too slow, or broken. `ambiguous`: a write was sent, and nobody knows whether it was applied."""

    retryable = True

    def __init__(self, message: str, *, ambiguous: bool = False) -> None:
        super().__init__(message)
        self.ambiguous = ambiguous


class BadRequest(ChannelError):
    """The channel does not take what we sent; nothing was applied. Smaller batches find the item it is about."""
