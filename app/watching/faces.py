"""What a person knows of a watched object, and what changed since: state, price, term, words."""

import uuid
from collections.abc import Iterable
from typing import Any

from sqlalchemy.orm import Session

from app.core.permissions import Actor
from app.indexing.queries import load_cards
from app.organisations.models import STATE_LABELS
from app.watching.models import Kind
from app.watching.queries import marks
from search.types import Ref

GONE = {"state": "gone"}
SAID = {"price": "价格", "term": "上线天数", "title": "名称", "state": "状态"}
Key = tuple[Kind, uuid.UUID]


def look(session: Session, actor: Actor, keys: Iterable[Key]) -> dict[Key, dict[str, Any]]:
    """Return the faces of those objects that the actor may see now, in a fixed number of queries.

    `label` is what the object may be called in a message: a need by its case number, the others by their name;
    `shown` is for this page alone and never stored.
    """
    wanted = list(dict.fromkeys(keys))
    refs = [Ref(kind.value, str(key)) for kind, key in wanted if kind is not Kind.organisation]
    found: dict[Key, dict[str, Any]] = {}
    cards = load_cards(session, actor, refs)
    numbers = marks.case_numbers(session, [key for kind, key in wanted if kind is Kind.need])
    for ref, card in cards.items():
        kind, key = Kind(ref.kind), uuid.UUID(ref.id)
        found[(kind, key)] = {
            "label": numbers.get(key) or "需求" if kind is Kind.need else card.title,
            "title": "" if kind is Kind.need else card.title,
            "shown": card.title,
            "url": card.url,
            "price": card.price,
            "term": card.term,
            "state": "there",
        }
    houses = [key for kind, key in wanted if kind is Kind.organisation]
    if houses:
        for key, row in marks.visible_organisations(session, actor, houses).items():
            found[(Kind.organisation, key)] = {
                "label": row.name,
                "title": row.name,
                "shown": row.name,
                "url": f"/organisations/{key}",
                "price": "",
                "term": "",
                "state": STATE_LABELS[row.state],
            }
    for kind in {kind for kind, _key in found}:
        for key, (_stamp, version) in marks.stamps(
            session, kind, [key for other, key in found if other is kind]
        ).items():
            found[(kind, key)]["version"] = version
    return found


def stored(face: dict[str, Any]) -> dict[str, Any]:
    """Return what a mark may keep of a face: nothing that its watcher might lose the right to read."""
    return {key: value for key, value in face.items() if key != "shown"}


def compare(before: dict[str, Any], now: dict[str, Any] | None) -> list[dict[str, str]]:
    """Return what changed in words: `[{"what", "before", "now"}]`; one general line when the row was edited otherwise."""
    if now is None:
        if before.get("state") == "gone":
            return []
        return [{"what": "状态", "before": "可以看到", "now": "已不公开"}]
    if before.get("state") == "gone":
        return [{"what": "状态", "before": "不公开", "now": "又可以看到了"}]
    if before == now:
        return []
    changes = [
        {"what": words, "before": str(before.get(key) or "没有写"), "now": str(now.get(key) or "没有写")}
        for key, words in SAID.items()
        if before.get(key) != now.get(key)
    ]
    if not changes and before.get("version") != now.get("version"):
        changes = [{"what": "内容", "before": "", "now": "有更新"}]
    return changes
