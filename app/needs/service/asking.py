"""Public questions on a published need: asked by verified vendors, answered once for all, hidden by staff with a reason."""

import hashlib
import unicodedata
import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.core import audit, clock
from app.core.errors import Conflict, EditConflict, Invalid
from app.core.permissions import Actor, Permission, require
from app.needs import masking, queries, rule
from app.needs.models import Need, NeedQuestion, NeedState, QuestionState
from app.needs.service import news
from app.organisations import queries as organisations

audit.register_name("needs.question.asked", "在需求下公开提问")
audit.register_name("needs.question.answered", "答复公开提问")
audit.register_name("needs.question.hidden", "隐藏公开提问")

MOST_OPEN = 3
SHORTEST, QUESTION, ANSWER = 5, 300, 1000
US = "我方"


def closes_at(need: Need, rules: dict[str, Any]) -> datetime | None:
    """Return until when questions are taken: fixed days before the need ends. Rule: 中心规则."""
    if need.expires_at is None:
        return None
    return need.expires_at - timedelta(days=int(rules[rule.QUESTIONS_CLOSE]))


def is_taking(need: Need, rules: dict[str, Any]) -> bool:
    """Return whether the need takes questions now."""
    closing = closes_at(need, rules)
    return need.state is NeedState.published and closing is not None and clock.now() < closing


def ask_question(session: Session, actor: Actor, *, need_id: uuid.UUID, text: str) -> NeedQuestion:
    """Ask in public, without one's name; the same words again are the same question.

    Raises:
        Conflict: the time for questions is over, or three of this organisation's questions wait for an answer.

    """
    need = queries.get_for_change(session, actor, need_id)
    require(actor, Permission.needs_question_ask, need)
    if actor.organisation_id is None:
        raise Conflict("先登记您的单位")
    if len(text) < SHORTEST:
        raise Invalid({"text": f"至少写 {SHORTEST} 个字，例如：冲床控制柜里有没有 24 伏电源"})
    digest = _digest(text)
    known = queries.find_same_question(
        session, need_id=need.id, organisation_id=actor.organisation_id, digest=digest
    )
    if known is not None:
        return known
    if not is_taking(need, rule.load_rules(session)):
        raise Conflict("提问已经截止，可以在「意向」里直接问企业")
    waiting = queries.count_open_questions_of(session, need_id=need.id, organisation_id=actor.organisation_id)
    if waiting >= MOST_OPEN:
        raise Conflict(f"您有 {MOST_OPEN} 个提问还没答复，等一等再问")
    kept, kinds = _clean(session, need, text, asker=actor.organisation_id)
    question = NeedQuestion(
        id=uuid.uuid4(),
        need_id=need.id,
        organisation_id=actor.organisation_id,
        asked_by=actor.user_id,
        asked_at=clock.now(),
        text=kept,
        digest=digest,
        masked=list(kinds),
    )
    session.add(question)
    audit.record(session, actor, "needs.question.asked", kind="need", object_id=need.id, data=_ref(question))
    news.tell_owner(session, need, "needs.question.asked", mark=question.id)
    session.flush()
    return question


def answer_question(
    session: Session, actor: Actor, *, need_id: uuid.UUID, question_id: uuid.UUID, version: int, text: str
) -> NeedQuestion:
    """Answer once for everybody who sees the need; who asked and who is interested get a message.

    Raises:
        Conflict: it has its answer, or was hidden.

    """
    need = queries.get_for_change(session, actor, need_id)
    require(actor, Permission.needs_question_answer, need)
    question = queries.get_question(session, actor, need, question_id)
    if question.state is not QuestionState.open:
        raise Conflict("这个提问已经答过或者被隐藏了")
    _check(question, version)
    if len(text) < 2:
        raise Invalid({"answer": "请写答复；不知道也可以说「要现场看」"})
    kept, kinds = _clean(session, need, text)
    question.answer, question.masked = kept, sorted({*question.masked, *kinds})
    question.state, question.answered_at = QuestionState.answered, clock.now()
    question.answered_by, question.by_staff = actor.user_id, actor.is_staff
    question.version += 1
    audit.record(
        session, actor, "needs.question.answered", kind="need", object_id=need.id, data=_ref(question)
    )
    told = {question.organisation_id, *queries.list_asking_ids(session, need.id)}
    told |= set(queries.list_interested_ids(session, need.id))
    news.tell(
        session,
        need,
        "needs.question.answered",
        sorted(told - {need.organisation_id, actor.organisation_id}),
        mark=question.id,
    )
    session.flush()
    return question


def hide_question(
    session: Session, actor: Actor, *, need_id: uuid.UUID, question_id: uuid.UUID, version: int, reason: str
) -> NeedQuestion:
    """Take a question off the page with a reason, which its asker reads."""
    need = queries.get_for_change(session, actor, need_id)
    require(actor, Permission.needs_question_hide, need)
    question = queries.get_question(session, actor, need, question_id)
    if question.state is QuestionState.hidden:
        return question
    _check(question, version)
    if len(reason) < 2:
        raise Invalid({"reason": "写一句为什么，提问的单位会读到"})
    question.state, question.hidden_at = QuestionState.hidden, clock.now()
    question.hidden_by, question.hidden_reason = actor.user_id, reason
    question.version += 1
    audit.record(session, actor, "needs.question.hidden", kind="need", object_id=need.id, data=_ref(question))
    news.tell(
        session,
        need,
        "needs.question.hidden",
        [question.organisation_id],
        mark=question.id,
    )
    session.flush()
    return question


def _clean(
    session: Session, need: Need, text: str, *, asker: uuid.UUID | None = None
) -> tuple[str, tuple[str, ...]]:
    """Hide contact details, the factory's name while it is hidden, and the asker's own name."""
    ids = [need.organisation_id, *([asker] if asker else [])]
    rows = {row.id: row for row in organisations.list_by_ids(session, ids)}
    owner = rows[need.organisation_id]
    names = masking.name_variants(owner.name, owner.short_name) if need.hide_name else ()
    kept, kinds = masking.clean(text, names)
    if asker is not None:
        own = masking.name_variants(rows[asker].name, rows[asker].short_name)
        kept, more = masking.clean(kept, own, ours=US)
        kinds = tuple(sorted({*kinds, *more}))
    return kept, kinds


def _check(question: NeedQuestion, version: int) -> None:
    if question.version != version:
        raise EditConflict(
            yours={"version": version},
            theirs={"version": question.version, "state": question.state.value},
            message="这个提问刚被处理过，请看过再继续",
        )


def _digest(text: str) -> str:
    plain = "".join(char for char in unicodedata.normalize("NFKC", text).lower() if char.isalnum())
    return hashlib.sha256(plain.encode()).hexdigest()


def _ref(question: NeedQuestion) -> dict[str, str]:
    return {"question": str(question.id)}
