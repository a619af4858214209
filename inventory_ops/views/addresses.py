"""Addresses that a request brings along."""

from __future__ import annotations

import re

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def safe_next(request: HttpRequest, fallback: str = "/") -> str:
    """The page to return to after a POST, if it is one of ours."""
    target = request.POST.get("next", "")
    # a path of our own, without control characters or a second slash that would name another host
    if re.fullmatch(r"/(?!/)[^\s\\\x00-\x1f]*", target) and url_has_allowed_host_and_scheme(target, allowed_hosts=None):
        return target
    return fallback
