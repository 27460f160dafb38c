"""What a person follows: saved searches, watched objects, and what they looked at last.

Words: a *saved search* is a search under a name that the worker repeats; a *hit* is an object that it found; a *mark*
(☆ 关注) is one watched offering, need, organisation or policy with its *face*, what the person last knew of it; a
*lock* is a result list kept as it was; a *glance* is an object looked at lately. Stands above indexing and the rooms
whose objects are watched; desk and front stand above it.
"""
