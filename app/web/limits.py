"""Rate limits by the visitor's address."""

from fastapi import Request

from app.core.runtime import Runtime


def address_of(request: Request) -> str:
    """Return the visitor's network address; forwarded ones count only from trusted proxies (funeng serve)."""
    return request.client.host if request.client else ""


def per_address(
    request: Request, runtime: Runtime, name: str, *limits: str, message: str | None = None
) -> None:
    """Count one use of `name` from this address against every limit (`3/second`), or raise `RateLimited`."""
    address = address_of(request)
    runtime.throttle.hit([(limit, f"{name}:{limit}:{address}") for limit in limits], message=message)
