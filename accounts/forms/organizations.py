"""Organisations, their people and their teams."""

from __future__ import annotations

from django import forms

from accounts.forms.base import HubForm
from accounts.models import Membership

_name = forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"})


class OrganizationProfileForm(HubForm):
    """The words that introduce an organisation."""

    display_name = forms.CharField(label="Name to show", max_length=150, required=False)
    description = forms.CharField(
        label="Description", max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class NewOrganizationForm(OrganizationProfileForm):
    """A new organisation."""

    slug = forms.CharField(
        label="Name in addresses",
        max_length=39,
        help_text="The first word of its addresses: letters, digits, hyphens, dots and underscores.",
        widget=_name,
    )
    field_order = ["slug", "display_name", "description"]


class MemberForm(HubForm):
    """Somebody to add."""

    username = forms.CharField(label="User name", max_length=39, widget=_name)
    role = forms.ChoiceField(
        label="Role",
        choices=[(Membership.Role.MEMBER, "Member"), (Membership.Role.OWNER, "Owner")],
        initial=Membership.Role.MEMBER,
        help_text="Owners administer the organisation and all its repositories. Members get what teams give.",
    )


class RoleForm(HubForm):
    """What a member may do."""

    role = forms.ChoiceField(choices=Membership.Role.choices)


class TeamForm(HubForm):
    """A team's name and purpose."""

    name = forms.CharField(label="Team name", max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    description = forms.CharField(label="What it is for", max_length=300, required=False)


class TeamMemberForm(HubForm):
    """A member to add to a team."""

    username = forms.CharField(label="User name", max_length=39, widget=_name)
