"""The JSON API answers as its OpenAPI description says, whatever it is asked: schemathesis makes the requests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import ServerError
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from inventory_ops.kit.reports import registry
from inventory_ops.models import Finding, Scope
from inventory_ops.operations import api_tokens
from inventory_ops.views.api.reports import ReportRows
from tests.hostile.marketplace import Attacked, user
from tests.hostile.wire import application
from trackers.models import Tracker

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


def ask(role: str, *, slugs: list[str], examples: int, scopes: Sequence[str] = Scope.values) -> int:
    """Ask for everything that the description describes; raises what a check finds. Answers the number of requests."""
    caller = user(role)
    _token, text = api_tokens.create(user=caller, name="test", scopes=scopes, days=1, by=caller)

    def signed_in(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        # its own client would drop the header
        return application(environ | {"HTTP_AUTHORIZATION": f"Bearer {text}"}, start_response)

    schema = schemathesis.openapi.from_wsgi("/api/v1/schema/?format=json", signed_in)
    asked = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        for options in _objects(operation.path, slugs):
            for mode in MODES:

                @given(case=operation.as_strategy(generation_mode=mode, **options))
                @settings(
                    max_examples=examples,
                    derandomize=True,
                    database=None,
                    deadline=None,
                    suppress_health_check=list(HealthCheck),
                )
                def run(case: Any) -> None:
                    nonlocal asked
                    asked += 1
                    case.call_and_validate(checks=CHECKS)

                run()
    return asked


def _objects(path: str, slugs: list[str]) -> list[dict[str, Any]]:
    """Real objects for a path that names one, and one that is not there: guessed ids would meet none."""
    if "{slug}" in path:
        return [{"path_parameters": {"slug": slug}} for slug in slugs]
    if "{id}" in path:
        rows: Any = Tracker.objects if "/trackers/" in path else Finding.objects.unresolved()
        ids = [*rows.order_by("pk").values_list("pk", flat=True)[:2], 0]
        return [{"path_parameters": {"id": pk}} for pk in ids]
    return [{}]


class TestDescription(Attacked):
    def test_answers_are_those_described(self) -> None:
        slugs = [report.slug for report in registry]
        assert ask("operations", slugs=[*slugs, "no-such-report"], examples=6) > 100

    def test_refusals_are_those_described(self) -> None:
        assert ask("merchant", slugs=["user-audit", "abandoned-checkouts"], examples=6) > 10

    def test_refusals_of_scopes_are_those_described(self) -> None:
        assert ask("operations", slugs=["trackers"], examples=3, scopes=["read"]) > 10

    def test_another_answer_is_found(self) -> None:
        """The control."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ReportRows, "get", lambda self, request, slug: 1 / 0)
            with pytest.raises(BaseExceptionGroup) as found:
                ask("operations", slugs=["trackers"], examples=2)
        assert any(isinstance(each, ServerError) for each in found.value.exceptions)
