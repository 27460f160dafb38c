"""How a room offers its rows to the search index: one `SOURCE` in its `indexing.py`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from search.types import Document

LoadDocuments = Callable[[Session, Sequence[str]], list[Document]]
ListIds = Callable[[Session, str | None, int], list[str]]


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of document.

    `load(session, ids)` builds the documents of these objects in a constant number of queries
    (tombstones for hidden ones, nothing for objects that are gone). `ids(session, after, size)` pages
    through all ids in id order, for rebuilds and the drift check.
    """

    kind: str
    label: str
    load: LoadDocuments
    ids: ListIds
