"""Webhooks of an organisation: registered, called, retried, switched off, sent again."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core import clock
from app.core.audit import AuditEvent
from app.core.db import Database
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.messages import Message
from app.core.permissions import Actor, Role
from app.core.settings import Env, HookSettings, Settings
from app.notifications import calling, jobs, service
from app.notifications.models import Delivery, DeliveryState, Hook
from app.notifications.queries import hooks as queries
from app.notifications.service.hooks import PAUSES, note_answer, open_secret
from app.organisations.models import Organisation
from tests.factories.accounts import sign_in
from tests.factories.organisations import acting_for, add_member, make_organisation
from tests.notifications.conftest import tell
from tests.notifications.servers import HookServer, hook_server, make_certificates
from tests.services.client import Client

URL = "https://erp.example.com/funeng"
PAGE = "/organisations/mine/webhooks"


def make_hook(session: Session, actor: Actor, url: str = URL, topics: tuple[str, ...] = ("needs",)) -> Hook:
    row = service.add_hook(session, actor, url=url, topics=topics)
    session.flush()
    service.make_secret(session, actor, hook_id=row.id)
    session.flush()
    return row


@pytest.fixture
def house(session: Session) -> Organisation:
    return make_organisation(session)


@pytest.fixture
def admin(session: Session, house: Organisation) -> User:
    return add_member(session, house)


def test_a_message_to_the_organisation_becomes_a_call(
    session: Session, house: Organisation, admin: User, settings: Settings
) -> None:
    actor = acting_for(admin, house)
    row = make_hook(session, actor)
    make_hook(session, actor, "https://other.example.com/x", ("deals",))
    told = tell(session, organisation_id=house.id)
    tell(session, user_id=admin.id)
    tell(session, organisation_id=make_organisation(session).id)
    service.carry_out(session, settings)
    session.flush()
    (delivery,) = session.query(Delivery).all()
    assert (delivery.hook_id, delivery.message_id) == (row.id, told.id)
    assert delivery.body["data"] == {
        "case_number": "FN-1",
        "need_id": told.payload["need_id"],
        "state": "published",
    }
    assert "不能外传" not in str(delivery.body)


def test_the_secret_is_sealed(session: Session, house: Organisation, admin: User, settings: Settings) -> None:
    actor = acting_for(admin, house)
    row = service.add_hook(session, actor, url=URL, topics=["needs"])
    session.flush()
    _row, first = service.make_secret(session, actor, hook_id=row.id)
    assert first not in row.secret
    assert open_secret(settings, row) == first
    _row, second = service.make_secret(session, actor, hook_id=row.id)
    assert open_secret(settings, row) == second != first


def test_an_address_inside_is_refused_in_words(session: Session, house: Organisation, admin: User) -> None:
    with pytest.raises(Invalid) as caught:
        service.add_hook(session, acting_for(admin, house), url="https://127.0.0.1/", topics=[])
    assert set(caught.value.fields) == {"url", "topics"}


def test_only_so_many_and_each_once(session: Session, house: Organisation, admin: User) -> None:
    actor = acting_for(admin, house)
    for number in range(service.MOST):
        make_hook(session, actor, f"https://erp{number}.example.com/")
    with pytest.raises(Conflict, match="最多"):
        make_hook(session, actor, URL)
    with pytest.raises(Conflict, match="登记过"):
        make_hook(session, actor, "https://erp0.example.com/")


def test_strangers_members_and_staff_on_behalf(session: Session, house: Organisation, admin: User) -> None:
    row = make_hook(session, acting_for(admin, house))
    other = make_organisation(session)
    with pytest.raises(NotFound):
        service.remove_hook(session, acting_for(add_member(session, other), other), hook_id=row.id)
    member = add_member(session, house, role=Role.member)
    with pytest.raises(Forbidden):
        service.remove_hook(session, acting_for(member, house, Role.member), hook_id=row.id)
    behalf = Actor(
        user_id=admin.id,
        organisation_id=house.id,
        roles=frozenset({Role.organisation_admin}),
        on_behalf=True,
    )
    with pytest.raises(Forbidden):
        service.make_secret(session, behalf, hook_id=row.id)


def waiting(session: Session, hook: Hook) -> Delivery:
    row = Delivery(id=uuid.uuid4(), hook_id=hook.id, message_id=uuid.uuid4(), name="n", body={})
    session.add(row)
    session.flush()
    return row


def test_failures_back_off_for_a_day_and_end(session: Session, house: Organisation, admin: User) -> None:
    row = waiting(session, make_hook(session, acting_for(admin, house)))
    moment, began = clock.now(), clock.now()
    waits = []
    while row.state is DeliveryState.waiting:
        with clock.frozen(moment):
            note_answer(session, Actor(), delivery_id=row.id, answer=calling.Answer(500, "对方没有接收"))
        if row.state is DeliveryState.waiting:
            waits.append(row.next_at - moment)
            moment = row.next_at
    assert waits == list(PAUSES)
    assert timedelta(hours=20) < moment - began <= timedelta(hours=24)
    assert (row.state, row.status, row.attempts) == (DeliveryState.failed, 500, len(PAUSES) + 1)


def test_days_of_failure_switch_it_off_and_say_so(session: Session, house: Organisation, admin: User) -> None:
    actor = acting_for(admin, house)
    hook = make_hook(session, actor)
    start = clock.now()
    bad = calling.Answer(None, "连接不上")
    note_answer(session, Actor(), delivery_id=waiting(session, hook).id, answer=bad)
    with clock.frozen(start + timedelta(days=6)):
        note_answer(session, Actor(), delivery_id=waiting(session, hook).id, answer=bad)
    assert hook.disabled_at is None
    with clock.frozen(start + timedelta(days=6, hours=1)):
        note_answer(session, Actor(), delivery_id=waiting(session, hook).id, answer=calling.Answer(204))
    assert hook.failing_since is None  # one success begins anew
    with clock.frozen(start + timedelta(days=8)):
        note_answer(session, Actor(), delivery_id=waiting(session, hook).id, answer=bad)
    assert hook.disabled_at is None
    with clock.frozen(start + timedelta(days=15, seconds=1)):
        for _ in range(2):
            note_answer(session, Actor(), delivery_id=waiting(session, hook).id, answer=bad)
        session.flush()
    assert hook.disabled_at is not None
    (told,) = session.query(Message).filter_by(name="notifications.webhook.disabled").all()
    assert (told.organisation_id, told.payload) == (house.id, {"hook_id": str(hook.id), "days": 7})
    assert session.query(AuditEvent).filter_by(name="notifications.webhook.disabled").count() == 1
    service.enable_hook(session, actor, hook_id=hook.id)
    assert hook.disabled_at is None


def test_sending_again(session: Session, house: Organisation, admin: User) -> None:
    actor = acting_for(admin, house)
    row = waiting(session, make_hook(session, actor))
    with pytest.raises(Conflict, match="自动重试"):
        service.resend(session, actor, delivery_id=row.id)
    row.state = DeliveryState.failed
    service.resend(session, actor, delivery_id=row.id)
    assert (row.state, row.attempts) == (DeliveryState.waiting, 0)
    other = make_organisation(session)
    with pytest.raises(NotFound):
        service.resend(session, acting_for(add_member(session, other), other), delivery_id=row.id)


def test_production_refuses_the_tests_list(tmp_path: Any) -> None:
    with pytest.raises(ValueError, match="ALLOWED_HOSTS"):
        Settings(
            env=Env.production,
            data_dir=tmp_path,
            secret_key="a-long-secret-of-this-test-0123456789",
            hooks=HookSettings(allowed_hosts=["localhost:1"]),
        )


# --- pages -------------------------------------------------------------------------------------------------


def test_an_administrators_walk(client: Client) -> None:
    house = make_organisation(client.session)
    user = add_member(client.session, house)
    sign_in(client, user)
    answer = client.submit(PAGE, {"url": URL, "topics[]": ["needs", "deals"]})
    assert answer.status_code == 303
    place = answer.headers["location"]
    shown = client.get(place)
    assert "新密钥，只显示这一次" in shown.text
    secret = shown.text.split('class="token">')[1].split("<")[0]
    assert secret.startswith("fnsec_")
    assert secret not in client.get(place).text
    assert URL in client.get(PAGE).text
    refused = client.submit(
        place, {"url": "https://10.0.0.1/", "topics[]": ["needs"]}, action=f"{place}/edit"
    )
    assert refused.status_code == 422
    assert "不能填 IP 地址" in refused.text
    assert "https://10.0.0.1/" in refused.text
    changed = client.submit(place, {"url": URL + "2", "topics[]": ["deals"]}, action=f"{place}/edit")
    assert changed.status_code == 303
    late = client.submit(place, {"url": URL, "topics[]": ["needs"], "version": "1"}, action=f"{place}/edit")
    assert late.status_code == 409
    assert "别人刚改过" in late.text
    assert client.submit(place, action=f"{place}/secret").status_code == 303
    assert client.submit(f"{place}/remove").status_code == 303
    assert client.get(place).status_code == 404


def test_the_log_shows_what_came_back(client: Client) -> None:
    session = client.session
    house = make_organisation(session)
    user = add_member(session, house)
    hook = make_hook(session, acting_for(user, house))
    row = waiting(session, hook)
    row.state, row.status, row.error, row.attempts = DeliveryState.failed, 500, "对方没有接收", 8
    key, place = row.id, f"{PAGE}/{hook.id}"
    sign_in(client, user)
    page = client.get(place)
    assert "没有送到" in page.text
    assert "500" in page.text
    assert client.submit(place, action=f"{PAGE}/deliveries/{key}/resend").status_code == 303
    assert "等待推送" in client.get(place).text


def test_members_and_strangers_are_kept_out(client: Client) -> None:
    session = client.session
    house, other = make_organisation(session), make_organisation(session)
    place = f"{PAGE}/{make_hook(session, acting_for(add_member(session, house), house)).id}"
    sign_in(client, add_member(session, house, role=Role.member))
    assert client.get(place).status_code == 403
    sign_in(client, add_member(session, other))
    assert client.get(place).status_code == 404


# --- for real ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def other_side(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[HookServer, HookSettings]]:
    certificates = make_certificates(tmp_path_factory.mktemp("certificates"))
    with hook_server(certificates) as server:
        yield server, HookSettings(allowed_hosts=[server.host], ca_certs=certificates.authority)


@pytest.mark.committed
def test_the_worker_calls_and_keeps_the_answer(
    database: Database, other_side: tuple[HookServer, HookSettings]
) -> None:
    server, given = other_side
    server.calls.clear()
    settings = database.settings.model_copy(update={"hooks": given})
    for opened in (database._write, database._read):
        opened.kw["info"] |= {"settings": settings}
    with database.writing() as session:
        house = make_organisation(session)
        actor = acting_for(add_member(session, house), house)
        good = make_hook(session, actor, server.url("/ok"))
        make_hook(session, actor, server.url("/500"))
        unready = service.add_hook(session, actor, url=server.url("/never"), topics=["needs"])
        session.flush()
        tell(session, organisation_id=house.id)
        assert service.carry_out(session, settings) == 1
        assert unready.secret == ""
    assert jobs.call_hooks(database, settings) == 2
    assert jobs.call_hooks(database, settings) == 0
    assert sorted(got.path for got in server.calls) == ["/500", "/ok"]
    with database.reading() as session:
        log = queries.list_deliveries(session, actor, good.id, jobs_page())
        assert [(row.state, row.status) for row in log.items] == [(DeliveryState.delivered, 204)]
        failed = session.query(Delivery).filter(Delivery.hook_id != good.id).one()
        assert (failed.state, failed.status, failed.attempts) == (DeliveryState.waiting, 500, 1)
    secret = open_secret(settings, good)
    assert secret is not None
    call = next(got for got in server.calls if got.path == "/ok")
    moment = int(call.headers["X-Funeng-Signature"].split(",")[0].removeprefix("t="))
    assert call.headers["X-Funeng-Signature"] == calling.sign(secret, moment, call.body)


def jobs_page() -> Any:
    from app.core.pagination import PageRequest

    return PageRequest()
