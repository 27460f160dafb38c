"""Commands on reference rows: loading the package data, and the staff's edits of the dictionary."""

import uuid

from sqlalchemy.orm import Session

from app.core import audit, clock, parameters
from app.core.errors import Conflict, EditConflict, Invalid, NotFound
from app.core.loaded import LoadReport, sync
from app.core.permissions import SYSTEM, Actor, Permission, require
from app.reference import policy as _policy  # noqa: F401  registers the room's rules
from app.reference import queries, rules
from app.reference.data import datasets
from app.reference.models import DictionaryKind, DictionaryWord
from app.reference.schemas import DictionaryWordIn, ParameterIn

audit.register_name("reference.data.loaded", "载入基础数据")
audit.register_name("reference.word.saved", "修改搜索词典")
audit.register_name("reference.parameter.set", "修改中心规则")


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


def get_parameter(key: str) -> parameters.Declared:
    """Return a declared parameter or raise NotFound."""
    found = next((item for item in parameters.declared() if item.key == key), None)
    if found is None:
        raise NotFound("没有这条中心规则")
    return found


def set_parameter(session: Session, actor: Actor, *, key: str, data: ParameterIn) -> parameters.ParameterRow:
    """Set a parameter from a day on, today at the earliest: what held before stays as it was judged by.

    Raises:
        Invalid: a past day, or a value that is not of the default's kind.

    """
    require(actor, Permission.reference_parameter_edit)
    declared = get_parameter(key)
    if data.valid_from < clock.today():
        raise Invalid({"valid_from": "从今天或以后的某一天起生效；过去的不能改写"})
    try:
        value = rules.parse(declared, data.value)
    except ValueError as error:
        raise Invalid({"value": str(error)}) from error
    rows = queries.list_parameter_rows(session, key=key)
    row = next((each for each in rows if each.valid_from == data.valid_from), None)
    before = row.value if row is not None else parameters.value(session, key, on=data.valid_from)
    if row is None:
        row = parameters.ParameterRow(id=uuid.uuid4(), key=key, valid_from=data.valid_from)
        session.add(row)
    row.value, row.note, row.author_id, row.created_at = value, data.note, actor.user_id, clock.now()
    audit.record(
        session,
        actor,
        "reference.parameter.set",
        kind="parameter",
        object_id=key,
        data={"before": before, "after": value, "from": data.valid_from.isoformat()},
    )
    session.flush()
    return row
