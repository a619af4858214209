"""What models cannot state: the staging table of scans."""

from __future__ import annotations

from django.db import migrations

# What a scan reads is copied here and joined from here; unlogged, since a scan that is lost is read again.
STAGING = """
create unlogged table user_audit_iamsnapshot (
    scan_id bigint not null,
    iam_id text not null,
    user_name text not null,
    arn text not null,
    path text not null,
    created_at timestamptz not null,
    email text not null,
    email_digest text not null,
    tags jsonb not null,
    groups text[] not null,
    policies text[] not null,
    inline_policies text[] not null,
    boundary text not null,
    deny text not null,
    is_admin boolean not null,
    is_quarantined boolean not null,
    protected_because text not null,
    credentials_known boolean not null,
    has_password boolean not null,
    has_mfa boolean not null,
    password_last_used_at timestamptz,
    active_key_count smallint not null,
    active_certificate_count smallint not null,
    oldest_key_at timestamptz,
    key_last_used_at timestamptz
);
create index user_audit_iamsnapshot_scan on user_audit_iamsnapshot (scan_id);
"""


class Migration(migrations.Migration):
    dependencies = [("user_audit", "0002_constraints")]

    operations = [migrations.RunSQL(STAGING, "drop table user_audit_iamsnapshot")]
