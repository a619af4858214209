# The production image: the same lock file as everywhere, no embedded services started, no root.
FROM python:3.13-slim-bookworm AS build
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
RUN pip install --no-cache-dir uv
WORKDIR /app
COPY pyproject.toml uv.lock .python-version ./
RUN uv sync --locked --no-default-groups --no-install-project
# packages come with up to a hundred languages, of which the product offers five
RUN find .venv/lib -type d -path '*/locale/*' -prune \
    ! -name en ! -name de ! -name es ! -name pt_BR ! -name zh_Hans ! -name __pycache__ -exec rm -r {} +
COPY . .
# static files get their hashed names at build time; the values below are for this step alone
RUN OPS_ENV=production SECRET_KEY=build-only-0123456789-abcdefghijklmnopqrstuvwxyz-0123456789 ALLOWED_HOSTS=localhost \
    DATABASE_URL=postgresql://none@localhost/none REDIS_URL=redis://localhost:6379/0 \
    .venv/bin/python manage.py collectstatic --noinput
# commands and new processes find their own modules compiled; nothing in the image changes, so sources are not asked
RUN .venv/bin/python -m compileall -q --invalidation-mode unchecked-hash \
    config inventory_ops lost_damaged trackers user_audit

FROM python:3.13-slim-bookworm
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 OPS_ENV=production OPS_DATA_DIR=/data
# eight threads keep eight heaps otherwise, and a web process grows by a tenth
ENV MALLOC_ARENA_MAX=2
# letters beyond Latin in statements as PDF
RUN apt-get update && apt-get install -y --no-install-recommends fonts-dejavu-core fonts-droid-fallback \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --home-dir /data --create-home --shell /usr/sbin/nologin ops
WORKDIR /app
COPY --from=build --chown=root:root /app /app
USER ops
VOLUME /data
EXPOSE 8000
# /healthz answers under any Host, so that this does not depend on ALLOWED_HOSTS
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=4 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
# threads: whoever downloads a large export keeps nobody from signing in
CMD ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "4", "--threads", "8", "--timeout", "120", "--max-requests", "5000", "--max-requests-jitter", "500", "--worker-tmp-dir", "/dev/shm"]
