"""`manage.py access_table`: who may do what, address by address."""

from __future__ import annotations

import csv
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.access import PERSONAS, RULES, TABLE, Rule, routes


class Command(BaseCommand):
    requires_system_checks: list[str] = []  # those of models ask the database, which this command does not need
    help = (
        "Prints who may read each address (r), send to it (w), or both, and whose objects they get there: "
        "those marked * get objects of other vendors and people, too."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--csv", action="store_true", help="as CSV instead of a table")
        parser.add_argument("--persona", choices=sorted(PERSONAS.values()), help="only what this persona reaches")

    def handle(self, *args: Any, **options: Any) -> None:
        letters = [letter for letter, name in PERSONAS.items() if options["persona"] in (None, name)]
        rules = [rule for rule in TABLE if any(self.cell(rule, letter) for letter in letters)]
        header = ["Address", *(PERSONAS[letter] for letter in letters), "Password once more"]
        lines = [
            ["/" + rule.route, *(self.cell(rule, each) for each in letters), "yes" if rule.again else ""]
            for rule in rules
        ]
        if options["csv"]:
            csv.writer(self.stdout if hasattr(self.stdout, "write") else sys.stdout).writerows([header, *lines])
        else:
            self.table(header, lines)
        if unknown := sorted(set(routes()) - set(RULES)):
            raise CommandError(f"Not in the table (config/access.py): {', '.join(unknown)}")

    @staticmethod
    def cell(rule: Rule, letter: str) -> str:
        text = ("r" if rule.may(letter, "get") else "") + ("w" if rule.may(letter, "post") else "")
        return text + ("*" if text and rule.others is not None and letter in rule.others else "")

    def table(self, header: list[str], lines: list[list[str]]) -> None:
        widths = [max(len(line[column]) for line in [header, *lines]) for column in range(len(header))]
        for line in [header, ["-" * width for width in widths], *lines]:
            self.stdout.write("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
