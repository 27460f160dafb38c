"""What people type is shown as text: no page gains an element, an attribute or a script from it (RELIABILITY 1.4)."""

import json
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import pytest
from jinja2 import Environment

from app.accounts.models import User
from app.core.permissions import Actor, Role
from app.needs.models import Need
from app.needs.schemas import NeedFields
from app.needs.service import update_need
from app.offerings import content
from app.offerings.models import Offering, OfferingReport
from app.organisations.models import Organisation
from tests.factories.offerings import case_content, make_content
from tests.matrix.asking import Asker
from tests.matrix.payloads import MARK, PAYLOADS

PLAIN = "示例文字"
Text = Callable[[], str]


class Skeleton(HTMLParser):
    """The elements of a page with the names of their attributes, and every address in it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.addresses: list[str] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(sorted(name for name, _value in attributes))))
        self.words += [value or "" for _name, value in attributes]
        self.addresses += [
            (value or "").strip().lower()
            for name, value in attributes
            if name in {"href", "src", "action", "formaction", "data", "hx-get", "hx-post"}
        ]

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def of(self, mark: str) -> list[tuple[str, tuple[str, ...]]]:
        return [
            (tag, names)
            for tag, names in self.elements
            if mark in tag or any(mark in name or name.startswith("on") for name in names)
        ]


def faults(page: str) -> list[str]:
    """Return what a payload made of a page: elements or attributes of its own, inline script, script addresses."""
    found = Skeleton(page)
    bad = [f"<{tag} {' '.join(names)}>" for tag, names in found.of(MARK)]
    bad += [
        f"<{tag} {' '.join(names)}>"
        for tag, names in found.elements
        if tag in {"iframe", "object", "embed", "base", "style", "marquee", "math", "frameset", "keygen"}
        or (tag == "script" and "src" not in names)
        or "style" in names
    ]
    return bad + [
        url for url in found.addresses if url.startswith(("javascript:", "data:", "vbscript:", f"//{MARK}"))
    ]


def write_everywhere(asker: Asker, text: Text) -> None:
    """Put a text into every field that people fill in, through the schemas that the forms use."""
    world = asker.world
    with asker.database.write() as session:
        for name in ("own", "vendor", "unverified"):
            house = session.get_one(Organisation, world.organisations[name])
            for field in ("short_name", "intro", "address", "contact_name", "decision_reason"):
                setattr(house, field, text())
            house.name = f"示例{text()}"
        for role in ("member", "vendor_admin", "reviewer", "newcomer"):
            session.get_one(User, world.people[role]).name = text()
        report = session.get_one(OfferingReport, world.reports["open"])
        report.text = text()
        session.commit()
        _write_needs(asker, session, text)
        for name in ("listed", "submitted", "draft"):
            _write_offering(session.get_one(Offering, world.offerings[name]), session, text)
        session.commit()


def _write_needs(asker: Asker, session: Any, text: Text) -> None:
    world = asker.world
    actor = Actor(
        user_id=world.people["admin"],
        organisation_id=world.organisations["own"],
        organisation_verified=True,
        roles=frozenset({Role.organisation_admin}),
    )
    for name in ("published", "held", "draft"):
        need = session.get_one(Need, world.needs[name])
        update_need(
            session,
            actor,
            need_id=need.id,
            version=need.version,
            fields=NeedFields(
                title=text(),
                problem=f"{need.problem}{text()}",
                equipment=text(),
                conditions_note=text(),
                baseline_note=text(),
            ),
        )


def _write_offering(row: Offering, session: Any, text: Text) -> None:
    case = case_content(customer=text(), effect_metric=text(), effect_before=text(), evidence=text())
    given = make_content(
        title=f"示例{text()}"[:60],
        summary=text(),
        body=f"{'夹在电源线上判断开停。' * 8}{text()}",
        exit_terms=text(),
        not_suitable=text(),
        prerequisites=[text(), text()],
        cases=[case],
    )
    session.refresh(row, ["packages", "cases"])
    for package in row.packages:
        session.refresh(package, ["components"])
    given.packages[0].title, given.packages[0].note = text()[:40], text()
    given.packages[0].components[0].title = text()
    content.write(row, given)


def pages_of(asker: Asker) -> list[tuple[str, str]]:
    """Return (role, address) of every page that shows what somebody typed."""
    world = asker.world
    needs, offerings, houses = world.needs, world.offerings, world.organisations
    steps = ("problem", "baseline", "conditions")
    return [
        ("visitor", "/search?q=示例"),
        ("visitor", f"/search?q={MARK}"),
        ("visitor", f"/offerings/{offerings['listed']}"),
        ("visitor", f"/needs/{world.case_numbers['published']}"),
        ("visitor", f"/organisations/{houses['vendor']}"),
        ("visitor", "/suppliers"),
        ("newcomer", f"/organisations/join?code={world.codes['own']}"),
        ("newcomer", "/account"),
        ("admin", "/organisations/mine"),
        ("admin", "/organisations/mine/edit"),
        ("admin", "/workspace"),
        ("admin", "/workspace/needs"),
        ("admin", f"/workspace/needs/{needs['draft']}/preview"),
        ("admin", f"/workspace/needs/{needs['draft']}/withdraw"),
        ("admin", f"/workspace/needs/{needs['published']}/matches"),
        *(("admin", f"/workspace/needs/{needs['published']}/edit?step={step}") for step in steps),
        ("vendor_admin", "/workspace/offerings"),
        ("vendor_admin", f"/workspace/offerings/{offerings['draft']}"),
        ("vendor_admin", f"/workspace/offerings/{offerings['draft']}/edit"),
        ("vendor_admin", f"/workspace/offerings/{offerings['listed']}/withdraw"),
        ("reviewer", "/desk"),
        ("reviewer", f"/desk/needs/{needs['held']}"),
        ("reviewer", f"/desk/offerings/{offerings['submitted']}"),
        ("reviewer", f"/desk/organisations/{houses['unverified']}"),
        ("reviewer", "/desk/organisations/all"),
        ("reviewer", "/desk/reports"),
        ("system_admin", "/admin/users"),
        ("system_admin", f"/admin/users/{world.people['member']}"),
        ("auditor", "/admin/audit"),
    ]


def test_no_page_runs_or_keeps_what_was_typed(asker: Asker, figure: Callable[[int, int], int]) -> None:
    rounds = figure(3, len(PAYLOADS))
    used: set[str] = set()
    shown: set[str] = set()
    for number in range(rounds):
        position = iter(range(number * len(PAYLOADS) // rounds, 10**6))

        def text() -> str:
            payload = PAYLOADS[next(position) % len(PAYLOADS)]  # noqa: B023  used within the round
            used.add(payload)
            return payload

        point = asker.database._connection.begin_nested()
        write_everywhere(asker, text)
        for role, url in pages_of(asker):
            answer = asker.ask(role, "GET", url)
            assert answer.status_code == 200, f"{url} as {role}: {answer.status_code}"
            assert not faults(answer.text), f"{url} as {role}: {faults(answer.text)}"
            if any(MARK in word for word in Skeleton(answer.text).words):
                shown.add(url)
        point.rollback()
    assert used == set(PAYLOADS)
    silent = {url for _role, url in pages_of(asker)} - shown
    assert len(silent) <= 4, f"pages that showed none of it: {silent}"


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_is_sent_comes_back_as_text(asker: Asker, payload: str) -> None:
    """What a page echoes: the search, a refused form, the sentence, and JSON that no browser takes for a page."""
    pages = [
        asker.ask("visitor", "GET", "/search?" + urlencode({"q": payload})),
        asker.ask("visitor", "GET", "/sign-in?" + urlencode({"next": payload})),
        asker.ask("visitor", "POST", "/match", data={"text": f"夜班冲床停了{payload}"}),
        asker.ask("visitor", "POST", "/register", data={"name": payload, "login": payload, "password": ""}),
        asker.ask("admin", "POST", "/organisations/mine/edit", data={"name": payload, "intro": payload}),
        asker.ask(
            "vendor_admin", "POST", "/workspace/offerings", data={"title": payload * 9, "kind": payload}
        ),
    ]
    for answer in pages:
        assert answer.status_code in {200, 422}
        assert not faults(answer.text), faults(answer.text)
    answer = asker.ask("visitor", "GET", "/api/v1/search?" + urlencode({"q": payload}))
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    json.loads(answer.text)


@pytest.mark.parametrize(
    "page",
    [
        f"<p><{MARK}></p>",
        '<p class="" onmouseover=x()>',
        "<script>x()</script>",
        "<a href=' JavaScript:x()'>",
        f"<input value='' {MARK}=''>",
    ],
)
def test_control_unescaped_text_is_noticed(page: str) -> None:
    assert faults(page)


def test_control_a_template_that_escapes_nothing_is_noticed() -> None:
    template = Environment(autoescape=False).from_string('<p title="{{ text }}">{{ text }}</p>')
    noticed = [payload for payload in PAYLOADS if faults(template.render(text=payload))]
    assert len(PAYLOADS) >= 60
    assert len(noticed) >= 45
