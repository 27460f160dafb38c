"""The whole OpenAPI document is called with generated input by three roles: no 5xx, nothing undocumented (RELIABILITY I11)."""

from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.matrix.asking import Answer, Asker

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
ROLES = ("visitor", "admin", "vendor_admin", "operator")
HOST = "http://funeng.example"
RACE = "刚才有另一次提交占了先"
UNSENT = {"host", "cookie", "content-length", "x-csrf-token", "transfer-encoding"}


def real_ids(asker: Asker) -> dict[str, list[str]]:
    """Return for each path parameter the ids that there are, so that calls get past the first 404."""
    world = asker.world
    found = {
        "need_id": [str(item) for item in world.needs.values()],
        "case_number": list(world.case_numbers.values()),
        "reference": list(world.case_numbers.values()),
        "offering_id": [str(item) for item in world.offerings.values()],
        "organisation_id": [str(item) for item in world.organisations.values()],
    }
    for room, objects in world.more.items():
        ids = [str(item) for item in objects.values()]
        found[f"{room.removesuffix('s')}_id"] = ids
        found.setdefault("enquiry_id", ids if room == "deals" else [])
    return {name: ids for name, ids in found.items() if ids}


def send(asker: Asker, role: str, case: Any) -> tuple[Answer, Response]:
    """Send a generated case as a role and return the answer, also as schemathesis reads it."""
    url = case.formatted_path
    if case.query:
        url += "?" + urlencode(case.query, doseq=True)
    headers = {
        name.lower(): str(value) for name, value in (case.headers or {}).items() if name.lower() not in UNSENT
    }
    more: dict[str, Any] = {"headers": headers}
    if isinstance(case.body, bytes | str):
        more["content"] = case.body.encode() if isinstance(case.body, str) else case.body
        headers.setdefault("content-type", case.media_type or "application/json")
    elif case.method.upper() != "GET" and type(case.body).__name__ != "NotSet":
        more["json"] = case.body
    answer = asker.ask(role, case.method.upper(), quote(url, safe="/?&=%:+,;@~!$'()*[]"), **more)
    request = requests.Request(case.method.upper(), HOST + url).prepare()
    return answer, Response(
        answer.status_code,
        {name: [value] for name, value in answer.headers.items()},
        answer.content,
        request,
        0.0,
        False,
    )


def operations(asker: Asker) -> list[Any]:
    schema = schemathesis.openapi.from_dict(asker.app.openapi())
    return [found.ok() for found in schema.get_all_operations()]


class Explorer:
    """Calls operations with generated input and keeps what was wrong with the answers."""

    def __init__(self, asker: Asker, examples: int) -> None:
        self.asker, self.examples, self.ids = asker, examples, real_ids(asker)
        self.seen: Counter[int] = Counter()
        self.faults: list[str] = []

    def explore(self, operation: Any, role: str) -> None:
        @settings(
            max_examples=self.examples,
            deadline=None,
            database=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(), draw=st.data())
        def run(case: Any, draw: st.DataObject) -> None:
            self.ask(role, case, draw)

        run()

    def ask(self, role: str, case: Any, draw: st.DataObject) -> None:
        for name in case.path_parameters or {}:
            if name in self.ids and draw.draw(st.booleans()):
                case.path_parameters[name] = draw.draw(st.sampled_from(self.ids[name]))
        answer, read = send(self.asker, role, case)
        self.seen[answer.status_code] += 1
        if RACE in answer.text:  # nobody else is here: the database refused what the schema let through
            self.faults.append(f"{role} {case.method} {case.formatted_path}: {str(case.body)[:1200]}")
        try:
            case.validate_response(read, checks=CHECKS)
        except (Exception, FailureGroup) as error:  # noqa: BLE001  all faults are told at the end, not the first alone
            if len(self.faults) < 40:
                text = f"{role} {case.method} {case.formatted_path} → {answer.status_code}: {error}"
                self.faults.append(text[:1500])


def test_the_document_holds_the_api_and_no_pages(asker: Asker) -> None:
    paths = asker.app.openapi()["paths"]
    assert paths
    assert all(path.startswith("/api/v1/") for path in paths)


@pytest.mark.timeout(7200)
def test_generated_calls_find_nothing_undocumented(asker: Asker, figure: Callable[[int, int], int]) -> None:
    every = operations(asker)
    explorer = Explorer(asker, figure(3, max(60, 10_000 // (3 * len(every)))))
    for operation in every:
        for role in ROLES:
            explorer.explore(operation, role)
    seen, faults = explorer.seen, explorer.faults
    total = sum(seen.values())
    print(f"{total} calls on {len(every)} operations: {dict(sorted(seen.items()))}")  # noqa: T201  the long run's evidence
    assert not faults, f"{len(faults)} faults:\n" + "\n---\n".join(faults)
    assert seen[200] > total / 100, "hardly any call got through"


def test_control_an_undocumented_status_is_noticed(asker: Asker) -> None:
    operation = next(item for item in operations(asker) if item.path == "/api/v1/districts")
    case = operation.Case()
    request = requests.Request("GET", HOST + case.formatted_path).prepare()
    for status, kind in ((500, "application/json"), (418, "application/json"), (200, "text/html")):
        answer = Response(status, {"content-type": [kind]}, b"{}", request, 0.0, False)
        with pytest.raises(FailureGroup):
            case.validate_response(answer, checks=CHECKS)
