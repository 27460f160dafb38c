"""Pages of offerings: public, the vendor's workspace, the centre's desk."""

from fastapi import APIRouter

from app.offerings.pages import checks, compare, desk, extras, public, sheets, workspace

router = APIRouter()
router.include_router(compare.router)
router.include_router(public.router)
router.include_router(sheets.router)
router.include_router(workspace.router)
router.include_router(extras.router)
router.include_router(desk.router)
router.include_router(checks.router)
