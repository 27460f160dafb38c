"""Offerings in Chromium: rows added by script, pages that fit a phone, nothing axe objects to."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts import service as sign_ins
from app.accounts.models import User
from app.core import clock
from app.core.db import Database
from app.core.permissions import Role
from app.offerings import content, service
from app.offerings.models import Offering, OfferingState
from app.offerings.schemas import ReferenceForm
from tests.browser import checks
from tests.conftest import make_settings
from tests.factories.accounts import make_user
from tests.factories.offerings import case_content, make_content, make_offering, make_vendor
from tests.services.server import Server

pytestmark = pytest.mark.committed
COOKIE = "funeng"


@pytest.fixture
def rows(server: Server, server_settings: dict[str, str]) -> Iterator[Database]:
    opened = Database(
        make_settings(Path(server_settings["FUNENG_DATA_DIR"]), server_settings["FUNENG_DATABASE_URL"])
    )
    yield opened
    opened.dispose()


def enter(page: Page, server: Server, session: Session, user: User) -> None:
    person = accounts.get_user(session, user.id)
    token = sign_ins.start_session(
        session, person, ip="127.0.0.1", agent="test", second_factor_at=clock.now()
    )
    page.context.add_cookies([{"name": COOKIE, "value": token, "url": server.url}])


def sound(page: Page, *widths: int) -> None:
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        assert not checks.overflow(page), (page.url, width)
        if width < 640:
            assert not checks.small_targets(page), page.url
    assert not checks.axe(page), page.url


def test_a_vendor_writes_and_a_reviewer_lists(page: Page, server: Server, rows: Database):
    with rows.writing() as session:
        vendor = make_vendor(session)
        reviewer = make_user(session, Role.reviewer)
        listed = make_offering(session, vendor, cases=[case_content(), case_content()]).id
        enter(page, server, session, vendor.user)
    page.goto(f"{server.url}/workspace/offerings/new")
    page.get_by_label("名称", exact=False).first.wait_for()
    page.locator("#f-title").fill("示例注塑机开停监测")
    page.locator("#f-summary").fill("机器停了十分钟内有人知道")
    page.locator("#f-body").fill("电流钳夹在主电机线上，判断开停和空转，超时提醒班长和厂长。")
    page.locator("#f-product_class").select_option("生产制造")
    page.locator('input[name="scenario_codes[]"][value="S08"]').check()
    page.locator('input[name="pain_point_codes[]"][value="S08-1"]').check()
    page.locator("#f-go_live_days").fill("2")
    page.locator('input[name="condition_codes[]"][value="cloud"]').check()
    page.locator("#f-packages-0-title").fill("基本版")
    page.locator("#f-packages-0-price_min").fill("1.5")
    page.get_by_role("button", name="加一项明细").click()
    page.locator("#f-packages-0-components-0-title").fill("电流钳 10 只")
    page.locator("#f-packages-0-components-0-amount").fill("1.5")
    page.get_by_role("button", name="再加一个套餐").click()
    page.locator("#f-packages-1-title").wait_for()
    assert page.locator("#f-packages-0-price_min").input_value() == "1.5"
    page.get_by_role("button", name="去掉套餐 2").click()
    page.locator("#f-packages-1-title").wait_for(state="detached")
    sound(page, 1440, 390)
    page.get_by_role("button", name="保存，看看效果").click()
    page.get_by_role("button", name="提交审核").wait_for()
    sound(page, 1440, 390)
    page.get_by_role("button", name="提交审核").click()
    page.get_by_text("中心正在审核").wait_for()
    made = uuid.UUID(page.url.rsplit("/", 1)[1])
    page.goto(f"{server.url}/workspace/offerings")
    sound(page, 1440, 390)

    with rows.writing() as session:
        enter(page, server, session, reviewer)
    page.goto(f"{server.url}/desk/offerings")
    page.get_by_role("heading", name="示例注塑机开停监测").wait_for()
    sound(page, 1440, 390)
    page.set_viewport_size({"width": 1440, "height": 900})
    for box in page.locator('input[name="checks[]"]').all():
        box.check()
    page.get_by_role("button", name="定了，看下一件").click()
    page.get_by_text("没有等着审核的供给").wait_for()
    with rows.reading() as session:
        assert session.get(Offering, made).state is OfferingState.listed

    page.context.clear_cookies()
    page.goto(f"{server.url}/offerings/{listed}")
    sound(page, 1440, 390)
    page.emulate_media(media="print")
    assert page.locator(".no-print:visible").count() == 0


def test_chosen_offerings_go_along_and_stand_side_by_side(page: Page, server: Server, rows: Database):
    with rows.writing() as session:
        one = make_offering(session, make_vendor(session), title="示例甲方案").id
        other = make_offering(session, make_vendor(session), title="示例乙方案", go_live_days=30).id
    page.goto(f"{server.url}/offerings/{one}")
    page.get_by_label("对比：示例甲方案").check()
    assert "再选 1 项" in page.locator("[data-compare-text]").inner_text()
    page.goto(f"{server.url}/offerings/{other}")
    page.get_by_label("对比：示例乙方案").check()
    sound(page, 390)
    page.get_by_role("button", name="对比所选").click()
    page.wait_for_url("**/compare?*")
    assert page.locator("table.cmp thead th").count() == 2
    sound(page, 1440, 390)
    page.get_by_role("link", name="只看不同").click()
    assert page.get_by_text("多少天用起来").count() == 1
    assert page.get_by_text("培训几天").count() == 0
    page.locator(f'[data-compare-drop="{one}"]').click()
    page.goto(f"{server.url}/offerings/{one}")
    assert not page.get_by_label("对比：示例甲方案").is_checked()
    assert "已选 1 项「示例乙方案」" in page.locator("[data-compare-text]").inner_text()


def test_the_pages_beside_an_offering_are_sound(page: Page, server: Server, rows: Database):
    with rows.writing() as session:
        vendor = make_vendor(session)
        reviewer = make_user(session, Role.reviewer)
        row = make_offering(session, vendor, kind="equipment", product_class=None)
        service.update_offering(
            session,
            vendor.actor,
            offering_id=row.id,
            given=make_content(kind="equipment", product_class=None, exit_terms="随时停用，数据导出为表格"),
            version=1,
        )
        service.give_reference(
            session,
            vendor.actor,
            offering_id=row.id,
            given=ReferenceForm(
                case_key=content.case_key(row.cases[0]),
                contact_name="示例周厂长",
                contact_phone="023-6000 0000",
                consented=True,
            ),
        )
        offering_id = row.id
        enter(page, server, session, vendor.user)
    base = f"{server.url}/workspace/offerings"
    for path in (
        f"{base}/{offering_id}/media",
        f"{base}/{offering_id}/references",
        f"{base}/{offering_id}/first-of-kind",
        f"{server.url}/offerings/{offering_id}/history",
        f"{base}/import",
    ):
        page.goto(path)
        sound(page, 1440, 390)
    page.goto(f"{base}/new")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.locator("#points-S08 summary").click()
    page.locator('#points-S08 input[value="S08-1"]').check()
    with rows.reading() as session:
        enter(page, server, session, reviewer)
    for path in ("/desk/checks", "/desk/offerings/expiring"):
        page.goto(f"{server.url}{path}")
        sound(page, 1440, 390)
