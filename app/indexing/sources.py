"""Every kind of document that the index holds."""

from app.core.indexed import Source
from app.needs.indexing import SOURCE as NEEDS
from app.offerings.indexing import SOURCE as OFFERINGS
from app.policies.indexing import SOURCE as POLICIES

SOURCES: dict[str, Source] = {source.kind: source for source in (OFFERINGS, NEEDS, POLICIES)}
