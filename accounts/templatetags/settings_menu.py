"""The part of a settings menu that rooms above this one have offered."""

from __future__ import annotations

from django import template

from accounts import settings_menu

register = template.Library()


@register.simple_tag
def offered_places(slug: str = "") -> list[settings_menu.ShownPlace]:
    """Links for a person's own settings, or for those of the organisation `slug`."""
    return settings_menu.places_for(slug)
