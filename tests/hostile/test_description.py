"""The JSON API answers as its OpenAPI description says, whatever it is asked: schemathesis makes the requests."""

from __future__ import annotations

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
from inventory_ops.views.api import ReportRows
from tests.hostile.marketplace import Attacked, user
from tests.hostile.wire import Wire, application

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


def ask(role: str, *, slugs: list[str], examples: int) -> int:
    """Ask for everything that the description describes; raises what a check finds. Answers the number of requests."""
    cookie = Wire(user(role)).cookie

    def signed_in(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        return application(environ | {"HTTP_COOKIE": cookie}, start_response)  # its own client would drop the header

    schema = schemathesis.openapi.from_wsgi("/api/v1/schema/?format=json", signed_in)
    asked = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        fixed: list[dict[str, Any]] = [{"path_parameters": {"slug": slug}} for slug in slugs]
        for options in fixed if "{slug}" in operation.path else [{}]:
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


class TestDescription(Attacked):
    def test_answers_are_those_described(self) -> None:
        slugs = [report.slug for report in registry]
        assert ask("operations", slugs=[*slugs, "no-such-report"], examples=6) > 100

    def test_refusals_are_those_described(self) -> None:
        assert ask("merchant", slugs=["user-audit", "abandoned-checkouts"], examples=6) > 10

    def test_another_answer_is_found(self) -> None:
        """The control."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ReportRows, "get", lambda self, request, slug: 1 / 0)
            with pytest.raises(BaseExceptionGroup) as found:
                ask("operations", slugs=["trackers"], examples=2)
        assert any(isinstance(each, ServerError) for each in found.value.exceptions)
