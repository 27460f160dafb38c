"""A policy's row as the search index shall know it; everything in it is public."""

import uuid
from collections.abc import Sequence
from datetime import datetime, time

from sqlalchemy.orm import Session

from app.core import outbox
from app.core.clock import LOCAL
from app.core.indexed import Source
from app.policies import queries, reading
from app.policies.models import Policy, PolicyState
from search.types import Document

KIND = "policy"

outbox.watch(Policy, kind=KIND)


def to_document(row: Policy) -> Document:
    """Return the document of a policy; a withdrawn one becomes a tombstone."""
    listed = row.state is PolicyState.listed
    published = datetime.combine(row.issued_on, time(), tzinfo=LOCAL) if row.issued_on is not None else None
    return Document(
        kind=KIND,
        id=str(row.id),
        doc_version=row.doc_version,
        title=row.name,
        summary=" ".join(part for part in (row.level.value, row.kind, row.doc_no, row.issuer) if part),
        body=reading.plain_text(row.kind, row.facts),
        keywords=tuple(part for part in (row.doc_no, row.kind) if part),
        audience=("public", "staff"),
        facets={
            "kind": (KIND,),
            "state": (row.state.value,),
            **({"issuer": (row.issuer,)} if row.issuer else {}),
        },
        published_at=published,
        visible=listed,
    )


def load(session: Session, ids: Sequence[str]) -> list[Document]:
    """Return the documents of these ids; an id without a row is left out."""
    return [to_document(row) for row in queries.list_by_ids(session, [uuid.UUID(text) for text in ids])]


def list_ids(session: Session, after: str | None, size: int) -> list[str]:
    """Return the next ids in their order, for rebuilds and the drift check."""
    found = queries.list_ids(session, after=uuid.UUID(after) if after else None, size=size)
    return [str(policy_id) for policy_id in found]


SOURCE = Source(kind=KIND, label="政策", load=load, ids=list_ids)
