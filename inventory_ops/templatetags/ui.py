"""The functions of `kit/markup.py` and `kit/showing.py` as tags and filters of templates."""

from django import template

from inventory_ops.kit import kept, markup, showing

register = template.Library()

for tag in (markup.icon, markup.badge, markup.health_bar, markup.sparkline, markup.delta, markup.ago):
    register.simple_tag(tag)
register.simple_tag(kept.draw, name="kept")
for shown in (markup.number, markup.short, markup.money, markup.unit_money, markup.amount, markup.unit_amount):
    register.filter(shown)
for written in (markup.in_words, showing.moment, showing.day, showing.short_day, showing.clock):
    register.filter(written)
