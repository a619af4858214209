"""The functions of `kit/markup.py` as tags and filters of templates."""

from django import template

from inventory_ops.kit import markup

register = template.Library()

for tag in (markup.icon, markup.badge, markup.health_bar, markup.sparkline, markup.delta, markup.ago):
    register.simple_tag(tag)
for shown in (markup.number, markup.money, markup.unit_money):
    register.filter(shown)
