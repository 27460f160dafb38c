"""How often codes and links go out: per recipient, per address and overall; every limit must allow."""

from fastapi import Request

from app.core.runtime import Runtime
from app.web.limits import address_of

SMS = ("1/minute", "5/hour", "10/day")
MAIL = ("1/minute", "5/hour")
PER_ADDRESS, OVERALL = ("10/10minutes", "60/day"), "1000/hour"
AGAIN_S = 60
"""So many seconds until the button for another code works (the first limit above)."""


def allow_sending(request: Request, runtime: Runtime, recipient: str) -> None:
    """Count one code or link to this mobile number or e-mail address, or raise `RateLimited`."""
    kind, limits = ("mail", MAIL) if "@" in recipient else ("sms", SMS)
    address = address_of(request)
    runtime.throttle.hit(
        [
            *((limit, f"send:{kind}:{limit}:{recipient}") for limit in limits),
            *((limit, f"send:{kind}:{limit}:from:{address}") for limit in PER_ADDRESS),
            (OVERALL, f"send:{kind}:all"),
        ],
        message="验证码或邮件发得太频繁",
    )
