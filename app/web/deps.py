"""The request's sessions: one transaction, committed before the answer is sent."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from app.core import after, failpoints
from app.core.runtime import Runtime


def get_runtime(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime


def get_read(request: Request) -> Iterator[Session]:
    """Yield a read session (BEGIN DEFERRED); it never commits."""
    with get_runtime(request).database.read() as session:
        try:
            yield session
        finally:
            session.rollback()


def get_write(request: Request) -> Iterator[Session]:
    """Yield the request's one write session; returning commits, raising rolls back.

    Steps kept by `core.after` run afterwards in their own short transaction, whichever way it ended.
    """
    runtime = get_runtime(request)
    steps: list[after.Step] = []
    try:
        with runtime.database.write() as session:
            try:
                yield session
                failpoints.reach("edge.before_commit")
                session.commit()
                failpoints.reach("edge.after_commit")
            except BaseException:
                session.rollback()
                raise
            finally:
                steps = after.take(session)
    finally:
        after.run(runtime.database, steps)
    runtime.wake_worker()


RuntimeDep = Annotated[Runtime, Depends(get_runtime)]
ReadSession = Annotated[Session, Depends(get_read, scope="function")]
WriteSession = Annotated[Session, Depends(get_write, scope="function")]
