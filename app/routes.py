"""The building's index: one line per room."""

from importlib import import_module

from fastapi import APIRouter

# (room, module with `router`) – pages first, then the API; a room joins the product with its line here.
ROOMS: tuple[tuple[str, str], ...] = (("accounts", "app.accounts.pages"),)
# Modules that register something by being imported: panels, jobs, indexed models, parameters.
HOOKS: tuple[str, ...] = ()


def load_hooks() -> None:
    """Import what registers itself: panels, jobs, indexed models, parameters."""
    for name in HOOKS:
        import_module(name)


def routers() -> list[APIRouter]:
    """Return every room's router, after importing the hooks."""
    load_hooks()
    return [import_module(module).router for _room, module in ROOMS]
