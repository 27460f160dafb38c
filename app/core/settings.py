"""Settings by environment (`FUNENG_…`, nested by `__`), with safe development defaults.

State lives under `data_dir`. Outside development the process refuses to start with a generated or
short secret, with SQLite behind more than one server process, or with demo data.
"""

import os
import secrets
import sys
from enum import StrEnum
from functools import lru_cache
from ipaddress import ip_network
from pathlib import Path

from platformdirs import user_data_path
from pydantic import BaseModel, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.core import failpoints
from search import EngineSettings

ROOT = Path(__file__).resolve().parents[2]
MIN_SECRET = 32
REFUSED_SECRETS = frozenset({"changeme", "change-me", "secret", "development", "please-change-me"})


class Env(StrEnum):
    development = "development"
    test = "test"
    production = "production"


class SearchBackend(StrEnum):
    embedded = "embedded"
    elasticsearch = "elasticsearch"


class SearchSettings(BaseModel):
    backend: SearchBackend = SearchBackend.embedded
    url: str = "http://127.0.0.1:9200"
    index_prefix: str = "funeng"
    username: str | None = None
    password: SecretStr | None = None
    api_key: SecretStr | None = None
    ca_certs: Path | None = None
    timeout_s: float = Field(1.0, gt=0, le=10)


class ScannerKind(StrEnum):
    none = "none"
    clamd = "clamd"


class FileSettings(BaseModel):
    """Uploads: `clamd` is `host:port` or the path of a socket. Without a scanner production keeps all in quarantine."""

    scanner: ScannerKind = ScannerKind.none
    clamd: str = "127.0.0.1:3310"
    organisation_day_bytes: int = Field(200_000_000, ge=1)


class AuditSettings(BaseModel):
    """The daily head of the audit chain goes to this address too, so that it lies on another system."""

    anchor_mail: str = ""


class PasswordProfile(StrEnum):
    """`dengbao`: GB/T 22239-2019 as assessors read it; `asvs`: OWASP ASVS 5.0 (they contradict each other)."""

    dengbao = "dengbao"
    asvs = "asvs"


class OidcSettings(BaseModel):
    """The city's identity provider (统一身份认证); off without an issuer."""

    issuer: str = ""
    client_id: str = ""
    client_secret: SecretStr | None = None
    display_name: str = "统一身份认证"
    second_factor_values: list[str] = []
    timeout_s: float = Field(5.0, gt=0, le=30)

    @property
    def enabled(self) -> bool:
        return bool(self.issuer and self.client_id)


class AccountsSettings(BaseModel):
    password_profile: PasswordProfile = PasswordProfile.dengbao
    oidc: OidcSettings = OidcSettings()


class MailSecurity(StrEnum):
    starttls = "starttls"
    tls = "tls"
    none = "none"


class MailSettings(BaseModel):
    """The SMTP server. Without `host` development keeps letters in its mailbox page; production keeps them waiting."""

    host: str | None = None
    port: int = Field(587, ge=1, le=65535)
    security: MailSecurity = MailSecurity.starttls
    username: str | None = None
    password: SecretStr | None = None
    sender: str = "noreply@localhost"
    ca_certs: Path | None = None
    timeout_s: float = Field(15.0, gt=0, le=60)


class SmsSettings(BaseModel):
    """The SMS gateway: `package.module:factory`, a function of the settings that returns a sender (docs/notifications.md)."""

    adapter: str | None = None


class HookSettings(BaseModel):
    """Webhooks of organisations. `allowed_hosts` lifts the guard against private addresses for tests."""

    allowed_hosts: list[str] = []
    ca_certs: Path | None = None


class SiteSettings(BaseModel):
    """What stands in every page's footer; parameters of the installation, not of the code."""

    name: str = "赋能汇"
    centre_name: str = "城市制造业数字化转型赋能中心"
    city: str = "重庆市"
    icp: str = "备案号待填"
    telephone: str = "中心电话待填"


def default_data_dir() -> Path:
    """Return `./var` in a checkout and the user's data folder when installed from a wheel."""
    if (ROOT / "pyproject.toml").exists():
        return ROOT / "var"
    return user_data_path("funeng", appauthor=False)


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="FUNENG_", env_nested_delimiter="__", extra="ignore")

    env: Env = Env.development
    data_dir: Path = Field(default_factory=default_data_dir)
    database_url: str = ""
    secret_key: SecretStr | None = None
    old_secret_keys: list[SecretStr] = []
    public_url: str = "http://127.0.0.1:8000"
    trusted_proxies: list[str] = []
    processes: int = Field(1, ge=1, le=64)
    worker_in_process: bool = True
    pool_size: int = Field(16, ge=2, le=128)
    pool_timeout_s: float = Field(3.0, gt=0)
    rate_factor: int = Field(1, ge=1, le=10_000)
    log_json: bool = False
    search: SearchSettings = SearchSettings()
    files: FileSettings = FileSettings()
    mail: MailSettings = MailSettings()
    sms: SmsSettings = SmsSettings()
    hooks: HookSettings = HookSettings()
    audit: AuditSettings = AuditSettings()
    site: SiteSettings = SiteSettings()
    accounts: AccountsSettings = AccountsSettings()

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: list[str]) -> list[str]:
        for item in value:
            ip_network(item, strict=False)
        return value

    @model_validator(mode="after")
    def _complete(self) -> "Settings":
        self.data_dir = self.data_dir.expanduser().absolute()
        if not self.database_url:
            self.database_url = f"sqlite:///{self.data_dir / 'funeng.db'}"
        self._check_secret()
        if self.is_production and failpoints.armed():
            raise ValueError("FUNENG_FAILPOINT is for tests; production refuses it")
        if self.is_production and self.rate_factor != 1:
            raise ValueError("FUNENG_RATE_FACTOR loosens rate limits for tests; production refuses it")
        if self.is_production and self.hooks.allowed_hosts:
            raise ValueError(
                "FUNENG_HOOKS__ALLOWED_HOSTS opens private addresses for tests; production refuses it"
            )
        if self.is_production and self.mail.host and self.mail.sender.endswith("@localhost"):
            raise ValueError("FUNENG_MAIL__SENDER is required beside FUNENG_MAIL__HOST")
        if (
            self.is_production
            and self.accounts.oidc.enabled
            and not self.accounts.oidc.issuer.startswith("https://")
        ):
            raise ValueError("FUNENG_ACCOUNTS__OIDC__ISSUER must be https in production")
        if self.is_sqlite and self.processes > 1:
            msg = "SQLite serves one server process only; set FUNENG_DATABASE_URL to PostgreSQL or FUNENG_PROCESSES=1"
            raise ValueError(msg)
        if self.processes > 1 and self.worker_in_process:
            raise ValueError(
                "several server processes need the worker apart: FUNENG_WORKER_IN_PROCESS=false and funeng worker"
            )
        return self

    def _check_secret(self) -> None:
        if self.secret_key is None:
            if self.env is Env.production:
                raise ValueError("FUNENG_SECRET_KEY is required in production (≥ 32 characters)")
            return
        value = self.secret_key.get_secret_value()
        if self.env is Env.production and (
            len(value) < MIN_SECRET or value.lower() in REFUSED_SECRETS or len(set(value)) < 10
        ):
            raise ValueError(
                f"FUNENG_SECRET_KEY is a default or too short (≥ {MIN_SECRET} varied characters)"
            )

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def is_production(self) -> bool:
        return self.env is Env.production

    @property
    def https(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def index_dir(self) -> Path:
        return self.data_dir / "index"

    @property
    def uploads_dir(self) -> Path:
        return self.data_dir / "uploads"

    def search_options(self) -> EngineSettings:
        """Return what the search layer needs to open its engine."""
        given = self.search
        return EngineSettings(
            backend=given.backend.value,
            data_dir=self.index_dir,
            hosts=tuple(part.strip() for part in given.url.split(",") if part.strip()),
            index_prefix=given.index_prefix,
            username=given.username,
            password=given.password.get_secret_value() if given.password else None,
            api_key=given.api_key.get_secret_value() if given.api_key else None,
            ca_certs=given.ca_certs,
            search_timeout=given.timeout_s,
        )

    def signing_keys(self) -> list[str]:
        """Return the signing keys, oldest first and the current one last (itsdangerous' order)."""
        current = (
            self.secret_key.get_secret_value()
            if self.secret_key
            else development_secret(self.data_dir, "secret_key")
        )
        return [*(key.get_secret_value() for key in self.old_secret_keys), current]


def development_secret(data_dir: Path, name: str) -> str:
    """Return the generated development secret `name`, made once with mode 0600 under `data_dir`."""
    folder = data_dir / "secrets"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / name
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(fd, "w") as stream:
        value = secrets.token_urlsafe(48)
        stream.write(value)
    return value


def bundled(name: str) -> Path:
    """Return the folder `templates` or `migrations`: the checkout's if there is one, else the wheel's."""
    checkout = ROOT / name
    if checkout.is_dir() and (ROOT / "pyproject.toml").exists():
        return checkout
    return Path(__file__).resolve().parents[1] / "_bundled" / name


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """Return the process's settings; prints the reason and exits with 2 when they are refused."""
    try:
        return Settings()
    except ValueError as error:
        sys.stderr.write(f"funeng: settings refused: {error}\n")
        raise SystemExit(2) from error
