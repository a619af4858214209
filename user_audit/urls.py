"""Addresses of the user audit. They come before the base's list pages, one of which they extend."""

from __future__ import annotations

from django.urls import path, re_path

from inventory_ops.views import bulk
from user_audit.views import actions, certification, people

ROOT = "action-required/user-audit/"
KEY = r"(?P<key>[ui][0-9]{1,19})/"
urlpatterns = [
    path(ROOT, people.index, name="user-audit"),
    path(f"{ROOT}plan/", actions.plan, name="user-audit-plan"),
    path(f"{ROOT}request/", actions.request_job, name="user-audit-request"),
    path(f"{ROOT}emails/", actions.emails, name="user-audit-emails"),
    path(f"{ROOT}certification/", certification.plan, name="certification-plan"),
    path(f"{ROOT}certification/start/", certification.start, name="certification-start"),
    path("certifications/bulk/", bulk.act, {"slug": "certifications"}, name="certifications-bulk"),
    path(f"{ROOT}jobs/<uuid:job_id>/", actions.job, name="user-audit-job"),
    path(f"{ROOT}jobs/<uuid:job_id>/log/", actions.log, name="user-audit-log"),
    path(f"{ROOT}jobs/<uuid:job_id>/approve/", actions.approve, name="user-audit-approve"),
    path(f"{ROOT}jobs/<uuid:job_id>/reject/", actions.reject, name="user-audit-reject"),
    path(f"{ROOT}jobs/<uuid:job_id>/pause/", actions.pause, name="user-audit-pause"),
    path(f"{ROOT}jobs/<uuid:job_id>/resume/", actions.resume, name="user-audit-resume"),
    path(f"{ROOT}jobs/<uuid:job_id>/cancel/", actions.cancel, name="user-audit-cancel"),
    path(f"{ROOT}jobs/<uuid:job_id>/retry/", actions.retry, name="user-audit-retry"),
    re_path(rf"^{ROOT}{KEY}$", people.detail, name="user-audit-detail"),
    re_path(rf"^{ROOT}{KEY}recheck/$", people.recheck, name="user-audit-recheck"),
    re_path(rf"^{ROOT}{KEY}review/$", people.review, name="user-audit-review"),
    re_path(rf"^{ROOT}{KEY}confirm-link/$", people.confirm_link, name="user-audit-confirm-link"),
    re_path(rf"^{ROOT}{KEY}manager/$", certification.set_manager, name="user-audit-manager"),
]
