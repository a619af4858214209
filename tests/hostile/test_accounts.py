"""The pages at the door: sign-in, passwords, second factor, sessions, keys. And files that channels are handed."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings
from django.test import override_settings

from inventory_ops.kit.throttle import Throttle
from inventory_ops.models import Channel, Merchant, User
from tests.hostile import corpus, judge
from tests.hostile.marketplace import Attacked, user
from tests.hostile.test_forms import encoded
from tests.hostile.test_imports import multipart
from tests.hostile.wire import Wire

# what each page is sent, and a value of each field that would do
FORMS: dict[str, dict[str, str]] = {
    "/accounts/login/": {"login": "ops@example.com", "password": "x", "remember": "on", "next": "/"},
    "/accounts/password/reset/": {"email": "ops@example.com", "next": "/"},
    "/accounts/password/reset/key/1-set-password/": {"password1": "x", "password2": "x"},
    "/accounts/2fa/authenticate/": {"code": "123456"},
}
SIGNED_IN: dict[str, dict[str, str]] = {
    "/accounts/reauthenticate/": {"password": "x", "next": "/"},
    "/accounts/2fa/reauthenticate/": {"code": "123456", "next": "/"},
    "/accounts/password/change/": {"oldpassword": "x", "password1": "y", "password2": "y"},
    "/accounts/2fa/totp/activate/": {"code": "123456"},
    "/accounts/2fa/totp/deactivate/": {"next": "/"},
    "/accounts/2fa/recovery-codes/generate/": {"next": "/"},
    "/accounts/keys/": {"part": "key", "key-user": "1", "key-name": "x", "key-kind": "signed"},
    "/accounts/sessions/": {"end": "1"},
}


SHARE = 4  # of the corpus: each field gets another quarter of it


class TestDoors(Attacked):
    def setUp(self) -> None:
        super().setUp()
        patch = pytest.MonkeyPatch()
        # every try counts here, none is turned away
        patch.setattr(Throttle, "wait", lambda *_: 0)
        patch.setattr("allauth.core.internal.ratelimit.get_rates", lambda **_: [])
        self.addCleanup(patch.undo)

    def attack(self, wire: Wire, forms: dict[str, dict[str, str]]) -> list[str]:
        wrong = []
        places = [(target, fields, name) for target, fields in forms.items() for name in fields]
        for turn, (target, fields, name) in enumerate(places):
            for what, value in list(corpus.CELLS.items())[turn % SHARE :: SHARE]:
                body = encoded(fields | {name: value})
                answer = wire.send("POST", target, body, kind="application/x-www-form-urlencoded")
                place = f"{target} {name} {what}"
                if found := judge.fault(answer):
                    wrong.append(f"{place}: {found}")
                elif value.startswith(("//", "http", "javascript:", "\\")) and value in answer.headers.get(
                    "Location", ""
                ):
                    wrong.append(f"{place}: led to {value}")
        return wrong

    def test_every_field_of_the_pages_at_the_door(self) -> None:
        finance = user("finance")
        TOTP.activate(finance, "A" * 32)
        out, inside, without = Wire(None), Wire(finance), Wire(user("operations"))
        before = judge.fingerprint()
        wrong = self.attack(out, FORMS) + self.attack(inside, SIGNED_IN)
        wrong += self.attack(without, {"/accounts/2fa/totp/activate/": {"code": "1"}})
        assert not wrong, f"{len(wrong)} faults\n" + "\n".join(wrong[:50])
        assert set(judge.changed(before)) <= {"inventory_ops_auditevent"}  # failures are written down

    def test_parts_of_addresses_and_where_to_go_on(self) -> None:
        wire = Wire(None)
        wrong = []
        for what, value in corpus.CELLS.items():
            part = quote(value.encode("utf-8", "surrogatepass"), safe="")[:2000]
            targets = (
                f"/accounts/password/reset/key/{part}-{part}/",
                f"/accounts/password/reset/key/1-{part}/",
                f"/accounts/login/?next={part}",
                f"/accounts/{part}/",
            )
            wrong += [f"{each[:60]} {what}: {found}" for each in targets if (found := judge.fault(wire.get(each)))]
        for value in (
            "//evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "/\\evil.example",
            "\t//evil.example",
        ):
            body = encoded({"login": "ops@example.com", "password": "x", "next": value})
            answer = wire.send("POST", "/accounts/login/", body, kind="application/x-www-form-urlencoded")
            if "evil" in answer.headers.get("Location", "") or judge.fault(answer):
                wrong.append(f"next={value}: {answer.status} {answer.headers.get('Location')}")
        assert not wrong, f"{len(wrong)} faults\n" + "\n".join(wrong[:50])

    def test_files_of_channels(self) -> None:
        """Every raw file and every name, as catalogue, orders and carts; none gets out of the channel's folder."""
        wrong = []
        with TemporaryDirectory() as folder, override_settings(CHANNELS_DIR=Path(folder) / "channels"):
            channel = Channel.objects.create(
                merchant=Merchant.objects.earliest("pk"), code="files", name="Files", kind="csv",
                options={"folder": "files"}, state=Channel.State.SYNCED,
            )  # fmt: skip
            (settings.CHANNELS_DIR / "files" / "orders").mkdir(parents=True)
            uploads = [(name, b"sku,quantity\nA,1\n") for name in corpus.UPLOAD_NAMES.values()]
            uploads += [("orders.csv", content) for content in corpus.RAW.values()]
            wire = judge.watch(user("operations"))
            taken = 0
            for what in ("catalogue", "orders", "carts"):
                for name, content in uploads:
                    body, kind = multipart({"what": what}, name, content)
                    answer = wire.send("POST", f"/channels/{channel.pk}/upload/", body, kind=kind)
                    place = f"{what} {name[:40]!a} ({content[:20]!r})"
                    taken += answer.status == 302
                    if found := judge.fault(answer):
                        wrong.append(f"{place}: {found}")
                    elif answer.status not in (302, 400, 422) or (answer.status == 422 and "error" not in answer.text):
                        wrong.append(f"{place}: {answer.status} without a message")
            strays = [path for path in Path(folder).rglob("*") if path.is_file() and "channels/files" not in str(path)]
        assert not strays
        assert taken
        assert not wrong, f"{len(wrong)} faults\n" + "\n".join(wrong[:50])

    def test_nobody_was_signed_in_or_changed(self) -> None:
        assert User.objects.filter(email_changed_at__isnull=False).count() == 0
