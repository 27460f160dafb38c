"""Two hundred people press the same button at once, over HTTP on both databases: exactly one effect (R1, R3)."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import func, select

from app.accounts import service as accounts
from app.core import clock
from app.core.db import Database
from app.offerings.models import Offering
from app.organisations.models import Organisation
from tests.conftest import make_settings
from tests.factories.offerings import make_vendor
from tests.services.server import Server

pytestmark = pytest.mark.committed
CLIENTS, SUBMITS = 16, 200
HIDDEN = re.compile(r'name="(csrf_token|idempotency_key|version)" value="([^"]*)"')


@dataclass
class House:
    """A vendor's administrator, signed in, before a real server."""

    url: str
    token: str
    database: Database
    organisation: Organisation

    def client(self) -> httpx2.Client:
        return httpx2.Client(base_url=self.url, cookies={"funeng": self.token}, timeout=60)

    def hidden(self, path: str) -> dict[str, str]:
        with self.client() as client:
            return dict(HIDDEN.findall(client.get(path).text))

    def press(self, path: str, forms: list[dict[str, object]]) -> list[httpx2.Response]:
        """Post every form, `CLIENTS` at a time; a server that is busy is asked again, as a browser's user would."""
        clients = [self.client() for _ in range(CLIENTS)]

        def post(item: tuple[int, dict[str, object]]) -> httpx2.Response:
            number, form = item
            for _ in range(20):
                answer = clients[number % CLIENTS].post(path, data=form)
                if answer.status_code != 503:
                    break
            return answer

        try:
            with ThreadPoolExecutor(CLIENTS) as pool:
                return list(pool.map(post, enumerate(forms)))
        finally:
            for client in clients:
                client.close()


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    folder = tmp_path / "sqlite"
    settings = make_settings(folder, database_url)
    database = Database(settings)
    with database.writing() as session:
        vendor = make_vendor(session)
        token = accounts.start_session(
            session, vendor.user, ip="127.0.0.1", agent="test", second_factor_at=clock.now()
        )
        organisation = vendor.organisation
    given = {
        "FUNENG_ENV": "test",
        "FUNENG_DATA_DIR": str(folder),
        "FUNENG_DATABASE_URL": database_url,
        "FUNENG_RATE_FACTOR": "10000",
        "FUNENG_SECRET_KEY": "only-for-tests-0123456789-abcdefghij",
        "FUNENG_WORKER_IN_PROCESS": "false",
    }
    with Server(given, tmp_path / "server.log") as server:
        yield House(server.url, token, database, organisation)
    database.dispose()


def _offerings(house: House) -> int:
    with house.database.reading() as session:
        return session.scalar(select(func.count(Offering.id))) or 0


def test_one_form_pressed_two_hundred_times_is_one_offering(house: House) -> None:
    form = house.hidden("/workspace/offerings/new") | {"kind": "solution", "title": "示例：按了两百次"}
    answers = house.press("/workspace/offerings", [form] * SUBMITS)
    assert _offerings(house) == 1
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["location"] for answer in answers}) == 1


def test_control_two_hundred_forms_are_two_hundred_offerings(house: House) -> None:
    form = house.hidden("/workspace/offerings/new") | {"kind": "solution", "title": "示例：各填各的"}
    forms = [form | {"idempotency_key": f"key-number-{number}"} for number in range(20)]
    house.press("/workspace/offerings", forms)
    assert _offerings(house) == 20


def _edit(house: House, make: Callable[[int, dict[str, str]], dict[str, object]]) -> Counter[int]:
    base = house.hidden("/organisations/mine/edit")
    row = house.organisation
    fixed = {
        "credit_code": row.credit_code,
        "name": row.name,
        "capacities[]": ["vendor"],
        "district": row.district_slug,
        "industry": row.industry_code or "",
        "contact_name": "示例王工",
        "contact_mobile": "13800000000",
    }
    forms = [base | fixed | make(number, base) for number in range(SUBMITS)]
    return Counter(answer.status_code for answer in house.press("/organisations/mine/edit", forms))


def test_of_two_hundred_editors_one_saves_and_the_others_are_shown_the_change(house: House) -> None:
    answers = _edit(house, lambda number, _base: {"intro": f"示例：第 {number} 位写的介绍"})
    assert answers == {303: 1, 409: SUBMITS - 1}
    with house.database.reading() as session:
        assert session.get_one(Organisation, house.organisation.id).version == 2
