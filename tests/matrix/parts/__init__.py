"""A part per room: its objects in the world and how its routes are called.

A module here may have `build(session, world, houses)` (its objects; ids go to `world.more["room"]["situation"]`),
`PLACES` (`{"{enquiry_id}": lambda world, role, situation: …}`) and `CALLS` (as in calls.py). Built in the order of
the modules' names, after world.py's own.
"""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType


@cache
def modules() -> list[ModuleType]:
    """Return the parts, by name."""
    return [
        import_module(f"{__name__}.{found.name}")
        for found in sorted(iter_modules(__path__), key=lambda item: item.name)
    ]
