"""A web process has done what the first page would wait for."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from config import warming
from config.embedded.paths import CHECKOUT

RUN = """
import json, sys
import config.{name}
from django.template import engines
from django.db import connections
from django.urls import get_resolver
from inventory_ops.kit import markup
from inventory_ops.queries import shop
from inventory_ops.registries import menu
[loader] = engines["django"].engine.template_loaders
cached = loader.get_template_cache.values()
print(json.dumps({{
    "compiled": sorted({{template.name for template in cached if hasattr(template, "name")}}),
    "pages": "lost_damaged.views.statements" in sys.modules,
    "addresses": get_resolver()._populated,
    "menu": menu._url.cache_info().currsize == len({{each.route for key in menu.GROUPS for each in menu.entries(key)}}),
    "icons": markup.icon.cache_info().currsize,
    "zones": shop._known.cache_info().currsize,
    "connected": [each.alias for each in connections.all(initialized_only=True) if each.connection],
}}))
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["wsgi", "asgi"])
def test_pages_addresses_and_templates_are_there_before_the_first_request(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", RUN.format(name=name)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    found = json.loads(done.stdout.splitlines()[-1])
    assert set(warming.names()) <= set(found["compiled"])
    assert len(warming.names()) > 100
    assert found["pages"] and found["addresses"]
    assert found["menu"] and found["icons"] > 20 and found["zones"]
    assert not found["connected"]  # those of the threads that answer are not this one's
