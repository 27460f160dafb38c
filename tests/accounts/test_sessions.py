"""One's sessions, and how fast a change of rights takes effect (RELIABILITY A8, S6)."""

import uuid

import pytest

from app.accounts import queries
from app.accounts.device import place_of
from app.accounts.models import MembershipState, UserState
from app.core.permissions import Role
from app.core.security import token_hash
from tests.factories.accounts import make_user, sign_in
from tests.factories.organisations import add_member, make_organisation
from tests.services.client import Client


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("113.204.8.9", "网络 113.204.*.*"),
        ("127.0.0.1", "本机"),
        ("192.168.3.4", "内网 192.168.*.*"),
        ("240e:1234:5678:9::1", "网络 240e:1234:5678:*"),
        ("testclient", "未知网络"),
        ("", "未知网络"),
    ],
)
def test_a_place_is_the_network_and_not_the_address(address: str, words: str):
    assert place_of(address) == words


@pytest.mark.parametrize("backend", ["sqlite", "postgres"])
class TestSessions:
    def test_one_session_is_ended_and_the_others_go_on(self, client: Client):
        user = make_user(client.session)
        first, second = sign_in(client, user), sign_in(client, user)
        mine = sign_in(client, user)
        page = client.get("/account").text
        assert page.count("正在用") == 1
        rows = {row.token_hash: row.id for row in queries.list_sessions(client.session, user.id)}
        ended = rows[token_hash(first)]
        assert f"/account/sessions/{rows[token_hash(mine)]}/end" not in page
        done = client.submit("/account", action=f"/account/sessions/{ended}/end")
        assert done.status_code == 303
        for token, signed_in in ((first, False), (second, True), (mine, True)):
            _use(client, token)
            assert client.get("/api/v1/me").json()["signed_in"] is signed_in
        csrf = client.get("/api/v1/me").json()["csrf_token"]
        again = client.post(f"/account/sessions/{ended}/end", data={"csrf_token": csrf})
        assert again.status_code == 404

    def test_another_persons_session_is_not_found(self, client: Client):
        victim = make_user(client.session)
        token = sign_in(client, victim)
        theirs = queries.list_sessions(client.session, victim.id)[0].id
        sign_in(client, make_user(client.session))
        csrf = client.get("/api/v1/me").json()["csrf_token"]
        for target in (theirs, uuid.uuid4()):
            answer = client.post(f"/account/sessions/{target}/end", data={"csrf_token": csrf})
            assert answer.status_code == 404
        _use(client, token)
        assert client.get("/api/v1/me").json()["signed_in"] is True

    @pytest.mark.parametrize("how", ["demoted", "left", "disabled", "role taken"])
    def test_a_change_of_rights_counts_at_the_next_request(self, client: Client, how: str):
        if how == "role taken":
            user = make_user(client.session, Role.operator)
            path = "/desk/act-for"
        else:
            organisation = make_organisation(client.session)
            user = add_member(client.session, organisation)
            path = "/organisations/mine/edit"
        sign_in(client, user)
        assert client.get(path).status_code == 200
        person = queries.get_user(client.session, user.id)
        if how == "disabled":
            person.state = UserState.disabled
        elif how == "role taken":
            client.session.delete(person.grants[0])
        elif how == "left":
            person.memberships[0].state = MembershipState.ended
        else:
            person.memberships[0].role = Role.member
        assert client.get(path).status_code == (303 if how == "disabled" else 403)


def _use(client: Client, token: str) -> None:
    client.cookies.clear()
    client.cookies.set("funeng", token, domain=client.base_url.host)
