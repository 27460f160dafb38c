"""The policy pages, read by a visitor."""

from app.core.permissions import ANONYMOUS
from app.policies import queries
from app.policies.models import PolicyState
from tests.services.client import Client


def test_the_list_names_every_policy(client: Client):
    answer = client.get("/policies")
    assert answer.status_code == 200
    for row in queries.list_policies(client.session, ANONYMOUS):
        assert row.name in answer.text
    assert "部分内容待与原文核对" in answer.text


def test_the_list_by_level(client: Client):
    answer = client.get("/policies", params={"level": "区级"})
    assert "两江新区工业技改支持政策" in answer.text
    assert "技改专项贷" not in answer.text
    assert client.get("/policies", params={"level": "乡级"}).status_code == 422


def test_a_policy_is_readable_with_its_source(client: Client):
    answer = client.get("/policies/cq-jgzxd-20")
    assert answer.status_code == 200
    for words in (
        "渝经信规范〔2024〕11号",
        "2024年5月",
        "企业实际项目贷款利率的50%",
        "以当年申报通知为准",
        "来源",
        "已在来源中核到",
    ):
        assert words in answer.text
    assert "不得编造" not in answer.text
    assert "style=" not in answer.text


def test_every_policy_page_opens(client: Client):
    for row in list(queries.list_policies(client.session, ANONYMOUS)):
        assert client.get(f"/policies/{row.slug}").status_code == 200


def test_a_withdrawn_or_unknown_policy_is_not_found(client: Client):
    assert client.get("/policies/none").status_code == 404
    row = queries.get_policy(client.session, ANONYMOUS, "cq-wlgc")
    row.state = PolicyState.withdrawn
    client.session.flush()
    assert client.get("/policies/cq-wlgc").status_code == 404
