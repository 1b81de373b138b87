"""The edge answers as OFREP's description says: schemathesis sends what it allows, and what it does not."""

from __future__ import annotations

from typing import Any
from zlib import crc32

import pytest
import schemathesis
from hypothesis import settings
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import positive_data_acceptance

from functions.edge.flag_endpoint import FlagEndpoint
from tests.conformance.ofrep.description import AMENDMENTS, DESCRIPTION, application
from tests.edge.ofrep_request import BULK, FLAGS, ON_OFF, context, endpoint_with, ofrep
from tests.support.pytest_plugins.fuzz import examples
from tests.support.repository import ROOT

FAULTY: dict[str, dict[str, Any]] = {
    "failing": {**ON_OFF, "targeting": {"*": []}},
    "misnamed": {**ON_OFF, "targeting": {"cat": ["blue"]}},
    "long": {**ON_OFF, "targeting": {"cat": [{"var": "a"}] * 1_000}},
}
"""Each answers an error."""
EVERY_KIND: dict[str, dict[str, Any]] = {**FLAGS, "in-code": {**ON_OFF, "default_variant": None}, **FAULTY}
"""Of answer: a value of each type, none, and errors."""

schema = schemathesis.openapi.from_wsgi(DESCRIPTION, application(endpoint_with(EVERY_KIND)))


@schema.parametrize()
@settings(max_examples=examples(40, 5_000))
def test_the_endpoint_answers_as_described(case: schemathesis.Case) -> None:
    # A generated key is no flag's: some bodies go to one that there is.
    key = [None, *EVERY_KIND][crc32(repr(case.body).encode()) % (len(EVERY_KIND) + 1)]
    if key is not None and "key" in case.path_parameters:
        case.path_parameters["key"] = key
    case.call_and_validate(excluded_checks=[positive_data_acceptance] if key in FAULTY else None)


class Misspelling(FlagEndpoint):
    """Has a reason that OpenFeature has not."""

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        response = super().answer(request)
        return {**response, "body": response.get("body", "").replace("STATIC", "FIXED")}


def test_an_answer_that_is_not_as_described_is_found() -> None:
    endpoint = endpoint_with()
    endpoint.__class__ = Misspelling
    described = schemathesis.openapi.from_wsgi(DESCRIPTION, application(endpoint))
    for path, fields in ((BULK, {}), (BULK + "/{key}", {"path_parameters": {"key": "static"}})):
        case = described[path]["POST"].Case(body=context(), media_type="application/json", **fields)
        with pytest.raises(FailureGroup, match="Response violates schema"):
            case.call_and_validate()


def test_without_a_snapshot_the_answer_is_the_described_error() -> None:
    described = schemathesis.openapi.from_wsgi(DESCRIPTION, application(endpoint_with(snapshot=False)))
    case = described[BULK]["POST"].Case(body=context(), media_type="application/json")
    response = case.call()
    case.validate_response(response, excluded_checks=[schemathesis.checks.not_a_server_error])
    assert response.status_code == 500


def test_each_amendment_is_told_with_its_reason() -> None:
    page = (ROOT / "docs" / "conformance.md").read_text()
    assert [why for _, _, why in AMENDMENTS if f"- {why}.\n" not in page] == []


def test_the_endpoint_that_is_tested_has_answers_of_every_kind() -> None:
    answers = [endpoint_with(EVERY_KIND).answer(ofrep(context(), f"{BULK}/{key}")) for key in EVERY_KIND]
    assert {answer["status"] for answer in answers} == {"200", "400", "404"}
