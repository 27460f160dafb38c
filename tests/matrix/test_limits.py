"""Bad input: text without end, ids of nothing, JSON that is none: refused in Chinese beside the field, never a 5xx."""

import re
import uuid
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from app.accounts import schemas as accounts
from app.desk import schemas as desk
from app.needs import schemas as needs
from app.needs import steps as needs_steps
from app.offerings import schemas as offerings
from app.organisations import schemas as organisations
from app.organisations.schemas import pools, standing
from app.reference import schemas as reference
from app.web.forms import nest
from app.web.policy import walk_routes
from tests.matrix import table
from tests.matrix.asking import Answer, Asker
from tests.matrix.calls import CALLS, Call, call_of

LONG = "长" * 10_000
CHINESE = re.compile(r"[\u4e00-\u9fff]{2,}")
#: Every form and JSON body of the product, with the schema that reads it.
SCHEMAS: dict[str, type[BaseModel]] = {
    "POST /sign-in": accounts.SignInForm,
    "POST /register": accounts.RegisterForm,
    "POST /first-admin": accounts.FirstAdminForm,
    "POST /account/password": accounts.PasswordForm,
    "POST /sign-in/code/send": accounts.NumberForm,
    "POST /sign-in/code": accounts.NumberCodeForm,
    "POST /register/number": accounts.NumberRegisterForm,
    "POST /reset-password": accounts.LoginForm,
    "POST /reset-password/code": accounts.ResetByCodeForm,
    "POST /reset-password/link": accounts.ResetByLinkForm,
    "POST /confirm-email": accounts.LinkForm,
    "POST /account/contacts": accounts.ContactForm,
    "POST /account/contacts/code": accounts.ContactCodeForm,
    "POST /account/second-factor": accounts.EnrolForm,
    "POST /account/second-factor/codes": accounts.CodeForm,
    "POST /account/second-factor/remove": accounts.CodeForm,
    "POST /account/second-factor/pass": accounts.CodeForm,
    "POST /admin/users/{user_id}/roles": accounts.RoleForm,
    "POST /staff/dictionary/new": reference.DictionaryWordIn,
    "POST /staff/dictionary/{word_id}": reference.DictionaryWordIn,
    "POST /staff/parameters/{key}": reference.ParameterIn,
    "POST /staff/dictionary/try": reference.TryIn,
    "POST /staff/dictionary/{word_id}/try": reference.TryIn,
    "POST /staff/parameters/{key}/cancel": reference.CancelIn,
    "POST /staff/parameters/sets/{name}": reference.ParameterSetIn,
    "POST /help": desk.HelpForm,
    "POST /help/{number}/notes": desk.HelpNoteForm,
    "POST /desk/help/{number}/answer": desk.HelpAnswerForm,
    "POST /desk/announcements/new": desk.AnnouncementForm,
    "POST /desk/announcements/{announcement_id}": desk.AnnouncementForm,
    "POST /organisations/new": organisations.OrganisationCreate,
    "POST /organisations/join": organisations.JoinForm,
    "POST /organisations/mine/edit": organisations.OrganisationUpdate,
    "POST /organisations/mine/members/{membership_id}/role": organisations.MemberRoleForm,
    "POST /desk/organisations/{organisation_id}/decision": organisations.DecisionForm,
    "POST /desk/organisations/{organisation_id}/suspend": organisations.ReasonForm,
    "POST /organisations/mine/size": standing.SizeForm,
    "POST /organisations/mine/qualifications/uploads": standing.QualificationForm,
    "POST /organisations/claims/uploads": standing.ClaimForm,
    "POST /organisations/mine/pools/{entry_id}/answer": pools.MoveForm,
    "POST /organisations/mine/pools/{entry_id}/withdraw": pools.MoveForm,
    "POST /organisations/mine/pools/{entry_id}/appeal/uploads": standing.AppealForm,
    "POST /desk/organisations/{organisation_id}/lift": organisations.ReasonForm,
    "POST /desk/qualifications/{qualification_id}/decision": standing.QualificationDecision,
    "POST /desk/claims/{claim_id}/decision": standing.ClaimDecision,
    "POST /desk/orphans/{organisation_id}/appoint": standing.AppointForm,
    "POST /desk/pools/{entry_id}/decision": pools.PoolDecision,
    "POST /desk/pools/{entry_id}/warn": pools.WarningForm,
    "POST /desk/pools/{entry_id}/remove": pools.MoveForm,
    "POST /desk/appeals/{appeal_id}/decision": standing.AppealDecision,
    "POST /needs/start": needs.StartForm,
    "POST /workspace/needs/{need_id}/withdraw": needs.WithdrawForm,
    "POST /desk/needs/{need_id}/decision": needs.DecisionForm,
    "POST /offerings/{offering_id}/report": offerings.ReportForm,
    "POST /workspace/offerings": offerings.OfferingForm,
    "POST /workspace/offerings/{offering_id}/edit": offerings.OfferingForm,
    "POST /workspace/offerings/{offering_id}/withdraw": offerings.WithdrawForm,
    "POST /desk/offerings/{offering_id}/decision": offerings.DecisionForm,
    "POST /desk/reports/{report_id}": offerings.ResolveForm,
    "POST /api/v1/needs": needs.NeedFields,
    "PATCH /api/v1/needs/{need_id}": needs.NeedFields,
    "POST /api/v1/offerings": offerings.OfferingDraftIn,
}
STEPS: dict[str, type[BaseModel]] = dict(needs_steps.STEPS)
#: Read by no schema: what is typed is kept as it is, bounded, or is only a search.
UNREAD = {
    "POST /desk/holds",
    "POST /match",
    "POST /workspace/needs/{need_id}/autosave",
    "POST /workspace/offerings/rows",
    "POST /workspace/offerings/autosave",
}
#: A path that leads on to another place; `safe_next` drops what is none, so a long one is refused silently.
STEERING = {"next", "go"}
#: A line of figures without a figure is left out, however long its name.
FIGURE = {"baselines-0-metric": "停机", "baselines-0-value": "9", "baselines-0-how": "estimated"}


def text_fields(schema: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Yield the form name of every field that takes text (or a code), lists and nested rows with position 0."""
    for name, field in schema.model_fields.items():
        kinds = list(_kinds(field.annotation))
        models = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
        is_list = any(kind is list for kind in kinds)
        if models:
            yield from text_fields(models[0], f"{prefix}{name}-0-" if is_list else f"{prefix}{name}-")
        elif any(isinstance(kind, type) and issubclass(kind, str) for kind in kinds):
            yield f"{prefix}{name}[]" if is_list else f"{prefix}{name}"


def _kinds(annotation: Any) -> Iterator[Any]:
    arguments = get_args(annotation)
    if arguments:
        yield getattr(annotation, "__origin__", None)
        for argument in arguments:
            yield from _kinds(argument)
    else:
        yield annotation


def whoever_may(route: str) -> tuple[str, str]:
    """Return a situation and a role for which the table says ok (refused where nobody gets through)."""
    cells = [cell for cell in table.cells().items() if cell[0][0] == route]
    for wanted in ("ok", "refused"):
        for (_route, situation, role), outcome in cells:
            if outcome == wanted and role != "visitor":
                return situation, role
    raise AssertionError(route)


def send(asker: Asker, route: str, name: str, value: Any, query: str = "") -> Answer:
    """Send the route's good call with one field replaced."""
    situation, role = whoever_may(route)
    method, url, call = call_of(route, asker.world, role, situation)
    url = url.partition("?")[0] + query
    if "json" in call or "/api/" in route:
        return asker.ask(role, method, url, **_json(call, name, value))
    data = {
        key: kept for key, kept in call["data"].items() if key.removesuffix("[]") != name.removesuffix("[]")
    }
    beside = FIGURE if name.startswith("baselines-") else {}
    return asker.ask(role, method, url, **{**call, "data": {**data, **beside, name: value}})


def _json(call: Call, name: str, value: Any) -> Call:
    return {**call, "json": {**call.get("json", {}), **nest([(name, value)])}}


def test_every_route_that_takes_a_form_is_listed(asker: Asker) -> None:
    """A new form without a line here is a form whose limits nobody tries."""
    taking = {f"{route.method} {route.path}" for route in walk_routes(asker.app.routes)} & set(CALLS)
    taking = {route for route in taking if not route.startswith("GET ")}
    bare = {route for route in taking if set(_names(asker, route)) <= {"version"}}
    steps = {"POST /workspace/needs/{need_id}/edit"}
    others = {"POST /api/v1/match/preview", "PATCH /api/v1/offerings/{offering_id}"}
    assert sorted(taking - bare - set(SCHEMAS) - UNREAD - steps - others) == []


def _names(asker: Asker, route: str) -> list[str]:
    situation, role = whoever_may(route)
    call = call_of(route, asker.world, role, situation)[2]
    return [*call.get("data", {}), *call.get("json", {})]


@pytest.mark.parametrize("route", SCHEMAS)
def test_every_text_has_an_end(asker: Asker, route: str) -> None:
    names = list(text_fields(SCHEMAS[route]))
    assert names
    for name in names:
        if name not in STEERING:
            _refused(send(asker, route, name, LONG), f"{route} {name}", name)


@pytest.mark.parametrize("step", STEPS)
def test_every_text_of_a_needs_step_has_an_end(asker: Asker, step: str) -> None:
    route = "POST /workspace/needs/{need_id}/edit"
    for name in text_fields(STEPS[step]):
        if name not in STEERING:
            _refused(send(asker, route, name, LONG, f"?step={step}"), f"{step} {name}", name)


def _refused(answer: Answer, where: str, name: str) -> None:
    assert answer.status_code == 422, f"{where}: {answer.status_code}"
    if answer.is_page:
        told = re.search(r'class="errors".*?</ul>', answer.text, re.DOTALL)
        assert told, f"{where}: nothing at the top says what is wrong"
        assert CHINESE.search(told[0]), f"{where}: {told[0]}"
        box = re.search(
            rf'<(?:input(?![^>]*type="(?:hidden|radio|checkbox)")|textarea)[^>]*id="f-{re.escape(name)}"',
            answer.text,
        )
        assert not box or f'id="f-{name}-err"' in answer.text, f"{where}: no reason beside the field"
    else:
        fields = answer.json()["error"]["fields"]
        assert any(CHINESE.search(reason) for reason in fields.values()), where


def test_control_a_text_within_its_limit_is_taken(asker: Asker) -> None:
    for route in ("POST /organisations/new", "POST /api/v1/needs", "POST /workspace/offerings"):
        situation, role = whoever_may(route)
        method, url, call = call_of(route, asker.world, role, situation)
        assert asker.ask(role, method, url, **call).status_code in {201, 303}


@pytest.mark.parametrize(
    "url", ["/search?q=", "/api/v1/search?q=", "/api/v1/suggest?q=", "/api/v1/industries?q=", "/match?text="]
)
def test_long_queries_are_no_errors_of_ours(asker: Asker, url: str) -> None:
    assert asker.ask("visitor", "GET", url + "x" * 10_000).status_code in {200, 303, 422}


GARBAGE = (str(uuid.UUID(int=1)), "0", "x" * 300, "%00", "%2e%2e", "1'%20OR%20'1'='1", "%ED%A0%80", "-1")


@pytest.mark.parametrize("garbage", GARBAGE)
def test_ids_of_nothing_are_not_found(asker: Asker, garbage: str) -> None:
    wrong = []
    for route in walk_routes(asker.app.routes):
        name = f"{route.method} {route.path}"
        if "{" not in route.path or name.endswith("/act"):
            continue
        situation, role = whoever_may(name)
        _method, _url, call = call_of(name, asker.world, role, situation)
        url = re.sub(r"\{[a-z_]+\}", garbage, route.path)
        answer = asker.ask(role, route.method, url, **call)
        if answer.status_code != 404:
            wrong.append(f"{route.method} {url}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


BODIES = (
    b"{",
    b"",
    b"null",
    b"[]",
    b'"text"',
    b"\xff\xfe",
    b'{"problem": 1}',
    b'{"problem": null, "text": null}',
    b'{"problem": "\\ud800", "text": "\\ud800", "content": {"kind": "solution", "title": "\\ud800"}}',
    b'{"machine_count": 1e400, "problem": "x", "limit": 1e400, "text": "x"}',
    b'{"problem": "x", "text": "x", "unknown": 1}',
    b"[" * 5_000,
)


@pytest.mark.parametrize("body", BODIES)
def test_json_that_is_none_is_refused_in_words(asker: Asker, body: bytes) -> None:
    for route in walk_routes(asker.app.routes):
        name = f"{route.method} {route.path}"
        situation, role = ("draft", "admin") if "/api/" not in name else whoever_may(name)
        call = call_of(name, asker.world, role, situation)[2] if "/api/" in name else {}
        if "json" not in call:
            continue
        _method, url, call = call_of(name, asker.world, role, situation)
        headers = {**call.get("headers", {}), "content-type": "application/json"}
        answer = asker.ask(role, route.method, url, content=body, headers=headers)
        assert answer.status_code in {400, 422}, f"{name}: {answer.status_code} {answer.text[:200]}"
        error = answer.json()["error"]
        assert CHINESE.search(error["message"]), error
