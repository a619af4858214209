"""`manage.py user_audit protect|unprotect|accept-fewer`: what must not be possible from a page."""

from __future__ import annotations

import getpass
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from inventory_ops.management.arguments import text
from user_audit.models import Protection
from user_audit.operations import protections, scans


def _email(value: str) -> str:
    field = Protection._meta.get_field("email")
    try:
        return str(field.clean(text(value).strip().lower(), None))
    except ValidationError as error:
        raise ArgumentTypeError(" ".join(error.messages)) from None


class Command(BaseCommand):
    help = "Protect people from every action, lift that, or accept that an account really has fewer users."

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True)
        protect = commands.add_parser("protect", help="no action may touch this person")
        protect.add_argument("email", type=_email)
        protect.add_argument("--reason", type=text, required=True)
        commands.add_parser("unprotect", help="lift a protection").add_argument("email", type=_email)
        accept = commands.add_parser("accept-fewer", help="let the next scan see fewer users than the last one")
        accept.add_argument("account", type=text, help="AWS account id")

    def handle(self, *args: Any, **options: Any) -> None:
        by = getpass.getuser()
        match options["command"]:
            case "protect":
                made = protections.protect(email=options["email"], reason=options["reason"], by=by)
                self.stdout.write("Protected." if made else "It is protected already.")
            case "unprotect":
                if not protections.lift(email=options["email"], by=by):
                    raise CommandError(f"{options['email']} is not protected by this command.")
                self.stdout.write("Lifted.")
            case _:
                if not scans.accept_fewer(options["account"]):
                    raise CommandError(f"There is no complete scan of account {options['account']}.")
                self.stdout.write("The next scan may see fewer users. Run it: manage.py scan users")
