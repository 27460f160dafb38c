"""Development only: the codes that stand in the demo people's authenticators now."""

from fastapi import APIRouter, Request, Response

from app.core import clock
from app.core.errors import NotFound
from app.demo import signins
from app.web.deps import RuntimeDep
from app.web.policy import beforehand, public
from app.web.templating import render

router = APIRouter()
SECONDS = 30


@router.get("/dev/codes")
@beforehand
@public
def show_codes(request: Request, runtime: RuntimeDep) -> Response:
    """Show each demo person's current code; a production server has no such page."""
    settings = runtime.settings
    if settings.is_production or not runtime.extra.get("demo"):
        raise NotFound
    rows = [(each, signins.code_now(settings, each.login)) for each in signins.with_second_factor()]
    left = SECONDS - int(clock.now().timestamp()) % SECONDS
    return render(request, "demo/codes.html", {"rows": rows, "left": left})
