"""The front page answers a sentence without an account, and keeps the sentence out of every address."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from app.core.settings import Settings
from app.main import create_app
from tests.services import databases
from tests.services.client import Client, find_forms

SENTENCE = "夜班冲床停了没人知道，早上才发现"


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The application on a copy of what `make setup` leaves, without a worker."""
    given = databases.demo_data(tmp_path_factory.mktemp("front") / "data")
    settings = Settings(
        env="test", data_dir=given["FUNENG_DATA_DIR"], worker_in_process=False, rate_factor=1000
    )
    with TestClient(create_app(settings), base_url=settings.public_url, follow_redirects=False) as client:
        yield client


def _submit(client: TestClient, page: str, action: str, data: dict[str, str]):
    fields = next(form.fields for form in find_forms(client.get(page).text) if form.action == action)
    return client.post(action, data={**fields, **data})


def test_the_front_page_stands_before_anything_is_listed(client: Client) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert "一句话说出您的难处" in page.text
    assert len(page.content) < 60_000


def test_a_sentence_gets_a_ranked_explained_list(ready: TestClient) -> None:
    answer = _submit(ready, "/", "/match", {"text": SENTENCE})
    assert answer.status_code == 200
    assert "设备停机无人知晓" in answer.text
    assert answer.text.count('<article class="match"') >= 3
    assert "匹配分" in answer.text
    assert SENTENCE not in str(answer.url)
    # the sentence goes on into a need draft
    started = _submit(ready, "/needs/new", "/needs/start", {"text": SENTENCE})
    assert started.status_code == 303
    assert started.headers["location"].startswith("/register")
    assert SENTENCE not in started.headers["location"]


def test_a_telephone_number_is_masked_before_anything_else(ready: TestClient) -> None:
    answer = _submit(ready, "/", "/match", {"text": "仓库老是找不到料，电话13900000000"})
    assert "联系方式已隐去" in answer.text
    assert answer.text.count("13900000000") <= 1  # only in the visitor's own box


@pytest.mark.parametrize(
    "text", ["", "？？？", "a" * 2000, "How to comply with EU CBAM?", "<script>alert(1)</script>"]
)
def test_junk_gets_a_helpful_answer(client: Client, text: str) -> None:
    answer = client.submit("/", {"text": text}, action="/match")
    assert answer.status_code == 200
    assert "<script>alert(1)" not in answer.text


def test_examples_work_without_a_script(client: Client) -> None:
    answer = client.submit("/", {"text": "", "example": "1"}, action="/match")
    assert "急单一插" in answer.text


@pytest.mark.parametrize("number", ["²", "9" * 5000])
def test_a_number_that_is_none_is_no_crash(client: Client, number: str) -> None:
    assert client.submit("/", {"text": "", "example": number}, action="/match").status_code == 200
    assert client.get("/search", params={"page": number}).status_code == 200


@pytest.mark.parametrize(
    "path", ["/terms", "/privacy", "/search", "/policies", "/sign-in", "/register", "/needs/new"]
)
def test_every_public_page_carries_what_the_law_asks_for(client: Client, path: str) -> None:
    page = client.get(path).text
    for needed in ("用户协议", "隐私政策", "备案号", "中心电话"):
        assert needed in page


@pytest.mark.parametrize("path", ["/workspace", "/desk"])
def test_homes_ask_a_visitor_to_sign_in(client: Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?next={path}")
