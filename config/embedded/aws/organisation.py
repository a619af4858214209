"""The demo organisation: who has an account on the platform, who in AWS, and what is wrong.

Pure data, the same at every call: the local IAM endpoint is seeded from it, and the demo's platform
users are created from it, so that both sides match or differ on purpose. Ages are in days before
the moment of seeding; None means never.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

MAIN_ACCOUNT = "123456789012"  # also where moto puts callers whose key it does not know
PARTNER_ACCOUNT = "222222222222"
DENY_ALL = "arn:aws:iam::aws:policy/AWSDenyAll"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
BILLING = "arn:aws:iam::aws:policy/job-function/Billing"
SEED = 20_261_122

FIRST = [
    "Ada",
    "Amir",
    "Ana",
    "Ben",
    "Carla",
    "Chen",
    "Dana",
    "Diego",
    "Ela",
    "Emeka",
    "Farah",
    "Finn",
    "Grace",
    "Hana",
    "Hugo",
    "Ines",
    "Ivan",
    "Jonas",
    "Kira",
    "Lars",
    "Lena",
    "Liam",
    "Maja",
    "Marco",
    "Mina",
    "Nadia",
    "Noah",
    "Olga",
    "Omar",
    "Paula",
    "Pedro",
    "Rana",
    "Rita",
    "Samir",
    "Sara",
    "Tariq",
    "Tess",
    "Uma",
    "Vera",
    "Yusuf",
]
LAST = [
    "Abbas",
    "Almeida",
    "Bauer",
    "Becker",
    "Costa",
    "Dubois",
    "Fischer",
    "Garcia",
    "Haddad",
    "Ivanova",
    "Jansen",
    "Khan",
    "Kowalski",
    "Larsen",
    "Lopez",
    "Meyer",
    "Moreau",
    "Nakamura",
    "Novak",
    "Okafor",
    "Olsen",
    "Patel",
    "Petrov",
    "Reyes",
    "Rossi",
    "Saito",
    "Santos",
    "Schmidt",
    "Silva",
    "Weber",
]
GROUPS = {
    "operations": (READ_ONLY,),
    "finance": (BILLING,),
    "engineering": (READ_ONLY,),
    "administrators": (ADMINISTRATOR,),
}


@dataclass(frozen=True)
class Key:
    age_days: int
    used_days: int | None = None
    active: bool = True


@dataclass(frozen=True)
class Iam:
    """One IAM user. `password_used_days` matters only with `password`."""

    user_name: str
    account_id: str = MAIN_ACCOUNT
    path: str = "/"
    tags: dict[str, str] = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    inline: tuple[str, ...] = ()
    password: bool = False
    password_used_days: int | None = None
    mfa: bool = False
    keys: tuple[Key, ...] = ()
    ssh: bool = False
    certificate: bool = False
    service_credential: bool = False
    boundary: bool = False
    age_days: int = 400


@dataclass(frozen=True)
class Platform:
    """One platform account; role and platform type are the application's own codes."""

    email: str
    name: str
    role: str
    platform_type: str
    is_active: bool = True
    age_days: int = 400
    last_login_days: int | None = 3


@dataclass(frozen=True)
class Person:
    """One line of the details: what it shows, and the accounts on both sides."""

    details: str
    platform: Platform | None = None
    iam: tuple[Iam, ...] = ()


def people() -> list[Person]:
    """About 320 people with 300 IAM users in two accounts, in a fixed order."""
    return list(_people(random.Random(SEED)))


def _people(rng: random.Random) -> Iterator[Person]:
    names = [(first, last) for first in FIRST for last in LAST]
    rng.shuffle(names)
    pool = iter(names)

    def person(details: str, *, active: bool = True, role: str = "", **iam: Any) -> Person:
        """Somebody with an account on both sides; `iam` overrides the ordinary IAM user."""
        first, last = next(pool)
        email = f"{first}.{last}@example.com".lower()
        role = role or rng.choice(("operations", "operations", "finance"))
        age = rng.randrange(60, 1500)
        ordinary = Iam(
            user_name=email,
            groups=(role if role in GROUPS else "administrators",),
            password=True,
            password_used_days=rng.randrange(30),
            mfa=True,
            age_days=age,
        )
        login = rng.randrange(30) if active else rng.randrange(60, 300)
        platform = Platform(email, f"{first} {last}", role, "Admin", active, age, login)
        changed = replace(ordinary, **iam)
        return Person(details, platform, (changed,))

    def stranger(details: str, **iam: Any) -> Person:
        """An IAM user whom nobody on the platform matches."""
        return replace(person(details, **iam), platform=None)

    fresh, idle = Key(20, 1), Key(80, 60)
    for index in range(150):
        keys = (fresh,) if index % 3 == 0 else ()
        yield person("in order", keys=keys, ssh=index % 12 == 0)
    for index in range(20):
        first, last = names[-1 - index]
        tagged = person("in order, matched by the e-mail tag", keys=(fresh,) if index % 2 else ())
        email = tagged.iam[0].user_name
        tags = {"email": email.upper() if index % 5 == 0 else email}
        iam = replace(tagged.iam[0], user_name=f"{first[0]}{last}{index}".lower(), tags=tags)
        if index == 0:
            iam = replace(iam, user_name="costa,ana")  # a comma is legal in an IAM name
        yield replace(tagged, iam=(iam,))
    for index in range(4):
        yield person("administrator", role="admin", mfa=True, keys=(fresh,) if index else ())
    for index in range(18):
        yield person(
            "platform disabled, AWS open",
            active=False,
            keys=(fresh,) if index % 2 else (),
        )
    for index in range(14):
        yield stranger("left the company, AWS open", keys=(idle,) if index % 2 else (fresh,))
    for index in range(8):
        account = PARTNER_ACCOUNT if index % 2 else MAIN_ACCOUNT
        yield stranger(
            "orphan without credentials",
            password=False,
            mfa=False,
            groups=(),
            account_id=account,
        )
    for _ in range(8):
        yield person("denied in AWS by hand, platform open", policies=(DENY_ALL,))
    for _ in range(10):
        yield person("closed on both sides", active=False, policies=(DENY_ALL,))
    for _ in range(8):
        yield person("AWS user without credentials", password=False, mfa=False)
    for _ in range(7):
        yield person("console password without MFA", mfa=False)
    for _ in range(6):
        yield person("key older than 90 days", keys=(Key(rng.randrange(120, 700), 2),))
    for index in range(5):
        yield person("key never used", keys=(Key(60 + index),), password=False)
    for _ in range(5):
        yield person("two keys, one switched off", keys=(fresh, Key(200, 150, active=False)))
    for _ in range(4):
        yield person("password unused", password_used_days=rng.randrange(60, 200))
    yield person(
        "every kind of credential",
        keys=(fresh, Key(300, 5)),
        ssh=True,
        certificate=True,
        service_credential=True,
        inline=("own-bucket",),
        policies=(READ_ONLY, BILLING),
        boundary=True,
        groups=("operations", "engineering"),
    )
    for _ in range(22):
        one = person("in order, in the partner account")
        yield replace(one, iam=(replace(one.iam[0], account_id=PARTNER_ACCOUNT),))
    for _ in range(3):
        both = person("in both accounts")
        yield replace(both, iam=(*both.iam, replace(both.iam[0], account_id=PARTNER_ACCOUNT)))
    for _ in range(2):
        twin = person("ambiguous: two IAM users carry one e-mail")
        tags = {"email": twin.iam[0].user_name}
        second = replace(twin.iam[0], user_name=f"old-{twin.iam[0].user_name}", tags=tags)
        yield replace(twin, iam=(*twin.iam, second))
    for name in (
        "deploy",
        "backup",
        "metrics",
        "report-export",
        "nav-export",
        "stock-sync",
    ):
        service = Iam(f"svc-{name}", path="/service/", keys=(Key(150, 0),), policies=(READ_ONLY,))
        yield Person("service user, protected by its path", None, (service,))
    for index in range(2):
        glass = Iam(
            f"break-glass-{index + 1}",
            path="/break-glass/",
            tags={"break-glass": "true"},
            password=True,
            mfa=True,
            policies=(ADMINISTRATOR,),
            age_days=1400,
        )
        yield Person("break-glass, protected", None, (glass,))
    yield person(
        "break-glass by its tag alone",
        tags={"break-glass": "true"},
        policies=(ADMINISTRATOR,),
    )
    for index in range(30):
        first, last = next(pool)
        email = f"{first}.{last}@vendor-{index % 7 + 1}.example".lower()
        active, login = index % 6 != 0, None if index % 5 == 0 else rng.randrange(40)
        portal = Platform(email, f"{first} {last}", "merchant", "Vendor Portal", active, 200, login)
        yield Person("vendor portal, needs no AWS", portal)
    for _ in range(3):
        yield replace(person("operations without an AWS user"), iam=())
