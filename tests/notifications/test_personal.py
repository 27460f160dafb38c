"""A person's copy holds their settings and letters; deletion leaves nothing of them."""

from typing import Any

from sqlalchemy.orm import Session

from app.core import outgoing
from app.core.outgoing import Channel, Letter
from app.notifications import personal, service
from app.notifications.models import DigestItem, MailPace, NoticeMark, Preference
from tests.factories.accounts import actor_of
from tests.notifications.conftest import reachable, tell


def test_the_copy_and_the_deletion(session: Session) -> None:
    users = [reachable(session, f"{name}@example.com") for name in ("li", "wang")]
    for user in users:
        actor = actor_of(user)
        service.save_preferences(session, actor, mail={"needs": MailPace.daily}, sms=frozenset())
        row = tell(session, user_id=user.id)
        service.mark_read(session, actor, message_id=row.id)
        session.add(DigestItem(user_id=user.id, message_id=row.id))
        assert user.email is not None
        outgoing.post(session, Channel.mail, user.email, text="信", key=f"a{user.id}")
        outgoing.post(session, Channel.mail, user.email, text="482913", key=f"b{user.id}", secret=True)
    session.flush()
    tables = personal.collect(session, users[0].id)
    assert len(tables["看过的通知"]) == 1
    assert {row["内容"] for row in tables["发出的邮件和短信"]} == {"信", "验证码或登录链接，不保存"}
    assert {row["事项"]: row["邮件"] for row in tables["通知设置"]}["需求"] == "每天一封"
    for _ in range(2):
        personal.erase(session, users[0].id)
    assert {row.recipient for row in session.query(Letter).all()} == {"wang@example.com"}
    kept: tuple[type[Any], ...] = (NoticeMark, DigestItem)
    for model in kept:
        assert [row.user_id for row in session.query(model).all()] == [users[1].id]
    assert {row.user_id for row in session.query(Preference).all()} == {users[1].id}
