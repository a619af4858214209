"""What people can be notified about: each app adds its topics, so the base knows none of its siblings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse_lazy

from inventory_ops.kit.registry import SCANS, Registry
from inventory_ops.kit.reports import Report
from inventory_ops.models import User


@dataclass(frozen=True, slots=True)
class Topic:
    """One kind of news. `url` is the list behind it, for what a message leaves out; `roles` may subscribe."""

    key: str
    label: Any
    url: Any
    roles: frozenset[str]
    has_merchants: bool = True


_topics: Registry[Topic] = Registry("topic", later=SCANS)


def add(topic: Topic) -> None:
    """Called by what `AppConfig.ready()` names."""
    _topics.add(topic.key, topic)


def add_report(report: Report) -> None:
    """The openings of a report's findings as a topic."""
    has_merchants = report.merchant_path is not None
    name, *arguments = report.route
    url = reverse_lazy(name, args=arguments, query={"finding": "new"})
    add(Topic(report.slug, report.title, url, frozenset(report.roles), has_merchants))


def get(key: str) -> Topic | None:
    return _topics.find(key)


def offered_to(user: User) -> list[Topic]:
    """Topics that `user` may be notified about."""
    return [topic for topic in _topics if user.has_role(*topic.roles)]
