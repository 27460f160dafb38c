"""The OpenAPI document says how to be let in and what every refusal looks like."""

from typing import Any

import pytest

from app.web.openapi import EVERYWHERE, PREFIX
from tests.services.client import Client

REFERENCE = {"$ref": "#/components/schemas/Problem"}


@pytest.fixture
def document(client: Client) -> dict[str, Any]:
    answer = client.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method} {path}", operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]


def test_only_the_api_stands_in_it(document: dict[str, Any]):
    assert document["paths"]
    assert all(path.startswith(PREFIX) for path in document["paths"])


def test_every_operation_documents_every_refusal_as_a_problem(document: dict[str, Any]):
    for name, operation in operations(document):
        for status in EVERYWHERE:
            shape = operation["responses"][status]["content"]["application/json"]["schema"]
            assert shape == REFERENCE, f"{name} {status}"
        if not name.startswith("get "):
            assert {"400", "413"} <= operation["responses"].keys(), name


def test_every_operation_says_how_to_be_let_in(document: dict[str, Any]):
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    for name, operation in operations(document):
        schemes = {scheme for option in operation["security"] for scheme in option}
        assert schemes == {"token", "session"}, name
    needs = document["paths"]["/api/v1/needs"]["post"]
    assert {"token": ["needs:write"]} in needs["security"]


def test_a_real_refusal_has_the_documented_shape(client: Client, document: dict[str, Any]):
    shape = document["components"]["schemas"]["Problem"]["properties"]["error"]
    for answer in (
        client.get("/api/v1/needs/XX"),
        client.get("/api/v1/needs?page=0"),
        client.post("/api/v1/needs", json={}),
        client.get("/api/v1/me", headers={"authorization": "Bearer nonsense"}),
    ):
        error = answer.json()["error"]
        assert str(answer.status_code) in EVERYWHERE
        assert set(shape["required"]) <= error.keys() <= shape["properties"].keys()
