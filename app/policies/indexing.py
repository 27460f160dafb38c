"""A policy's row as the search index shall know it; everything in it is public."""

import uuid
from collections.abc import Sequence
from datetime import datetime, time

from sqlalchemy.orm import Session

from app.core import outbox
from app.core.clock import LOCAL
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


def load_documents(session: Session, ids: Sequence[uuid.UUID]) -> list[Document]:
    """Return the documents of these ids; an id without a row is left out."""
    return [to_document(row) for row in queries.list_by_ids(session, ids)]
