-- One row an identity: a platform user, an IAM user, or both where they match, with states, finding and flags as
-- of now. The user audit's list and its scans read it (`models/identities.py`).

create or replace view user_audit_identity as
with account as (
    select a.*, last.started_at as scanned_at
    from user_audit_iamaccount a
    left join lateral (
        select max(s.started_at) as started_at from user_audit_iamscan s
        where s.account_id = a.account_id and s.state = 'complete'
    ) last on true
),
scanned as (
    -- is every configured account's last complete scan young enough to say that somebody is not there?
    select coalesce(bool_and(scanned_at > now() - interval '26 hours'), false) as complete
    from account where is_enabled
),
reviewed as (
    select distinct on (subject) subject, verdict, until from user_audit_review order by subject, id desc
),
deleting as (
    select distinct i.iam_user_id from user_audit_actionitem i join user_audit_actionjob j on j.id = i.job_id
    where j.action in ('delete-aws', 'delete-both') and i.iam_user_id is not null
      and i.state in ('running', 'retry')
      and exists (select 1 from user_audit_iamarchive a where a.iam_user_id = i.iam_user_id)
),
iam as (
    -- whoever is not gone was seen by the last complete scan
    select i.*, a.alias, r.taken_at as disabled_at, greatest(i.read_at, a.scanned_at) as seen_at,
        i.active_key_count + i.active_other_count > 0 or not i.credentials_known as has_active,
        greatest(i.password_last_used_at, i.key_last_used_at) as last_used_at,
        case
            when greatest(i.read_at, a.scanned_at) < now() - interval '26 hours' or not a.is_enabled then 'unknown'
            when d.iam_user_id is not null then 'deleting'
            when r.id is not null and (i.deny <> 'managed' or i.active_key_count + i.active_other_count > 0)
                then 'partial'
            when r.id is not null then 'disabled'
            when i.deny <> '' then 'disabled_elsewhere'
            when i.credentials_known and not i.has_password and i.active_key_count + i.active_other_count = 0
                then 'no_credentials'
            else 'active'
        end as status
    from user_audit_iamuser i
    join account a on a.account_id = i.account_id
    left join user_audit_disablerecord r on r.iam_user_id = i.id and r.state = 'open'
    left join deleting d on d.iam_user_id = i.id
    where i.gone_at is null
),
joined as (
    select
        case when i.id is not null then 'i' || i.id else 'u' || u.id end as key,
        u.id as user_id,
        i.id as iam_user_id,
        coalesce(u.email, nullif(i.email, ''), i.user_name) as email,
        coalesce(u.name, '') as name,
        coalesce(u.role, '') as role,
        coalesce(u.platform_type, '') as platform_type,
        case
            when i.id is not null then i.status
            when scanned.complete then 'not_found'
            else 'unknown'
        end as aws_status,
        case
            when t.id is not null then 'deleted'
            when u.id is null then 'not_found'
            when u.is_active then 'active'
            else 'disabled'
        end as database_status,
        u.last_login,
        i.last_used_at as aws_last_used_at,
        coalesce(u.created_at, i.created_at) as created_at,
        coalesce(u.updated_at, i.changed_at) as updated_at,
        coalesce(i.account_id, '') as account_id,
        coalesce(i.alias, '') as account_alias,
        coalesce(i.user_name, '') as user_name,
        i.seen_at as read_at,
        i.disabled_at,
        coalesce(nullif(i.protected_because, ''), p.reason, '') as protected_because,
        t.deleted_at,
        coalesce(t.by, '') as deleted_by,
        i.link,
        i.recreated,
        i.is_admin,
        i.is_quarantined,
        i.has_password and not i.has_mfa and i.deny = '' as no_mfa,
        i.active_key_count > 1 as two_keys,
        i.active_key_count > 0 and i.oldest_key_at < now() - interval '90 days' as old_key,
        i.deny = '' and (i.has_password or i.active_key_count > 0)
            and coalesce(i.last_used_at, i.created_at) < now() - interval '45 days' as unused,
        i.disabled_at is not null and i.password_last_used_at > i.disabled_at as signed_in
    from iam i
    full outer join inventory_ops_user u on u.id = i.user_id
    cross join scanned
    left join user_audit_deleteduser t
        on t.user_id = u.id or (u.id is null and i.email_digest <> '' and t.email_digest = i.email_digest)
    left join user_audit_protection p on lower(p.email) = lower(coalesce(u.email, nullif(i.email, ''), i.user_name))
    -- an emptied account without an IAM user is a tombstone, not an identity
    where i.id is not null or t.id is null
),
judged as (
    select *,
        case
            when aws_status in ('unknown', 'deleting') then ''
            when aws_status = 'partial' then 'repair'
            when database_status in ('not_found', 'deleted') and protected_because <> '' then ''
            when aws_status = 'active' and database_status in ('not_found', 'deleted') then 'aws_open_nobody'
            when aws_status = 'active' and database_status = 'disabled' then 'aws_open_platform_disabled'
            when aws_status in ('no_credentials', 'disabled', 'disabled_elsewhere')
                and database_status in ('not_found', 'deleted') then 'orphan'
            when aws_status in ('disabled', 'disabled_elsewhere') and database_status = 'active'
                then 'platform_open_aws_disabled'
            when aws_status = 'disabled' and database_status = 'disabled' and disabled_at < now() - interval '90 days'
                then 'delete_candidate'
            when aws_status = 'no_credentials' and database_status = 'active' then 'no_credentials'
            when aws_status = 'not_found' and database_status = 'active' and lower(platform_type) = 'admin'
                then 'aws_missing'
            else ''
        end as finding,
        array_remove(array[
            case when link = 'ambiguous' then 'ambiguous' end,
            case when recreated then 'recreated' end,
            case when signed_in then 'sign_in_after_disable' end,
            case when unused and aws_status <> 'unknown' then 'unused' end,
            case when old_key and aws_status <> 'unknown' then 'old_key' end,
            case when no_mfa and aws_status <> 'unknown' then 'no_mfa' end,
            case when two_keys then 'two_keys' end,
            case when protected_because <> '' then 'protected' end,
            case when is_admin then 'aws_admin' end,
            case when is_quarantined then 'quarantined' end
        ], null)::varchar[] as flags
    from joined
)
select
    j.key, j.user_id, j.iam_user_id, j.email, j.name, j.role, j.platform_type, j.aws_status, j.database_status,
    j.last_login, j.aws_last_used_at, j.created_at, j.updated_at, j.account_id, j.account_alias, j.user_name, j.read_at,
    j.disabled_at, j.finding, j.flags,
    greatest(
        case j.finding
            when 'aws_open_nobody' then 5
            when 'aws_open_platform_disabled' then 4
            when 'repair' then 4
            when 'platform_open_aws_disabled' then 3
            when 'orphan' then 3
            when '' then 0
            else 2
        end,
        case
            when j.flags && array['ambiguous', 'recreated', 'sign_in_after_disable', 'no_mfa']::varchar[] then 4
            when j.flags && array['unused', 'old_key']::varchar[] then 3
            when 'two_keys' = any(j.flags) then 1
            else 0
        end
    ) as severity,
    j.protected_because,
    coalesce(v.verdict, '') as verdict,
    v.until as verdict_until,
    j.deleted_at,
    j.deleted_by
from judged j
left join reviewed v on v.subject = j.key and (v.until is null or v.until >= current_date);
