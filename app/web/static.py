"""Static files with a content hash in the address and a year of caching."""

import hashlib
from functools import lru_cache
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER = Path(__file__).parent / "static"
PREFIX = "/static"


@lru_cache(maxsize=256)
def _hash(path: str, _stamp: int) -> str:
    return hashlib.sha256((FOLDER / path).read_bytes()).hexdigest()[:12]


def static_url(path: str) -> str:
    """Return the address of a static file, changing with its content."""
    file = FOLDER / path
    return f"{PREFIX}/{path}?v={_hash(path, file.stat().st_mtime_ns)}"


class HashedStatic(StaticFiles):
    """Serves `app/web/static`; with a hash in the query the file is immutable."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        hashed = b"v=" in scope.get("query_string", b"")
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if hashed else "no-cache"
        return response
