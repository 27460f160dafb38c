"""How each route is called so that nothing but a missing right can stop it.

A path's place is filled with the object of the situation (a key of `World`); most routes need no more.
"""

from collections.abc import Callable
from typing import Any

from app.core import clock
from app.offerings.labels import CHECKS as LISTING_CHECKS
from app.organisations.verification import CHECKS as VERIFYING_CHECKS
from tests.factories.accounts import PASSWORD
from tests.factories.needs import PROBLEM
from tests.factories.offerings import make_content
from tests.factories.organisations import new_code
from tests.matrix import parts
from tests.matrix.world import World

Call = dict[str, Any]
Make = Callable[[World, str, str], Call]
PARAMETER = "needs.gate.publish_from"


def url_of(route: str, world: World, role: str, situation: str) -> str:
    """Return the route's path with the situation's object in it."""
    path = route.split(" ")[1]
    places: dict[str, Callable[[], object]] = {
        "{word_id}": lambda: world.word,
        "{key}": lambda: PARAMETER,
        "{user_id}": lambda: world.people[
            role if situation == "self" and role in world.people else "newcomer"
        ],
        "{role}": lambda: "city_officer",
        "{membership_id}": lambda: world.memberships[situation],
        "{organisation_id}": lambda: world.organisations[situation],
        "{slug}": lambda: world.policies[situation],
        "{need_id}": lambda: world.needs[situation],
        "{case_number}": lambda: world.case_numbers[situation],
        "{reference}": lambda: world.case_numbers[situation],
        "{offering_id}": lambda: world.offerings[situation],
        "{report_id}": lambda: world.reports[situation],
    }
    for part in parts.modules():
        for place, find in getattr(part, "PLACES", {}).items():
            if place in path:
                path = path.replace(place, str(find(world, role, situation)))
    for place, value in places.items():
        if place in path:
            path = path.replace(place, str(value()))
    assert "{" not in path, path
    return path


def call_of(route: str, world: World, role: str, situation: str) -> tuple[str, str, Call]:
    """Return method, address and the rest of a request that whoever has the right gets through."""
    make = next(
        (part.CALLS[route] for part in parts.modules() if route in getattr(part, "CALLS", {})),
        CALLS.get(route),
    )
    call = make(world, role, situation) if make else {}
    url = url_of(route, world, role, situation) + call.pop("query", "")
    return route.split(" ", maxsplit=1)[0], url, call


def _form(**fields: Any) -> Make:
    return lambda _world, _role, _situation: {"data": fields}


def _offering_form(version: int) -> dict[str, Any]:
    return {"kind": "solution", "title": "示例：改过的标题", "version": version}


def _organisation_form(credit_code: str) -> dict[str, Any]:
    return {
        "credit_code": credit_code,
        "name": "示例新登记有限公司",
        "capacities[]": ["enterprise"],
        "district": "banan",
        "industry": "C34",
        "contact_name": "示例王工",
        "contact_mobile": "13800000000",
    }


def _need_version(form: bool = True, **fields: Any) -> Make:
    def make(world: World, _role: str, situation: str) -> Call:
        version = world.versions[f"need {situation}"]
        if form:
            return {"data": {"version": version, **fields}}
        return {"headers": {"if-match": f'"{version}"'}, **({"json": fields} if fields else {})}

    return make


def _need_step(world: World, _role: str, situation: str) -> Call:
    version = world.versions[f"need {situation}"]
    return {"query": "?step=audience", "data": {"version": version, "confidentiality": "public"}}


def _offering_version(**fields: Any) -> Make:
    return lambda world, _role, situation: {
        "data": {"version": world.versions[f"offering {situation}"], **fields}
    }


def _offering_edit(world: World, _role: str, situation: str) -> Call:
    return {"data": _offering_form(world.versions[f"offering {situation}"])}


def _offering_rows(world: World, _role: str, situation: str) -> Call:
    own = {} if situation == "new" else {"offering_id": str(world.offerings[situation])}
    return {"data": {**_offering_form(0), "act": "add-package", **own}}


CONTENT = make_content().model_dump(mode="json")

CALLS: dict[str, Make] = {
    "POST /staff/dictionary/new": _form(kind="synonym", term="示例新词", synonyms="示例近义", is_active="1"),
    "POST /staff/dictionary/{word_id}": _form(
        kind="synonym", term="示例词", synonyms="示例近义", version="1", is_active="1"
    ),
    "POST /staff/parameters/{key}": lambda *_: {
        "data": {"value": "12", "valid_from": clock.today().isoformat(), "note": "示例：试行一个季度"}
    },
    "POST /sign-in": lambda world, *_: {"data": {"login": world.logins["newcomer"], "password": PASSWORD}},
    "POST /register": _form(name="示例", login="13611112222", password=PASSWORD, agree="1"),
    "POST /first-admin": _form(
        token="示例：不是真的口令", name="示例", login="13611113333", password=PASSWORD
    ),
    "POST /account/password": _form(current=PASSWORD, password=f"{PASSWORD}新"),
    "POST /admin/users/{user_id}/roles": _form(role="city_officer"),
    "GET /api/v1/organisations/check-code": lambda world, *_: {"query": f"?code={world.codes['own']}"},
    "POST /organisations/new": lambda *_: {"data": _organisation_form(new_code())},
    "GET /organisations/join": lambda world, *_: {"query": f"?code={world.codes['returned']}"},
    "POST /organisations/join": lambda world, *_: {"data": {"code": world.codes["returned"]}},
    "POST /organisations/mine/edit": lambda *_: {"data": {**_organisation_form(""), "version": 1}},
    "POST /organisations/mine/members/{membership_id}/role": _form(role="organisation_admin"),
    "POST /desk/organisations/{organisation_id}/decision": _form(
        version="1", decision="verified", reason="示例：看过原件", **{"checks[]": list(VERIFYING_CHECKS)}
    ),
    "POST /desk/organisations/{organisation_id}/suspend": _form(reason="示例：查无此地址"),
    "POST /needs/start": _form(text=PROBLEM),
    "POST /workspace/needs/{need_id}/edit": _need_step,
    "POST /workspace/needs/{need_id}/autosave": lambda *_: {
        "query": "?step=problem",
        "data": {"problem": PROBLEM},
    },
    "POST /workspace/needs/{need_id}/publish": _need_version(),
    "POST /workspace/needs/{need_id}/withdraw": _need_version(code="other", reason="示例：不做了"),
    "POST /workspace/needs/{need_id}/reopen": _need_version(),
    "POST /desk/needs/{need_id}/decision": _need_version(decision="publish", note="示例：电话问清了"),
    "POST /api/v1/needs": lambda *_: {"json": {"problem": PROBLEM}},
    "PATCH /api/v1/needs/{need_id}": _need_version(form=False, equipment="示例冲床"),
    "POST /api/v1/needs/{need_id}/publish": _need_version(form=False),
    "POST /offerings/{offering_id}/report": _form(reason="price_mismatch", text="示例：和报价不符"),
    "POST /workspace/offerings": lambda *_: {"data": _offering_form(0)},
    "POST /workspace/offerings/rows": _offering_rows,
    "POST /workspace/offerings/autosave": _offering_rows,
    "POST /workspace/offerings/{offering_id}/edit": _offering_edit,
    "POST /workspace/offerings/{offering_id}/submit": _offering_version(),
    "POST /workspace/offerings/{offering_id}/recall": _offering_version(),
    "POST /workspace/offerings/{offering_id}/discard": _offering_version(),
    "POST /workspace/offerings/{offering_id}/withdraw": _offering_version(reason="示例：停产"),
    "POST /desk/offerings/{offering_id}/decision": _offering_version(
        decision="listed", **{"checks[]": list(LISTING_CHECKS)}
    ),
    "POST /desk/reports/{report_id}": _form(upheld="1", resolution="示例：核实后已请对方改正"),
    "POST /api/v1/offerings": lambda *_: {"json": {"content": CONTENT}},
    "PATCH /api/v1/offerings/{offering_id}": lambda world, _role, situation: {
        "json": {"version": world.versions[f"offering {situation}"], "content": CONTENT}
    },
    "POST /api/v1/offerings/{offering_id}/submit": lambda world, _role, situation: {
        "json": {"version": world.versions[f"offering {situation}"]}
    },
    "POST /api/v1/match/preview": lambda *_: {"json": {"text": PROBLEM}},
    "GET /search": lambda *_: {"query": "?q=监测"},
    "GET /api/v1/search": lambda *_: {"query": "?q=监测"},
    "GET /api/v1/suggest": lambda *_: {"query": "?q=监测"},
    "POST /match": _form(text=PROBLEM),
}
