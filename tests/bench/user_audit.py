"""P14: the scan of an IAM account. What AWS would say comes from a local web server with replies made beforehand, so
that botocore's requests, paging and parsing are measured as they are."""

from __future__ import annotations

import base64
import csv
import io
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from django.db import connection
from django.test.utils import override_settings

from config.embedded.aws.organisation import MAIN_ACCOUNT
from tests.bench import measure
from tests.bench.generate import EMAIL
from tests.bench.job import Goal, Job, Timing, Way, at_least, at_most, register
from user_audit import accounts
from user_audit.aws import scan as bulk
from user_audit.aws.entities import Subject
from user_audit.aws.sessions import Purpose
from user_audit.models import IamAccount, IamScan, IamUser
from user_audit.operations import scans

USERS = 10_000
SAMPLE = 20  # users that are read one by one
CREATED = "2024-03-01T09:00:00Z"
GENERATED = "2026-01-01T00:00:00Z"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"

# what the listings of one user's things are called in the replies
LISTS = {
    "ListAccessKeys": "AccessKeyMetadata",
    "ListSSHPublicKeys": "SSHPublicKeys",
    "ListSigningCertificates": "Certificates",
    "ListServiceSpecificCredentials": "ServiceSpecificCredentials",
    "ListMFADevices": "MFADevices",
    "ListGroupsForUser": "Groups",
    "ListAttachedUserPolicies": "AttachedPolicies",
    "ListUserPolicies": "PolicyNames",
    "ListAccountAliases": "AccountAliases",
}


def _name(number: int) -> str:
    return f"user{number}@example.com"


def _arn(number: int) -> str:
    return f"arn:aws:iam::{MAIN_ACCOUNT}:user/{_name(number)}"


def _head(number: int) -> str:
    return (
        f"<Path>/</Path><UserName>{_name(number)}</UserName><UserId>AIDA{number:016d}</UserId>"
        f"<Arn>{_arn(number)}</Arn><CreateDate>{CREATED}</CreateDate>"
    )


def _detail(number: int) -> str:
    admin = f"<member><PolicyName>Admin</PolicyName><PolicyArn>{ADMIN}</PolicyArn></member>" if number % 50 == 0 else ""
    return (
        f"<member>{_head(number)}<GroupList><member>group{number % 20}</member></GroupList>"
        f"<AttachedManagedPolicies>{admin}</AttachedManagedPolicies>"
        f"<Tags><member><Key>team</Key><Value>team {number % 30}</Value></member></Tags></member>"
    )


def _device(number: int) -> str:
    return (
        f"<member><SerialNumber>arn:aws:iam::{MAIN_ACCOUNT}:mfa/{number}</SerialNumber>"
        f"<User>{_head(number)}</User><EnableDate>{CREATED}</EnableDate></member>"
    )


def _group(number: int) -> str:
    return (
        f"<member><Path>/</Path><GroupName>group{number}</GroupName><GroupId>AGPA{number:016d}</GroupId>"
        f"<Arn>arn:aws:iam::{MAIN_ACCOUNT}:group/group{number}</Arn><CreateDate>{CREATED}</CreateDate>"
        "<AttachedManagedPolicies/></member>"
    )


def _report(users: int) -> str:
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    keys = [f"access_key_{n}_{what}" for n in (1, 2) for what in ("active", "last_rotated", "last_used_date")]
    lines.writerow(["user", "arn", "password_enabled", "password_last_used", "mfa_active", *keys])
    for number in range(users):
        last = f"2025-{1 + number % 12:02d}-{1 + number % 28:02d}T08:00:00+00:00"
        one = ["true", "2024-06-01T00:00:00+00:00", last] if number % 3 == 0 else ["false", "N/A", "N/A"]
        mfa = "true" if number % 2 == 0 else "false"
        lines.writerow([_name(number), _arn(number), "true", last, mfa, *one, "false", "N/A", "N/A"])
    return base64.b64encode(text.getvalue().encode()).decode()


def _reply(action: str, result: str) -> bytes:
    return (
        f'<{action}Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><{action}Result>{result}</{action}Result>'
        f"<ResponseMetadata><RequestId>0-0</RequestId></ResponseMetadata></{action}Response>"
    ).encode()


def _pages(action: str, tag: str, members: Sequence[str], more: str = "") -> dict[str, bytes]:
    """Replies by the marker that asks for them."""
    pages = {}
    for start in range(0, max(len(members), 1), bulk.PAGE):
        following = start + bulk.PAGE
        is_last = following >= len(members)
        paging = "<IsTruncated>false</IsTruncated>"
        if not is_last:
            paging = f"<IsTruncated>true</IsTruncated><Marker>{following}</Marker>"
        body = f"{paging}<{tag}>{''.join(members[start:following])}</{tag}>{more if not start else ''}"
        pages[str(start) if start else ""] = _reply(action, body)
    return pages


def replies(users: int) -> dict[str, dict[str, bytes]]:
    """What an account with so many users answers to each action, by marker."""
    groups = f"<GroupDetailList>{''.join(map(_group, range(20)))}</GroupDetailList><RoleDetailList/><Policies/>"
    caller = f"<Arn>arn:aws:iam::{MAIN_ACCOUNT}:user/bench</Arn><UserId>A</UserId>"
    single = {
        "GetCallerIdentity": f"{caller}<Account>{MAIN_ACCOUNT}</Account>",
        "GenerateCredentialReport": "<State>COMPLETE</State>",
        "GetCredentialReport": f"<Content>{_report(users)}</Content><ReportFormat>text/csv</ReportFormat>"
        f"<GeneratedTime>{GENERATED}</GeneratedTime>",
        "GetLoginProfile": f"<LoginProfile><UserName>a</UserName><CreateDate>{CREATED}</CreateDate></LoginProfile>",
    }
    single |= {name: f"<IsTruncated>false</IsTruncated><{tag}/>" for name, tag in LISTS.items()}
    devices = [_device(number) for number in range(0, users, 2)]
    # later pages tell no groups: AWS lists each once
    details = _pages("GetAccountAuthorizationDetails", "UserDetailList", [_detail(n) for n in range(users)], groups)
    empty = "<GroupDetailList/><RoleDetailList/><Policies/>"
    return {name: {"": _reply(name, result)} for name, result in single.items()} | {
        "GetAccountAuthorizationDetails": {
            marker: page if not marker else page.replace(b"</UserDetailList>", f"</UserDetailList>{empty}".encode())
            for marker, page in details.items()
        },
        "ListVirtualMFADevices": _pages("ListVirtualMFADevices", "VirtualMFADevices", devices),
        "GetUser": {_name(n): _reply("GetUser", f"<User>{_head(n)}</User>") for n in range(SAMPLE)},
    }


@contextmanager
def endpoint(answers: Mapping[str, Mapping[str, bytes]]) -> Iterator[str]:
    """The address of a server that gives these answers."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet: else the client's delayed acknowledgement costs 40 ms a call

        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            action = form["Action"][0]
            [key] = form.get("UserName" if action == "GetUser" else "Marker", [""])
            body = answers[action][key]
            self.send_response(200)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@register
class AccountScan(Job):
    name = "P14"
    title = "Scan of an IAM account with 10,000 users"

    def set_up(self) -> None:
        self.users = min(USERS, self.scale.products)
        self.sql = self.first_sql = 0.0
        self.stack = ExitStack()
        url = self.stack.enter_context(endpoint(replies(self.users)))
        self.stack.enter_context(override_settings(AWS_ACCOUNTS=[], AWS_REAL=False, AWS_ENDPOINT_URL=url))
        [self.account] = accounts.configured()
        self.iam = accounts.open_iam(self.account.account_id, Purpose.READ)
        with connection.cursor() as cursor:  # most of them are users of ours
            cursor.execute(
                """insert into inventory_ops_user (password, email, name, role, platform_type, is_active, is_superuser,
                       is_demo, session_epoch, preferences, created_at, updated_at)
                   select '', 'user' || n || '@example.com', '', 'operations', platform_type, true, false, false, 0,
                          '{}', now(), now()
                   from generate_series(1, %s) n
                   cross join (select platform_type from inventory_ops_user where email = %s) x""",
                [self.users * 8 // 10, EMAIL],
            )
            cursor.execute("analyze inventory_ops_user")
        self.first_seconds = self.scan()
        self.first_sql = self.sql

    def tear_down(self) -> None:
        IamUser.objects.filter(account_id=self.account.account_id).delete()
        IamScan.objects.filter(account_id=self.account.account_id).delete()
        IamAccount.objects.filter(account_id=self.account.account_id).delete()
        with connection.cursor() as cursor:
            cursor.execute("delete from inventory_ops_user where email ~ '^user[0-9]+@example[.]com$'")
        self.stack.close()

    def ways(self) -> Sequence[Way]:
        return [
            Way("the three bulk reads", self.reads),
            Way("scan: read, join, keep", self.scan),
            Way("its SQL", lambda: self.sql),
            Way("a read for each user", self.one_by_one, share=SAMPLE / self.users, most_rounds=2),
        ]

    def reads(self) -> None:
        """Every page, parsed by botocore, and nothing made of it."""
        pages = (
            self.iam.pages(name, PaginationConfig={"PageSize": bulk.PAGE}, **options)
            for name, options in (
                ("get_account_authorization_details", {"Filter": ["User", "Group"]}),
                ("list_virtual_mfa_devices", {"AssignmentStatus": "Assigned"}),
            )
        )
        for listing in pages:
            for _page in listing:
                pass
        self.iam.call("generate_credential_report")
        self.iam.call("get_credential_report")

    def scan(self) -> float:
        with measure.statements() as found:
            start = time.perf_counter()
            result = scans.scan(self.account)
            seconds = time.perf_counter() - start
        if result.state != IamScan.State.COMPLETE or result.users != self.users:
            raise RuntimeError(f"The scan ended {result.state} with {result.users} users: {result.message}")
        self.sql = found.seconds
        return seconds

    def one_by_one(self) -> None:
        for number in range(SAMPLE):
            self.iam.read(Subject(self.account.account_id, f"AIDA{number:016d}", _name(number)))

    def goals(self, times: Mapping[str, Timing]) -> Sequence[Goal]:
        scan = times["scan: read, join, keep"].seconds
        self.facts["users"] = f"{self.users:,}"
        self.facts["first scan, with all users new"] = f"{self.first_seconds:.2f} s, of it SQL {self.first_sql:.2f} s"
        return [
            at_most("to the bulk reads", scan / times["the three bulk reads"].seconds, 1.5),
            at_most("SQL", times["its SQL"].seconds, 0.2, "s"),
            at_least("a read for each user to ours", times["a read for each user"].seconds / scan, 50),
        ]
