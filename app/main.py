"""create_app(): settings, middleware, routers, handlers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from anyio import to_thread
from fastapi import Depends, FastAPI, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.routing import Mount

from app import __version__, routes
from app.accounts.deps import enforce
from app.core import health, logging
from app.core.runtime import Runtime
from app.core.settings import Settings, get_settings
from app.runtime import LexiconKeeper, build_runtime, start_worker
from app.web import errors, openapi
from app.web.deps import get_runtime
from app.web.headers import Edge
from app.web.policy import beforehand, policy_of, public_api, walk_routes
from app.web.static import FOLDER, PREFIX, HashedStatic


def create_app(settings: Settings | None = None, *, runtime: Runtime | None = None) -> FastAPI:
    """Return the application; a given `runtime` (tests) is used as it is and not closed."""
    settings = settings or (runtime.settings if runtime else get_settings())
    own = runtime is None
    runtime = runtime or build_runtime(settings)
    logging.configure(as_json=settings.log_json)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        to_thread.current_default_thread_limiter().total_tokens = settings.pool_size
        keeper = LexiconKeeper(runtime)
        keeper.start()
        if settings.worker_in_process and own:
            runtime.worker = start_worker(runtime)
        yield
        runtime.ready = False
        keeper.stop()
        if runtime.worker is not None and own:
            await to_thread.run_sync(runtime.worker.stop)
        if own:
            runtime.engine.close()
            runtime.database.dispose()

    app = FastAPI(
        title="赋能汇 Funeng",
        version=__version__,
        lifespan=lifespan,
        dependencies=[Depends(enforce)],
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.runtime = runtime
    app.add_middleware(Edge, settings=settings)
    app.router.routes.append(Mount(PREFIX, HashedStatic(directory=FOLDER), name="static"))
    errors.install(app)
    for router, in_schema in routes.routers():
        app.include_router(router, include_in_schema=in_schema)
    _health_routes(app)
    openapi.install(app)
    for route in walk_routes(app.routes):
        policy_of(route.endpoint)
    return app


def _health_routes(app: FastAPI) -> None:
    @app.get("/healthz", include_in_schema=False)
    @beforehand
    @public_api
    def healthz() -> dict[str, str]:
        """Say that the process lives."""
        return {"status": "ok"}

    @app.get("/readyz", include_in_schema=False)
    @beforehand
    @public_api
    def readyz(runtime: Annotated[Runtime, Depends(get_runtime)]) -> Response:
        """Say whether the database answers and its schema is the code's; the search engine does not count."""
        problems = health.readiness(runtime)
        text = "ok" if not problems else "; ".join(problems)
        return Response(text, status_code=503 if problems else 200, media_type="text/plain")

    @app.get("/metrics", include_in_schema=False)
    @beforehand
    @public_api
    def metrics(_request: Request, runtime: Annotated[Runtime, Depends(get_runtime)]) -> Response:
        health.refresh_metrics(runtime)
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
