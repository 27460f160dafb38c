"""indexing: brings rows into the search index and answers searches over all kinds.

Owns the drainer of the outbox, the rebuild, the drift check, the search page and `/api/v1/search`.
Words: source (a room's kind of document), drift (index differs from database), degraded (the
simplified search while the engine is away). Neighbours: every room with documents below, `front` above.
"""
