"""The only reader of the environment. Every value is typed, and a bad one stops the start with how to correct it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
import dj_email_url
from django.core.exceptions import ImproperlyConfigured
from environs import Env, EnvError

from config.embedded.paths import CHECKOUT, Paths, default_data_dir
from inventory_ops.kit import sentinels

SHORTEST_SECRET_KEY = 50
SHORTEST_METRICS_TOKEN = 20
HSTS_YEAR = 365 * 24 * 3600
SMTP_PORTS = {"tls": 587, "ssl": 465}


@dataclass(frozen=True, slots=True)
class Environment:
    """What the environment says, with defaults that are safe for local use."""

    production: bool
    demo: bool
    debug: bool
    secret_key: str
    secret_key_fallbacks: list[str]
    allowed_hosts: list[str]
    csrf_trusted_origins: list[str]
    database: dict[str, Any]
    database_replica: dict[str, Any] | None
    database_is_embedded: bool
    redis_url: str
    redis_is_embedded: bool
    mailer: dict[str, Any]
    default_from_email: str
    notifications_trusted_hosts: list[str]
    metrics_token: str
    public_url: str
    slow_statement_ms: int
    log_level: str
    log_format: str
    aws_real: bool
    aws_endpoint_url: str
    aws_accounts: list[dict[str, Any]]
    user_audit_writes: bool
    user_audit_protected: list[str]
    data_dir: Path
    files: dict[str, Any] | None
    behind_proxy: bool
    trusted_proxies: int
    session_idle_minutes: int
    session_idle_minutes_privileged: int
    session_hours: int
    channels_private: bool
    hsts_seconds: int
    hsts_subdomains: bool
    hsts_preload: bool
    sentry_dsn: str
    otel_endpoint: str


def read() -> Environment:
    """Read and check the environment. Raises ImproperlyConfigured that names the variable and the fix."""
    try:
        return _read(Env())
    except EnvError as error:
        raise ImproperlyConfigured(f"Environment: {error}. The variables are described in .env.example.") from error


def _read(env: Env) -> Environment:
    paths = Paths(default_data_dir())
    kind = env.str("OPS_ENV", "local")
    if kind not in {"local", "production"}:
        raise ImproperlyConfigured(f"OPS_ENV is {kind!r}: use `local` or `production`.")
    production = kind == "production"
    behind_proxy = env.bool("BEHIND_PROXY", False)
    demo = env.bool("OPS_DEMO", False)
    database_url, redis_url = env.str("DATABASE_URL", ""), env.str("REDIS_URL", "")
    replica = env.str("DATABASE_REPLICA_URL", "")
    result = Environment(
        production=production,
        demo=demo,
        debug=env.bool("DEBUG", False),
        secret_key=env.str("SECRET_KEY", "") or ("" if production else _local_secret_key(paths.data_dir)),
        secret_key_fallbacks=list(filter(None, env.list("SECRET_KEY_FALLBACKS", []))),
        allowed_hosts=env.list(
            "ALLOWED_HOSTS",
            [] if production else ["localhost", "127.0.0.1", "[::1]", "testserver"],
        ),
        csrf_trusted_origins=env.list("CSRF_TRUSTED_ORIGINS", []),
        database=_database(env, "DATABASE_URL", database_url or paths.database_url()),
        database_replica=_database(env, "DATABASE_REPLICA_URL", replica) if replica else None,
        database_is_embedded=not database_url,
        redis_url=_redis(redis_url) or paths.redis_url,
        redis_is_embedded=not redis_url,
        mailer=_mailer(env.str("EMAIL_URL", _default_mailer(paths, production=production, demo=demo))),
        default_from_email=env.str("DEFAULT_FROM_EMAIL", "Inventory Ops <inventory-ops@localhost>"),
        notifications_trusted_hosts=env.list("NOTIFICATIONS_TRUSTED_HOSTS", []),
        metrics_token=env.str("METRICS_TOKEN", ""),
        public_url=env.str("OPS_PUBLIC_URL", "http://localhost:8000").rstrip("/"),
        slow_statement_ms=_whole(env, "SLOW_STATEMENT_MS", 1000, least=1, most=3_600_000),
        log_level=env.str("LOG_LEVEL", "INFO").upper(),
        log_format=env.str("LOG_FORMAT", "json" if production else "console"),
        aws_real=env.str("OPS_AWS", "local") == "real",
        aws_endpoint_url=env.str("AWS_ENDPOINT_URL", ""),
        aws_accounts=_accounts(env),
        user_audit_writes=env.bool("USER_AUDIT_WRITES", True),
        user_audit_protected=env.list("USER_AUDIT_PROTECTED", []),
        data_dir=paths.data_dir,
        files=_files(env),
        behind_proxy=behind_proxy,
        trusted_proxies=_whole(env, "TRUSTED_PROXIES", int(behind_proxy), least=0, most=10),
        session_idle_minutes=_whole(env, "SESSION_IDLE_MINUTES", 8 * 60, least=1, most=7 * 24 * 60),
        session_idle_minutes_privileged=_whole(env, "SESSION_IDLE_MINUTES_PRIVILEGED", 30, least=1, most=24 * 60),
        session_hours=_whole(env, "SESSION_HOURS", 12, least=1, most=7 * 24),
        channels_private=env.bool("CHANNELS_PRIVATE", not production),
        hsts_seconds=_whole(env, "HSTS_SECONDS", HSTS_YEAR, least=0, most=2 * HSTS_YEAR),
        hsts_subdomains=env.bool("HSTS_SUBDOMAINS", True),
        hsts_preload=env.bool("HSTS_PRELOAD", True),
        sentry_dsn=_sentry(env.str("SENTRY_DSN", "")),
        otel_endpoint=_http("OTEL_EXPORTER_OTLP_ENDPOINT", env.str("OTEL_EXPORTER_OTLP_ENDPOINT", "")),
    )
    if production:
        _refuse_unsafe(result, database_url=database_url, redis_url=redis_url)
    return result


def _whole(env: Env, name: str, default: int, *, least: int, most: int) -> int:
    value: int = env.int(name, default)
    if not least <= value <= most:
        raise ImproperlyConfigured(f"{name} is {value}: use a whole number from {least} to {most}.")
    return value


def _http(name: str, url: str) -> str:
    if url and not (urlsplit(url).scheme in {"http", "https"} and urlsplit(url).hostname):
        raise ImproperlyConfigured(f"{name} is not an address: use https://HOST:PORT.")
    return url


def _sentry(dsn: str) -> str:
    if dsn and not (urlsplit(_http("SENTRY_DSN", dsn)).username and urlsplit(dsn).path.strip("/")):
        raise ImproperlyConfigured("SENTRY_DSN has no key or no project: use https://KEY@HOST/NUMBER.")
    return dsn


def _database(env: Env, name: str, url: str) -> dict[str, Any]:
    try:
        config: dict[str, Any] = dict(dj_database_url.parse(url, conn_max_age=600, conn_health_checks=True))
    except (ValueError, KeyError) as error:
        raise ImproperlyConfigured(
            f"{name} is not a database address. Use postgresql://USER:PASSWORD@HOST:PORT/NAME."
        ) from error
    if config.get("ENGINE") != "django.db.backends.postgresql":
        raise ImproperlyConfigured(f"{name} must be a PostgreSQL address: postgresql://USER:PASSWORD@HOST:PORT/NAME.")
    return config


def _redis(url: str) -> str:
    try:
        if url and not sentinels.parse(url) and urlsplit(url).scheme not in {"redis", "rediss", "unix"}:
            raise ValueError
    except ValueError as error:
        raise ImproperlyConfigured(
            f"REDIS_URL is not an address of Redis or Valkey: use redis://HOST:6379/0, or {sentinels.SHAPE}."
        ) from error
    return url


def _files(env: Env) -> dict[str, Any] | None:
    """Options of the bucket that uploads, exports and evidence are in; None: a folder of this machine."""
    url = env.str("FILES_URL", "")
    keys = [env.str("FILES_S3_ACCESS_KEY_ID", ""), env.str("FILES_S3_SECRET_ACCESS_KEY", "")]
    endpoint = _http("FILES_S3_ENDPOINT_URL", env.str("FILES_S3_ENDPOINT_URL", ""))
    if not url:
        if endpoint or any(keys):
            raise ImproperlyConfigured(
                "FILES_URL is missing: s3://BUCKET/FOLDER, or leave out the FILES_S3_ variables."
            )
        return None
    bucket = urlsplit(url)
    if bucket.scheme != "s3" or not bucket.netloc or "@" in bucket.netloc or bucket.query or bucket.fragment:
        raise ImproperlyConfigured(
            "FILES_URL is not a bucket: use s3://BUCKET/FOLDER. Keys go into FILES_S3_ACCESS_KEY_ID and "
            "FILES_S3_SECRET_ACCESS_KEY."
        )
    if any(keys) != all(keys):
        raise ImproperlyConfigured("Set both FILES_S3_ACCESS_KEY_ID and FILES_S3_SECRET_ACCESS_KEY, or neither.")
    return {
        "bucket_name": bucket.netloc,
        "location": bucket.path.strip("/"),
        "endpoint_url": endpoint or None,
        "region_name": env.str("FILES_S3_REGION", "") or None,
        "access_key": keys[0] or None,
        "secret_key": keys[1] or None,
    }


def _default_mailer(paths: Paths, *, production: bool, demo: bool) -> str:
    if production:
        return "smtp://localhost:25"
    return f"file://{paths.data_dir}/mail" if demo else "console:"


def _mailer(url: str) -> dict[str, Any]:
    """A mail server as one URL: `smtp+tls://USER:PASSWORD@HOST:587`, `smtp+ssl:`, `console:`, `file:///folder`."""
    scheme, _, rest = url.partition(":")
    secured = {"smtp+tls": "tls", "smtp+ssl": "ssl"}.get(scheme, "")
    try:
        parts = dj_email_url.parse(f"smtp:{rest}" if secured else url)
        backend = str(parts["EMAIL_BACKEND"])
        port = urlsplit(url).port or SMTP_PORTS.get(secured)
    except (ValueError, KeyError) as error:
        raise ImproperlyConfigured(
            "EMAIL_URL is not a mail address of a server. Use smtp+tls://USER:PASSWORD@HOST:587, or console: to print."
        ) from error
    options: dict[str, Any] = {}
    if backend.endswith("smtp.EmailBackend"):
        options = {
            "host": parts["EMAIL_HOST"],
            "port": port or parts["EMAIL_PORT"] or 25,
            "username": parts["EMAIL_HOST_USER"],
            "password": parts["EMAIL_HOST_PASSWORD"],
            "use_tls": parts["EMAIL_USE_TLS"] or secured == "tls",
            "use_ssl": parts["EMAIL_USE_SSL"] or secured == "ssl",
            "timeout": 20,
        }
    elif backend.endswith("filebased.EmailBackend"):
        options = {"file_path": "/" + str(parts["EMAIL_FILE_PATH"]).lstrip("/")}  # the library drops the first slash
    return {"BACKEND": backend, "OPTIONS": options}


def _accounts(env: Env) -> list[dict[str, Any]]:
    found = env.json("AWS_ACCOUNTS", []) if env.str("AWS_ACCOUNTS", "") else []
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise ImproperlyConfigured(
            'AWS_ACCOUNTS must be a JSON list: [{"account_id": "111111111111", "profile": "audit"}]'
        )
    return found


def _local_secret_key(data_dir: Path) -> str:
    """A random key of this machine's own, kept in the data folder so that sessions survive a restart."""
    file = data_dir / "secret-key"
    try:
        return file.read_text()
    except OSError:
        pass
    key = secrets.token_urlsafe(64)
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(key)
    except OSError:  # a read-only folder: then a key for this process alone
        pass
    return key


def _refuse_unsafe(env: Environment, *, database_url: str, redis_url: str) -> None:
    problems = []
    if len(env.secret_key) < SHORTEST_SECRET_KEY or len(set(env.secret_key)) < 5:
        problems.append(
            f"SECRET_KEY needs at least {SHORTEST_SECRET_KEY} random characters: "
            'python3 -c "import secrets; print(secrets.token_urlsafe(64))"'
        )
    if env.secret_key in env.secret_key_fallbacks:
        problems.append("SECRET_KEY is among SECRET_KEY_FALLBACKS: make a new one, and keep the old one there alone")
    if not env.allowed_hosts or "*" in env.allowed_hosts:
        problems.append("ALLOWED_HOSTS must list the host names you serve, comma-separated, without *")
    if env.debug:
        problems.append("DEBUG must be off: remove it or set DEBUG=false")
    if env.demo:
        problems.append("OPS_DEMO must be off: its logins have a public password")
    if env.behind_proxy != bool(env.trusted_proxies):
        problems.append(
            "TRUSTED_PROXIES must be how many proxies stand in front when BEHIND_PROXY is true, else 0: "
            "otherwise all visitors share one address, or invent theirs"
        )
    if env.hsts_preload and env.hsts_seconds and not (env.hsts_subdomains and env.hsts_seconds >= HSTS_YEAR):
        problems.append(
            f"HSTS_PRELOAD asks for HSTS_SUBDOMAINS=true and HSTS_SECONDS of {HSTS_YEAR} or more: "
            "set these, or HSTS_PRELOAD=false"
        )
    if env.metrics_token and len(env.metrics_token) < SHORTEST_METRICS_TOKEN:
        problems.append(f"METRICS_TOKEN needs at least {SHORTEST_METRICS_TOKEN} characters, or leave it out")
    if not database_url:
        problems.append("DATABASE_URL is missing: postgresql://USER:PASSWORD@HOST:5432/NAME")
    if not redis_url:
        problems.append("REDIS_URL is missing: redis://HOST:6379/0")
    if problems:
        raise ImproperlyConfigured("Unsafe for production:\n- " + "\n- ".join(problems))


__all__ = ["CHECKOUT", "Environment", "read"]
