"""The pages: asking with the match's reasons, the inbox, one enquiry, what is refused and kept, the desk, exports."""

import io
import uuid
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core.permissions import Role
from app.deals import queries, service
from app.deals.models import Enquiry
from app.deals.states import EnquiryState
from app.needs import service as needs
from app.needs.models import Confidentiality, Outcome
from tests.factories.accounts import make_user, sign_in
from tests.factories.deals import ASKS, Deal
from tests.factories.needs import make_published
from tests.factories.offerings import make_offering
from tests.services.client import Client


@pytest.fixture
def deal(client: Client) -> Deal:
    return Deal(client.session)


def enter(client: Client, actor: Any) -> None:
    user = client.session.get(User, actor.user_id)
    assert user is not None
    sign_in(client, user)


def as_staff(client: Client, role: Role = Role.operator) -> User:
    user = make_user(client.session, role)
    sign_in(client, user)
    return user


def one(session: Session) -> Enquiry:
    return session.scalars(select(Enquiry)).one()


def test_from_the_offering_to_the_answer(client: Client, deal: Deal) -> None:
    offering, need = deal.offering.id, deal.need.id
    enter(client, deal.sme)
    page = client.get(f"/offerings/{offering}").text
    assert f'href="/enquiries/ask?offering={offering}"' in page
    asked = client.submit(
        f"/enquiries/ask?offering={offering}", {"message": ASKS, "need_id": str(need), "share": "1"}
    )
    assert asked.status_code == 303
    row = one(client.session)
    assert asked.headers["location"] == f"/enquiries/{row.id}"
    url = f"/enquiries/{row.id}"
    enter(client, deal.vendor)
    assert "1 条意向等您答复" in client.get("/workspace").text
    assert "轮到您" in client.get("/enquiries").text
    shown = client.get(url).text
    assert ASKS in shown
    assert deal.firm.name not in shown, "the need hides its factory's name"
    assert client.submit(f"{url}/accept", {"share": "yes"}).status_code == 303
    shown = client.get(url).text
    assert deal.firm.name in shown
    assert deal.firm.contact_mobile not in shown, "a look is a click of its own"
    opened = client.submit(url, action=f"{url}/contacts/reveal")
    assert opened.status_code == 200
    assert deal.firm.contact_mobile in opened.text
    assert deal.firm.contact_mobile not in client.get(url).text
    enter(client, deal.sme)
    assert "对方有人看了我方的" in client.get(url).text
    assert client.submit(url, action=f"{url}/contacts/withdraw").status_code == 303
    enter(client, deal.vendor)
    refused = client.submit(url, action=f"{url}/help")
    assert refused.status_code == 303
    assert "reveal" not in client.get(url).text


def test_reasons_come_from_the_match_and_from_nowhere_else(client: Client, deal: Deal) -> None:
    offering, need = deal.offering.id, deal.need.id
    runtime = client.app.state.runtime
    enter(client, deal.sme)
    told = '["%s", "%s", [{"points": "44 分", "text": "示例理由"}]]' % (offering, need)  # noqa: UP031  braces of JSON
    good = runtime.signer.sign("deals-reasons", told)
    send = {"message": ASKS, "need_id": str(need)}
    forged = client.submit(f"/enquiries/ask?offering={offering}", {**send, "sealed": told})
    assert forged.status_code == 303
    row = one(client.session)
    assert row.match_reasons == []
    service.withdraw_enquiry(client.session, deal.sme, enquiry_id=row.id, version=1, code="mistake")
    client.submit(f"/enquiries/ask?offering={offering}", {**send, "sealed": good})
    newest = client.session.scalars(select(Enquiry).where(Enquiry.state == EnquiryState.open)).one()
    assert newest.match_reasons == [{"points": "44 分", "text": "示例理由"}]
    assert "示例理由" in client.get(f"/enquiries/{newest.id}").text


def test_a_caught_number_comes_back_marked_with_the_words_kept(client: Client, deal: Deal) -> None:
    offering = deal.offering.id
    enter(client, deal.sme)
    words = "示例：夜班停机没人知道，打13800000000细说"
    refused = client.submit(f"/enquiries/ask?offering={offering}", {"message": words, "need_id": ""})
    assert refused.status_code == 422
    assert "<mark>13800000000</mark>" in refused.text
    assert words in refused.text
    assert "还没有发出" in refused.text
    assert client.session.scalar(select(func.count(Enquiry.id))) == 0
    sent = client.submit(
        f"/enquiries/ask?offering={offering}", {"message": words, "need_id": "", "remove": "1"}
    )
    assert sent.status_code == 303
    body = queries.list_messages(client.session, one(client.session).id)[0].body
    assert "13800000000" not in body


def test_the_same_in_the_thread_and_on_accepting(client: Client, deal: Deal) -> None:
    row = deal.ask()
    url, key = f"/enquiries/{row.id}", row.id
    enter(client, deal.vendor)
    refused = client.submit(f"{url}/accept", {"share": "no", "message": "加微信 shili_2020 说"})
    assert refused.status_code == 422
    assert "<mark>shili_2020</mark>" in refused.text
    refused = client.submit(url, {"message": "QQ号123456789"}, action=f"{url}/uploads")
    assert refused.status_code == 422
    assert "<mark>123456789</mark>" in refused.text
    assert client.submit(url, {"message": "示例：收到"}, action=f"{url}/uploads").status_code == 303
    assert len(queries.list_messages(client.session, key)) == 2


def test_two_tabs_the_second_answer_reads_what_happened(client: Client, deal: Deal) -> None:
    row = deal.ask()
    url = f"/enquiries/{row.id}"
    enter(client, deal.vendor)
    stale = client.get(f"{url}/end/decline")
    assert stale.status_code == 200
    assert client.submit(f"{url}/accept", {"share": "no"}).status_code == 303
    form = {"version": "1", "code": "busy", "note": "示例：写了半天的话"}
    page = client.get(f"{url}/end/close").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    late = client.post(f"{url}/end/decline", data={**form, "csrf_token": token})
    assert late.status_code == 409
    assert "现在是「已接受，在谈」" in late.text


def test_a_secret_need_opens_with_acceptance(client: Client, deal: Deal) -> None:
    session = client.session
    secret = make_published(
        session, deal.sme, Confidentiality.staff_only, title="示例：暗号难处", equipment="暗号设备"
    )
    row = service.ask_vendor(
        session,
        deal.sme,
        offering_id=deal.offering.id,
        need_id=secret.id,
        request=service.Request(ASKS),
    )
    url, number = f"/enquiries/{row.id}", secret.case_number
    enter(client, deal.vendor)
    closed = client.get(url).text
    assert number in closed
    assert "暗号" not in closed
    assert "暗号" not in client.get("/enquiries").text
    client.submit(f"{url}/accept", {"share": "no"})
    assert "暗号设备" in client.get(url).text


def test_the_thread_refreshes_as_a_fragment_and_is_marked_read(client: Client, deal: Deal) -> None:
    row = deal.ask()
    url = f"/enquiries/{row.id}"
    enter(client, deal.vendor)
    part = client.get(f"{url}/messages", headers={"HX-Request": "true"}).text
    assert "<html" not in part
    assert ASKS in part
    assert "标为已看" in part
    assert client.submit(url, action=f"{url}/read").status_code == 303
    assert "标为已看" not in client.get(f"{url}/messages", headers={"HX-Request": "true"}).text
    assert "<html" in client.get(f"{url}/messages").text


def test_a_file_travels_with_a_message(client: Client, deal: Deal) -> None:
    row = deal.in_state(EnquiryState.accepted)
    url = f"/enquiries/{row.id}"
    enter(client, deal.vendor)
    bad = {"file": ("示例.pdf", io.BytesIO(b"not a pdf"), "application/pdf")}
    refused = client.submit(url, {"message": "示例：报价见附件"}, action=f"{url}/uploads", files=bad)
    assert refused.status_code == 422
    assert "示例：报价见附件" in refused.text


def test_everybody_not_chosen_gets_a_reason_from_the_page(client: Client, deal: Deal) -> None:
    session = client.session
    row = deal.in_state(EnquiryState.accepted)
    key, need_id, version = row.id, deal.need.id, deal.need.version
    conclusion = needs.Conclusion(Outcome.none_suitable, "price")
    needs.conclude_need(session, deal.sme, need_id=need_id, version=version, conclusion=conclusion)
    service.end_of_need(session, need_id=need_id, outcome="none_suitable", chosen=[])
    number = deal.need.case_number
    enter(client, deal.sme)
    assert "1 家服务商等您一条理由" in client.get(f"/needs/{number}").text
    url = f"/workspace/needs/{need_id}/reasons"
    refused = client.submit(url, {f"reasons-{key.hex}-code": ""})
    assert refused.status_code == 422
    assert "请选一条理由" in refused.text
    done = client.submit(
        url, {f"reasons-{key.hex}-code": "other", f"reasons-{key.hex}-note": "示例：先修屋顶"}
    )
    assert done.status_code == 303
    enter(client, deal.vendor)
    assert "示例：先修屋顶" in client.get(f"/enquiries/{key}").text
    assert "没有服务商在等理由" in _as(client, deal.sme).get(url).text


def _as(client: Client, actor: Any) -> Client:
    enter(client, actor)
    return client


def test_strangers_get_404_and_staff_see_no_words_without_a_reason(client: Client, deal: Deal) -> None:
    row = deal.in_state(EnquiryState.accepted)
    url, desk = f"/enquiries/{row.id}", f"/desk/enquiries/{row.id}"
    other = Deal(client.session)
    for actor in (other.sme, other.vendor):
        enter(client, actor)
        assert client.get(url).status_code == 404
        assert client.get(f"{url}/messages").status_code == 404
        assert client.get(desk).status_code == 403
    as_staff(client)
    for path in (url, desk):
        assert ASKS not in client.get(path).text
    assert client.get(f"{url}/messages/export.xlsx").status_code == 403
    assert client.submit(desk, {"reason": "看"}, action=f"{desk}/open").status_code == 422
    opened = client.submit(desk, {"reason": "示例：企业投诉没有下文"}, action=f"{desk}/open")
    assert opened.status_code == 303
    assert ASKS in client.get(desk).text
    enter(client, deal.vendor)
    assert "示例：企业投诉没有下文" in client.get(url).text


def test_the_desk_moves_what_is_stuck(client: Client, deal: Deal) -> None:
    row = deal.ask()
    service.ask_help(client.session, deal.sme, enquiry_id=row.id)
    desk = f"/desk/enquiries/{row.id}"
    as_staff(client)
    assert desk in client.get("/desk/enquiries").text
    short = client.submit(desk, {"decision": "helped", "answer": "好"}, action=f"{desk}/decision")
    assert short.status_code == 422
    done = client.submit(
        desk, {"decision": "helped", "answer": "示例：已联系服务商"}, action=f"{desk}/decision"
    )
    assert done.status_code == 303
    assert desk not in client.get("/desk/enquiries").text
    assert deal.offering.title in client.get("/desk/enquiries/all?state=open").text
    sheet = load_workbook(io.BytesIO(client.get("/desk/enquiries/export.xlsx").content)).worksheets[0]
    cells = [str(cell) for line in sheet.iter_rows(values_only=True) for cell in line]
    assert deal.seller.organisation.name in " ".join(cells)
    assert ASKS not in " ".join(cells)


def test_lists_and_threads_are_sent_as_tables(client: Client, deal: Deal) -> None:
    row = deal.ask()
    key = row.id
    enter(client, deal.vendor)
    sheet = load_workbook(io.BytesIO(client.get("/enquiries/export.xlsx?tab=mine").content)).worksheets[0]
    assert [cell.value for cell in sheet[2]][2:5] == [
        deal.offering.title,
        deal.need.case_number,
        "厂名不公开",
    ]
    thread = load_workbook(io.BytesIO(client.get(f"/enquiries/{key}/messages/export.xlsx").content))
    assert ASKS in [cell.value for cell in thread.worksheets[0][2]]


def test_the_answers_behind_the_figure(client: Client, deal: Deal) -> None:
    deal.in_state(EnquiryState.declined)
    org = deal.seller.organisation.id
    page = client.get(f"/organisations/{org}").text
    assert "样本不足（1 条）" in page
    assert "/enquiries/answers/" not in page
    enter(client, deal.vendor)
    assert f"/enquiries/answers/{org}" in client.get(f"/organisations/{org}").text
    assert deal.offering.title in client.get(f"/enquiries/answers/{org}").text
    enter(client, deal.sme)
    assert client.get(f"/enquiries/answers/{org}").status_code == 404


def statements(client: Client, path: str) -> int:
    engine = client.app.state.runtime.database.engine
    seen: list[str] = []

    def note(_c: Any, _cu: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        assert client.get(path).status_code == 200
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len([text for text in seen if text.lstrip().upper().startswith("SELECT")])


def test_lists_ask_as_much_for_many_rows_as_for_few(client: Client, deal: Deal) -> None:
    def more(number: int) -> None:
        for _ in range(number):
            offering = make_offering(client.session, deal.seller)
            service.ask_vendor(
                client.session,
                Deal(client.session).sme,
                offering_id=offering.id,
                need_id=None,
                request=service.Request(ASKS),
            )

    more(2)
    row = deal.ask()
    paths = ["/enquiries", f"/enquiries/{row.id}", "/workspace"]
    enter(client, deal.vendor)
    few = {path: statements(client, path) for path in paths}
    more(18)
    for number in range(30):
        service.post_message(client.session, deal.sme, enquiry_id=row.id, message=f"示例：第 {number} 句")
    assert {path: statements(client, path) for path in paths} == few
    Deal(client.session).ask()
    as_staff(client)
    client.get("/desk/enquiries/all")  # the first request of a session also notes that it is alive
    before = statements(client, "/desk/enquiries/all")
    more(5)
    Deal(client.session).ask()  # the page still holds one with a need
    assert statements(client, "/desk/enquiries/all") == before


def test_buttons_stand_where_one_needs_them(client: Client, deal: Deal) -> None:
    number, need_id = deal.need.case_number, deal.need.id
    page = client.get(f"/needs/{number}").text
    assert f"/enquiries/offer?need={need_id}" in page
    enter(client, deal.vendor)
    sent = client.submit(
        f"/enquiries/offer?need={need_id}",
        {"offering_id": str(deal.offering.id), "message": "示例：我们能做"},
    )
    assert sent.status_code == 303
    assert "看我们的往来" in client.get(f"/needs/{number}").text
    enter(client, deal.sme)
    assert "谁来谈过" in client.get(f"/needs/{number}").text
    assert f"/enquiries/{uuid.UUID(int=0)}" not in page
