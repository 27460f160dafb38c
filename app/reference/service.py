"""Commands on reference rows: loading the package data, and the staff's edits of the dictionary."""

import uuid

from sqlalchemy.orm import Session

from app.core import audit, clock
from app.core.errors import Conflict, EditConflict, Invalid
from app.core.loaded import LoadReport, sync
from app.core.permissions import SYSTEM, Actor, Permission, require
from app.reference import policy as _policy  # noqa: F401  registers the room's rules
from app.reference import queries
from app.reference.data import datasets
from app.reference.models import DictionaryKind, DictionaryWord
from app.reference.schemas import DictionaryWordIn

audit.register_name("reference.data.loaded", "载入基础数据")
audit.register_name("reference.word.saved", "修改搜索词典")


def load_reference(session: Session, actor: Actor | None = None) -> LoadReport:
    """Load the package's reference data; a second run changes nothing, and staff's edits are kept."""
    report = LoadReport()
    for dataset in datasets():
        report.add(sync(session, dataset))
    if report.changed:
        audit.record(
            session,
            actor or SYSTEM,
            "reference.data.loaded",
            kind="reference",
            object_id="package",
            data={"inserted": report.inserted, "updated": report.updated, "kept": report.kept},
        )
    return report


def save_word(
    session: Session,
    actor: Actor,
    *,
    data: DictionaryWordIn,
    word_id: uuid.UUID | None = None,
) -> DictionaryWord:
    """Add or change a word of the search dictionary; raises Invalid, Conflict or EditConflict."""
    require(actor, Permission.reference_dictionary_edit)
    if data.kind is DictionaryKind.synonym and not data.synonyms:
        raise Invalid({"synonyms": "请至少填一个同义词，例如：设备管理 ↔ TPM"})
    if data.term in data.synonyms:
        raise Invalid({"synonyms": f"“{data.term}”就是词条本身，不用再填"})
    same = queries.find_dictionary_word(session, kind=data.kind, term=data.term)
    if same is not None and same.id != word_id:
        raise Conflict(f"词典里已有“{data.term}”，请直接修改那一条")
    if word_id is None:
        word = DictionaryWord(
            id=uuid.uuid4(), source="中心自编", confidence="composed", digest="", author=actor.name, version=0
        )
        session.add(word)
    else:
        word = queries.get_dictionary_word(session, word_id)
        if data.version is not None and data.version != word.version:
            theirs = {"term": word.term, "synonyms": word.synonyms, "is_active": word.is_active}
            raise EditConflict(yours=data.model_dump(mode="json"), theirs=theirs)
    word.kind, word.term, word.synonyms, word.is_active = data.kind, data.term, data.synonyms, data.is_active
    word.author, word.edited_by, word.edited_at = actor.name, actor.user_id, clock.now()
    word.version += 1
    audit.record(
        session,
        actor,
        "reference.word.saved",
        kind="dictionary_word",
        object_id=word.id,
        data={"term": word.term, "version": word.version, "active": word.is_active},
    )
    session.flush()
    return word
