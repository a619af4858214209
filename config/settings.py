"""Django settings. What may differ between machines comes from config/env.py."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils.csp import CSP

from config import env as environment
from config import logs, observing

ENV = environment.read()
BASE_DIR = environment.CHECKOUT

SECRET_KEY = ENV.secret_key
SECRET_KEY_FALLBACKS = ENV.secret_key_fallbacks  # still read; manage.py reseal makes them needless
DEBUG = ENV.debug
DEMO = ENV.demo
ALLOWED_HOSTS = ENV.allowed_hosts
CSRF_TRUSTED_ORIGINS = ENV.csrf_trusted_origins
PUBLIC_URL = ENV.public_url

INSTALLED_APPS = [
    "inventory_ops",
    "trackers",
    "user_audit",
    "lost_damaged",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_filters",
    "django_tables2",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "rest_framework",
    "drf_spectacular",
]

MIDDLEWARE = [
    "config.middleware.RequestIdMiddleware",
    "config.middleware.ClientMiddleware",
    "config.metrics.RequestMetricsMiddleware",
    "config.middleware.UnreadableMiddleware",
    "config.middleware.ServiceUnavailableMiddleware",
    "config.middleware.StatementsMiddleware",
    "config.middleware.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.session_limits.SessionLimitsMiddleware",
    "config.middleware.ShownMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "inventory_ops.kit.db.replica.WrittenMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "config.second_factor.SecondFactorMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": [
                "inventory_ops.templatetags.ui",
                "django.templatetags.i18n",
                "django.templatetags.static",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "inventory_ops.pages.frame.context",
            ],
        },
    },
]

# -- data ---------------------------------------------------------------------------------------------------------
DATABASES: dict[str, dict[str, Any]] = {"default": ENV.database}
if ENV.database_replica:
    DATABASES["replica"] = ENV.database_replica | {"TEST": {"MIRROR": "default"}}
SLOW_STATEMENT_SECONDS = ENV.slow_statement_ms / 1000  # of one statement, above which it is logged with its page
DATABASE_ROUTERS = ["inventory_ops.kit.db.replica.Router"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = ENV.redis_url
CELERY_APP = "config.celery.app"  # imported when the first message is sent
CACHES = {
    "default": {
        "BACKEND": "config.cache.ForgivingRedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"serializer": "config.cache.JsonSerializer"},
    }
}
DATA_DIR = ENV.data_dir
MEDIA_ROOT = DATA_DIR / "files"  # uploads, exports, evidence without FILES_URL: never served as they are
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
IMPORT_MAX_BYTES = 200 * 1024 * 1024  # of an uploaded import file, unpacked
IMPORT_MAX_ROWS = 1_000_000
IMPORT_FILES_KEPT = timedelta(days=2)
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# -- people -------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "inventory_ops.User"
AUTHENTICATION_BACKENDS = ["config.accounts.EmailBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "config.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "config.accounts.ResetTokens"  # noqa: S105  (a path)
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # no mail to people who have no account
ACCOUNT_EMAIL_NOTIFICATIONS = True
# of codes; how often a password may be tried says inventory_ops.operations.sign_in
ACCOUNT_RATE_LIMITS = {"login": "300/m/ip", "login_failed": "10/m/ip,5/5m/key"}
TRUSTED_PROXIES = ENV.trusted_proxies
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_ADAPTER = "config.second_factor.MfaAdapter"
MFA_TOTP_ISSUER = "Inventory Ops"
MFA_REQUIRED_ROLES = [] if DEMO or not ENV.production else ["admin", "finance"]
SESSION_IDLE = timedelta(minutes=ENV.session_idle_minutes)
SESSION_IDLE_PRIVILEGED = timedelta(minutes=ENV.session_idle_minutes_privileged)
SESSION_PRIVILEGED_ROLES = ["admin", "finance"]
SESSION_LONGEST = timedelta(hours=ENV.session_hours)
SESSION_COOKIE_AGE = int(SESSION_LONGEST.total_seconds())
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
SILENCED_SYSTEM_CHECKS: list[str] = []

# -- browser ------------------------------------------------------------------------------------------------------
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
if ENV.production:
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^(healthz|metrics)$"]  # probes come over plain HTTP from inside
    SECURE_HSTS_SECONDS = ENV.hsts_seconds  # 0: none. Browsers remember it so long, whatever is served meanwhile
    SECURE_HSTS_INCLUDE_SUBDOMAINS = ENV.hsts_subdomains
    SECURE_HSTS_PRELOAD = ENV.hsts_preload
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
if ENV.behind_proxy:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = not ENV.production
STORAGES = {
    "default": {"BACKEND": "config.files.S3Files", "OPTIONS": ENV.files}
    if ENV.files
    else {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if ENV.production
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# -- language and time --------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [  # each by its own name, which whoever looks for it can read
    ("en", "English"),
    ("de", "Deutsch"),
    ("es", "Español"),
    ("pt-br", "Português (Brasil)"),
    ("zh-hans", "简体中文"),
]
FORMAT_MODULE_PATH = "config.formats"
LOCALE_PATHS = [BASE_DIR / "inventory_ops" / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
USE_THOUSAND_SEPARATOR = False

# -- mail ---------------------------------------------------------------------------------------------------------
MAILERS = {"default": ENV.mailer}
DEFAULT_FROM_EMAIL = ENV.default_from_email

# -- notifications ------------------------------------------------------------------------------------------------
NOTIFICATIONS_TRUSTED_HOSTS = ENV.notifications_trusted_hosts  # webhooks may reach these in plain HTTP and privately
NOTIFICATIONS_ALLOW_LOOPBACK = DEMO  # a receiver on the same machine, for trying things out
METRICS_TOKEN = ENV.metrics_token

# -- AWS ----------------------------------------------------------------------------------------------------------
AWS_REAL = ENV.aws_real
AWS_ENDPOINT_URL = ENV.aws_endpoint_url
AWS_ACCOUNTS = ENV.aws_accounts
USER_AUDIT_WRITES = ENV.user_audit_writes
USER_AUDIT_PROTECTED = [email.lower() for email in ENV.user_audit_protected]

# -- channels -----------------------------------------------------------------------------------------------------
CHANNELS_PRIVATE = ENV.channels_private  # may a channel's address lie in a private network?
CHANNELS_DIR = DATA_DIR / "channels"  # folders of file channels lie below it

# -- JSON API -----------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "config.api.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["config.api.MayCall"],
    "EXCEPTION_HANDLER": "config.api.on_exception",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Inventory Ops",
    "VERSION": "1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
}

# -- logs ---------------------------------------------------------------------------------------------------------
LOGGING_CONFIG = None
logs.configure(level=ENV.log_level, style=ENV.log_format)
observing.report_errors(ENV.sentry_dsn, environment="production" if ENV.production else "local")
