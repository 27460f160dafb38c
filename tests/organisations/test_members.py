"""Invitations, handing over, leaving: whoever holds the link, and always an admin left."""

import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy.orm import Session

from app.accounts import queries as people
from app.accounts import service as accounts
from app.accounts.models import Invitation, InvitationState, Membership, MembershipState, User
from app.core import clock, outgoing
from app.core.audit import AuditEvent
from app.core.db import Database, settings_of
from app.core.errors import AppError, Conflict, Forbidden, NotFound
from app.core.messages import Message
from app.core.outgoing import Channel
from app.core.permissions import Actor, Role
from app.organisations.models import Organisation
from app.organisations.service import change_member_role, inviting, remove_member
from tests.factories.accounts import actor_of, make_user, sign_in
from tests.factories.organisations import acting_for, add_member, make_organisation
from tests.services.client import Client

TO = "xin@example.cn"


def house(session: Session) -> tuple[Organisation, User, Actor]:
    organisation = make_organisation(session)
    user = add_member(session, organisation)
    return organisation, user, acting_for(user, organisation)


def link_of(session: Session, to: str = TO) -> str:
    """The path in the letter that went out."""
    letter = outgoing.list_latest(session, to=to)[0]
    body = outgoing.body_of(settings_of(session), letter)
    assert body is not None
    found = re.search(r"/invitations/[\w-]+", body.text)
    assert found is not None
    return found.group()


def token_in(path: str) -> str:
    return path.rsplit("/", 1)[1]


class TestCommands:
    def test_the_letter_goes_to_mail_or_sms_and_the_token_is_not_stored(self, session: Session):
        _organisation, _user, actor = house(session)
        for to, channel in ((TO, Channel.mail), ("13611110000", Channel.sms)):
            row = inviting.invite(session, actor, login=to, role=Role.member)
            letter = outgoing.list_latest(session, to=to)[0]
            assert letter.channel is channel
            assert letter.secret
            token = token_in(link_of(session, to))
            assert len(token) == 43
            assert token not in letter.text
            assert token not in repr(row.__dict__)

    def test_a_new_one_to_the_same_address_ends_the_old(self, session: Session):
        _organisation, _user, actor = house(session)
        inviting.invite(session, actor, login=TO, role=Role.member)
        first = token_in(link_of(session))
        with clock.frozen(clock.now() + timedelta(minutes=1)):
            inviting.invite(session, actor, login=TO, role=Role.organisation_admin)
            assert (
                accounts.get_invitation(session, token_in(link_of(session))).role is Role.organisation_admin
            )
        with pytest.raises(NotFound):
            accounts.get_invitation(session, first)

    def test_it_works_once_and_for_seven_days(self, session: Session):
        organisation, _user, actor = house(session)
        inviting.invite(session, actor, login=TO, role=Role.member)
        token = token_in(link_of(session))
        with clock.frozen(clock.now() + timedelta(days=7, seconds=1)), pytest.raises(NotFound):
            accounts.get_invitation(session, token)
        guest = make_user(session)
        membership = accounts.accept_invitation(session, actor_of(guest), token=token)
        assert (membership.organisation_id, membership.role) == (organisation.id, Role.member)
        with pytest.raises(NotFound):
            accounts.accept_invitation(session, actor_of(make_user(session)), token=token)

    def test_somebody_who_asked_already_is_let_in(self, session: Session):
        organisation, _user, actor = house(session)
        guest = add_member(session, organisation, None, Role.member, MembershipState.requested)
        inviting.invite(session, actor, login=TO, role=Role.organisation_admin)
        accounts.accept_invitation(session, actor_of(guest), token=token_in(link_of(session)))
        held = people.find_membership(session, guest.id, organisation.id)
        assert held is not None
        assert (held.state, held.role) == (MembershipState.active, Role.organisation_admin)

    def test_platform_people_cannot_accept(self, session: Session):
        _organisation, _user, actor = house(session)
        inviting.invite(session, actor, login=TO, role=Role.member)
        token = token_in(link_of(session))
        with pytest.raises(Conflict, match="不能同时代表"):
            accounts.accept_invitation(session, actor_of(make_user(session, Role.reviewer)), token=token)

    def test_a_member_or_another_houses_admin_cannot_invite_or_revoke(self, session: Session):
        organisation, _user, actor = house(session)
        row = inviting.invite(session, actor, login=TO, role=Role.member)
        colleague = add_member(session, organisation, role=Role.member)
        plain = acting_for(colleague, organisation, Role.member)
        with pytest.raises(Forbidden):
            inviting.invite(session, plain, login="x@example.cn", role=Role.member)
        _other, _stranger, foreign = house(session)
        with pytest.raises(NotFound):
            inviting.revoke(session, foreign, invitation_id=row.id)
        inviting.revoke(session, actor, invitation_id=row.id)
        with pytest.raises(NotFound):
            accounts.get_invitation(session, token_in(link_of(session)))
        with pytest.raises(Conflict, match="已经答复"):
            inviting.revoke(session, actor, invitation_id=row.id)

    @pytest.mark.parametrize("removed", [True, False])
    def test_who_loses_the_rights_loses_the_invitations_sent(self, session: Session, removed: bool):
        organisation, _user, actor = house(session)
        former = add_member(session, organisation)
        inviting.invite(session, acting_for(former, organisation), login=TO, role=Role.organisation_admin)
        kept = inviting.invite(session, actor, login="liu@example.cn", role=Role.member)
        membership = people.find_membership(session, former.id, organisation.id)
        assert membership is not None
        if removed:
            remove_member(session, actor, membership_id=membership.id)
        else:
            change_member_role(session, actor, membership_id=membership.id, role=Role.member)
        session.flush()
        with pytest.raises(NotFound):
            accounts.accept_invitation(
                session, actor_of(make_user(session)), token=token_in(link_of(session))
            )
        assert [row.id for row in people.list_open_invitations(session, organisation.id)] == [kept.id]

    def test_nobodys_mailbox_is_filled_from_many_organisations(self, client: Client):
        page, action = "/organisations/mine/members", "/organisations/mine/invitations"
        for number in range(6):
            _organisation, user, _actor = house(client.session)
            sign_in(client, user)
            answer = client.submit(page, {"login": TO, "role": "member"}, action=action)
            assert answer.status_code == (303 if number < 5 else 429)

    def test_a_member_is_not_invited_again(self, session: Session):
        organisation, _user, actor = house(session)
        add_member(session, organisation, make_user(session, login=TO), Role.member)
        with pytest.raises(Conflict, match="已经是成员"):
            inviting.invite(session, actor, login=TO, role=Role.member)

    def test_thirty_open_ones_are_enough(self, session: Session):
        _organisation, _user, actor = house(session)
        for number in range(30):
            inviting.invite(session, actor, login=f"n{number}@example.cn", role=Role.member)
        with pytest.raises(Conflict, match="30"):
            inviting.invite(session, actor, login=TO, role=Role.member)

    def test_the_last_admin_neither_leaves_nor_is_demoted(self, session: Session):
        organisation, user, actor = house(session)
        own = people.find_membership(session, user.id, organisation.id)
        assert own is not None
        add_member(session, organisation, role=Role.member)
        with pytest.raises(Conflict, match="最后一位管理员"):
            inviting.leave(session, actor)
        with pytest.raises(Conflict, match="至少要有一位"):
            change_member_role(session, actor, membership_id=own.id, role=Role.member)
        with pytest.raises(Conflict, match="至少要有一位"):
            remove_member(session, actor, membership_id=own.id)

    def test_handing_over_swaps_the_roles_and_then_one_may_leave(self, session: Session):
        organisation, user, actor = house(session)
        heir = add_member(session, organisation, role=Role.member)
        theirs = people.find_membership(session, heir.id, organisation.id)
        mine = people.find_membership(session, user.id, organisation.id)
        assert theirs is not None
        assert mine is not None
        inviting.hand_over(session, actor, membership_id=theirs.id)
        assert (mine.role, theirs.role) == (Role.member, Role.organisation_admin)
        inviting.leave(session, acting_for(user, organisation, Role.member))
        assert mine.state is MembershipState.ended
        with pytest.raises(Conflict, match="另一位成员"):
            inviting.hand_over(session, acting_for(heir, organisation), membership_id=theirs.id)

    def test_handing_over_outside_ones_house_is_not_found(self, session: Session):
        _organisation, _user, actor = house(session)
        other, stranger, _foreign = house(session)
        theirs = people.find_membership(session, stranger.id, other.id)
        assert theirs is not None
        with pytest.raises(NotFound):
            inviting.hand_over(session, actor, membership_id=theirs.id)


@pytest.mark.parametrize("backend", ["sqlite", "postgres"])
class TestPages:
    def test_from_the_invitation_to_the_workspace(self, client: Client):
        organisation, user, _actor = house(client.session)
        sign_in(client, user)
        page = "/organisations/mine/members"
        sent = client.submit(page, {"login": TO, "role": "member"}, action="/organisations/mine/invitations")
        assert sent.status_code == 303
        assert TO in client.get(page).text
        path = link_of(client.session)
        client.cookies.clear()
        shown = client.get(path)
        assert organisation.name in shown.text
        assert "/register?next=" in shown.text
        guest = make_user(client.session, name="示例新人")
        sign_in(client, guest)
        accepted = client.submit(path, action=f"{path}/accept")
        assert accepted.headers["location"] == "/workspace"
        assert client.get("/api/v1/me").json()["organisation"]["id"] == str(organisation.id)
        assert client.get(path).status_code == 404
        told = client.session.query(Message).filter(Message.name == "accounts.invitation.accepted").one()
        assert told.organisation_id == organisation.id
        assert TO not in repr(told.payload)
        rows = client.session.query(AuditEvent).filter(AuditEvent.name.startswith("accounts.invitation"))
        assert {row.name for row in rows} == {"accounts.invitation.sent", "accounts.invitation.accepted"}
        assert all(TO not in repr(row.data) for row in rows)

    def test_declining_needs_no_account(self, client: Client):
        _organisation, _user, actor = house(client.session)
        inviting.invite(client.session, actor, login=TO, role=Role.member)
        path = link_of(client.session)
        assert client.submit(path, action=f"{path}/decline").status_code == 303
        row = client.session.query(Invitation).one()
        assert (row.state, row.answered_by) == (InvitationState.declined, None)
        assert client.get(path).status_code == 404

    def test_a_wrong_address_is_said_at_the_field(self, client: Client):
        _organisation, user, _actor = house(client.session)
        sign_in(client, user)
        refused = client.submit(
            "/organisations/mine/members",
            {"login": "哪里", "role": "member"},
            action="/organisations/mine/invitations",
        )
        assert refused.status_code == 422
        assert "请填手机号" in refused.text
        assert "哪里" in refused.text

    def test_leaving_moves_the_session_to_the_other_house(self, client: Client):
        first, user, _actor = house(client.session)
        second = make_organisation(client.session, name="示例第二家有限公司")
        add_member(client.session, first)
        add_member(client.session, second, user, Role.member)
        sign_in(client, user)
        me = client.get("/api/v1/me").json()
        other = second if me["organisation"]["id"] == str(first.id) else first
        assert f"/organisations/{other.id}/act" in client.get("/").text  # one click in the menu
        left = client.submit("/organisations/mine/members", action="/organisations/mine/leave")
        assert left.status_code == 303
        after = client.get("/api/v1/me").json()
        assert after["organisation"]["id"] == str(other.id)
        assert "换一家代表" not in client.get("/").text

    def test_who_acts_for_nobody_finds_no_members(self, client: Client):
        sign_in(client, make_user(client.session))
        assert client.get("/organisations/mine/members").status_code == 404


@pytest.mark.committed
class TestRaces:
    @pytest.mark.parametrize("protected", [True, False])
    def test_two_admins_leaving_at_once(
        self, database: Database, monkeypatch: pytest.MonkeyPatch, protected: bool
    ):
        """Exactly one may go; without the lock, on PostgreSQL, both would: the control."""
        if not protected:
            if database.is_sqlite:
                return  # it writes one after the other whatever we do: there is no control to run
            monkeypatch.setattr(people, "lock_admins", _unlocked)
        with database.writing() as session:
            organisation, first, _actor = house(session)
            second = add_member(session, organisation)
            actors = [acting_for(user, organisation) for user in (first, second)]

        barrier = Barrier(2)

        def leave(actor: Actor) -> bool:
            try:
                with database.writing() as own:
                    inviting.leave(own, actor)
                    if not protected:
                        barrier.wait(5)
            except AppError:
                return False
            return True

        with ThreadPoolExecutor(2) as pool:
            gone = list(pool.map(leave, actors))
        assert sum(gone) == (1 if protected else 2)


def _unlocked(session: Session, organisation_id: uuid.UUID) -> list[Membership]:
    rows = people.list_memberships(session, organisation_id, MembershipState.active)
    return [row for row in rows if row.role is Role.organisation_admin]


@pytest.mark.committed
def test_two_people_with_one_link(database: Database):
    """A forwarded link lets exactly one in; the other one is told that it is used."""
    with database.writing() as session:
        organisation, _user, actor = house(session)
        inviting.invite(session, actor, login=TO, role=Role.member)
        token = token_in(link_of(session))
        guests = [actor_of(make_user(session)) for _ in range(4)]
    barrier = Barrier(len(guests))

    def accept(guest: Actor) -> bool:
        barrier.wait(5)
        try:
            with database.writing() as own:
                accounts.accept_invitation(own, guest, token=token)
        except NotFound:
            return False
        return True

    with ThreadPoolExecutor(len(guests)) as pool:
        let_in = list(pool.map(accept, guests))
    assert sum(let_in) == 1
    with database.reading() as session:
        members = people.list_memberships(session, organisation.id, MembershipState.active)
    assert len(members) == 2
