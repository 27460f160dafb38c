"""Errors that a person may see: each has a status, a stable code, a Chinese message and a next step."""

from collections.abc import Mapping
from typing import Any


class AppError(Exception):
    status = 400
    code = "bad_request"
    default = "请求无法处理"

    def __init__(self, message: str | None = None, *, hint: str | None = None) -> None:
        super().__init__(message or self.default)
        self.message = message or self.default
        self.hint = hint


class NotFound(AppError):
    status = 404
    code = "not_found"
    default = "没有找到这个页面，或者您看不到它"


class Unauthenticated(AppError):
    status = 401
    code = "sign_in_required"
    default = "请先登录"


class Forbidden(AppError):
    status = 403
    code = "forbidden"
    default = "您的身份不能做这一步"


class Hindered(AppError):
    """The person must do something about their account first; `leads_to` is the page for it."""

    status = 403
    code = "account_step_required"
    default = "请先完成账号的一个步骤"
    leads_to = "/account"


class SecondFactorRequired(Hindered):
    code = "second_factor_required"
    default = "您的身份要先设置两步验证"
    leads_to = "/account/second-factor"

    def __init__(self, message: str | None = None, *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint or "请在浏览器里打开 /account/second-factor 设置")


class PasswordExpired(Hindered):
    code = "password_expired"
    default = "密码到期了，请先换一个新密码"
    leads_to = "/account/password"

    def __init__(self, message: str | None = None, *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint or "请在浏览器里打开 /account/password 更换")


class ConsentRequired(Hindered):
    code = "consent_required"
    default = "用户协议和隐私政策有了新的文本，请先看一看"
    leads_to = "/account/agree"

    def __init__(self, message: str | None = None, *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint or "请在浏览器里打开 /account/agree 看新的文本")


class TokenRefused(AppError):
    """A program's token that is wrong, ended, or whose owner no longer belongs to the organisation."""

    status = 401
    code = "token_refused"
    default = "令牌不对、已过期或已作废"


class ScopeMissing(AppError):
    status = 403
    code = "scope_missing"
    default = "这个令牌没有这一步要的权限范围"


class CsrfRefused(AppError):
    status = 403
    code = "csrf_refused"
    default = "页面已过期，请刷新后再提交一次；您填的内容还在"


class Conflict(AppError):
    status = 409
    code = "conflict"
    default = "和现有的记录冲突"


class EditConflict(AppError):
    """Somebody saved a newer version meanwhile; carries both so that the page can show them."""

    status = 409
    code = "edit_conflict"
    default = "别人刚改过这份内容，请对照后再存"

    def __init__(
        self, *, yours: Mapping[str, Any], theirs: Mapping[str, Any], message: str | None = None
    ) -> None:
        super().__init__(message)
        self.yours = yours
        self.theirs = theirs


class TooLarge(AppError):
    status = 413
    code = "too_large"
    default = "提交的内容太大"


class Invalid(AppError):
    """Input that breaks a rule; `fields` maps a field's path to the reason in Chinese."""

    status = 422
    code = "invalid"
    default = "有几处需要改一下"

    def __init__(self, fields: Mapping[str, str], message: str | None = None) -> None:
        super().__init__(message)
        self.fields = dict(fields)


class FormRejected(AppError):
    """A form that failed: raised so that the transaction rolls back, then rendered again with 422."""

    status = 422
    code = "form_rejected"
    default = "有几处需要改一下"

    def __init__(self, *, template: str, context: Mapping[str, Any], fields: Mapping[str, str]) -> None:
        super().__init__()
        self.template = template
        self.context = dict(context)
        self.fields = dict(fields)


class IdempotencyMismatch(AppError):
    status = 422
    code = "idempotency_mismatch"
    default = "同一个提交编号带了不同的内容"


class RateLimited(AppError):
    status = 429
    code = "rate_limited"
    default = "操作太频繁，请稍后再试"

    def __init__(self, message: str | None = None, *, retry_after: int = 60) -> None:
        super().__init__(message, hint=f"{retry_after} 秒后再试")
        self.retry_after = retry_after


class Unavailable(AppError):
    status = 503
    code = "unavailable"
    default = "系统忙，请几秒后再试；您填的内容还在"

    def __init__(self, message: str | None = None, *, code: str | None = None, retry_after: int = 5) -> None:
        super().__init__(message)
        if code:
            self.code = code
        self.retry_after = retry_after
