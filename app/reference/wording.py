"""Commands on the search dictionary: a word added, changed, taken out and brought back; and what a change would do."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from app.core import audit, clock
from app.core.errors import Conflict, EditConflict, Invalid
from app.core.permissions import Actor, Permission, require
from app.reference import queries
from app.reference.models import DictionaryKind, DictionaryWord
from app.reference.schemas import DictionaryWordIn
from search.analysis.normalise import normalise
from search.analysis.synonyms import Synonyms
from search.analysis.tokens import Tokeniser
from search.types import Lexicon

audit.register_name("reference.word.saved", "修改搜索词典")
audit.register_name("reference.word.deleted", "删除词典里的词")
audit.register_name("reference.word.restored", "恢复词典里的词")


def save_word(
    session: Session,
    actor: Actor,
    *,
    data: DictionaryWordIn,
    word_id: uuid.UUID | None = None,
) -> DictionaryWord:
    """Add or change a word of the search dictionary; raises Invalid, Conflict or EditConflict.

    A word that other entries hold too is refused until it is confirmed: two groups that share a word work as one.
    """
    require(actor, Permission.reference_dictionary_edit)
    same = queries.find_dictionary_word(session, kind=data.kind, term=data.term)
    if same is not None and same.id != word_id and same.deleted_at is None:
        raise Conflict(f"词典里已有“{data.term}”，请直接修改那一条")
    _check(session, data, word_id)
    if word_id is None and same is not None:
        word = same  # taken out before: it comes back with the new contents
    elif word_id is None:
        word = DictionaryWord(
            id=uuid.uuid4(), source="中心自编", confidence="composed", digest="", author=actor.name, version=0
        )
        session.add(word)
    else:
        if same is not None and same.id != word_id:
            raise Conflict(f"“{data.term}”删过一条，请先恢复那一条再改")
        word = queries.get_dictionary_word(session, word_id)
        if data.version is not None and data.version != word.version:
            theirs = {"term": word.term, "synonyms": word.synonyms, "is_active": word.is_active}
            raise EditConflict(yours=data.model_dump(mode="json"), theirs=theirs)
    word.kind, word.term, word.synonyms, word.is_active = data.kind, data.term, data.synonyms, data.is_active
    word.deleted_at = None
    _sign(session, actor, word, "saved", active=word.is_active)
    return word


def delete_word(session: Session, actor: Actor, *, word_id: uuid.UUID, version: int) -> DictionaryWord:
    """Take a word out; it acts no more and is no longer listed, and can be brought back."""
    require(actor, Permission.reference_dictionary_edit)
    word = queries.get_dictionary_word(session, word_id)
    if word.version != version:
        raise EditConflict(yours={"version": version}, theirs={"term": word.term, "synonyms": word.synonyms})
    if word.deleted_at is not None:
        raise Conflict("已经删掉了")
    word.deleted_at = clock.now()
    _sign(session, actor, word, "deleted", active=False)
    return word


def restore_word(session: Session, actor: Actor, *, word_id: uuid.UUID) -> DictionaryWord:
    """Bring a word back that was taken out, as it was."""
    require(actor, Permission.reference_dictionary_edit)
    word = queries.get_dictionary_word(session, word_id)
    if word.deleted_at is None:
        raise Conflict("这个词没有被删")
    word.deleted_at = None
    _sign(session, actor, word, "restored", active=word.is_active)
    return word


def _sign(session: Session, actor: Actor, word: DictionaryWord, verb: str, *, active: bool) -> None:
    word.author, word.edited_by, word.edited_at = actor.name, actor.user_id, clock.now()
    word.version += 1
    audit.record(
        session,
        actor,
        f"reference.word.{verb}",
        kind="dictionary_word",
        object_id=word.id,
        data={"term": word.term, "version": word.version, "active": active},
    )
    session.flush()


def _check(session: Session, data: DictionaryWordIn, word_id: uuid.UUID | None) -> None:
    if data.kind is DictionaryKind.synonym and not data.synonyms:
        raise Invalid({"synonyms": "请至少填一个同义词，例如：设备管理 ↔ TPM"})
    if data.term in data.synonyms:
        raise Invalid({"synonyms": f"“{data.term}”就是词条本身，不用再填"})
    short = next((word for word in (data.term, *data.synonyms) if len(normalise(word).strip()) < 2), None)
    if short is not None:
        name = "term" if short == data.term else "synonyms"
        raise Invalid({name: f"“{short}”只有一个字，会把别的词切碎；请写两个字以上"})
    if data.confirmed:
        return
    clashes = conflicts(session, data, word_id)
    if clashes:
        told = "；".join(f"“{clash.word}”已在“{clash.term}”里" for clash in clashes[:5])
        raise Invalid({"synonyms": f"{told}。两组会连成一组；确实要这样，请勾选下面的确认"})


@dataclass(frozen=True, slots=True)
class Clash:
    """A word of the change that stands in another group too."""

    word: str
    term: str
    id: uuid.UUID


def conflicts(session: Session, data: DictionaryWordIn, word_id: uuid.UUID | None) -> list[Clash]:
    """Return the words of a synonym group that other groups in use hold already."""
    if data.kind is not DictionaryKind.synonym or not data.is_active:
        return []
    mine = {normalise(word).strip(): word for word in (data.term, *data.synonyms)}
    rows = queries.list_dictionary(session, kind=DictionaryKind.synonym, include_retired=False)
    return [
        Clash(mine[plain], row.term, row.id)
        for row in rows
        if row.id != word_id
        for plain in (normalise(word).strip() for word in (row.term, *row.synonyms))
        if plain in mine
    ]


@dataclass(frozen=True, slots=True)
class Reading:
    """How the search reads a sentence: its pieces, and what it also looks for at which word."""

    pieces: tuple[str, ...]
    also: tuple[tuple[str, tuple[str, ...]], ...]


def read(text: str, lexicon: Lexicon) -> Reading:
    """Return how a sentence is read with a dictionary."""
    normal = normalise(text)
    found = Synonyms(lexicon.synonyms).find(normal)
    return Reading(
        tuple(Tokeniser(lexicon.words).cut(normal)),
        tuple((normal[group.start : group.end], group.others) for group in found),
    )


def try_word(
    session: Session, actor: Actor, *, data: DictionaryWordIn, word_id: uuid.UUID | None, text: str
) -> tuple[Reading, Reading]:
    """Return how a sentence is read now, and how it would be with the changed word; nothing is saved."""
    require(actor, Permission.reference_dictionary_edit)
    lexicon = queries.build_lexicon(session)
    return read(text, lexicon), read(text, _changed(session, lexicon, data, word_id))


def _changed(
    session: Session, lexicon: Lexicon, data: DictionaryWordIn, word_id: uuid.UUID | None
) -> Lexicon:
    words, groups = set(lexicon.words), list(lexicon.synonyms)
    if word_id is not None:
        old = queries.get_dictionary_word(session, word_id)
        words.discard(old.term)
        groups = [group for group in groups if group[0] != old.term or not _same(group, old.synonyms)]
    if data.is_active and data.kind is DictionaryKind.word:
        words.add(data.term)
    if data.is_active and data.kind is DictionaryKind.synonym and data.synonyms:
        groups.append((data.term, *data.synonyms))
    return replace(lexicon, version="try", words=tuple(sorted(words)), synonyms=tuple(groups))


def _same(group: Sequence[str], synonyms: Sequence[str]) -> bool:
    return list(group[1:]) == list(synonyms)
