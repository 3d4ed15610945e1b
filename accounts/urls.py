"""Addresses under /-/: signing in, settings, organisations, administration."""

from __future__ import annotations

from allauth.account.views import account_inactive, logout, password_reset_done, password_reset_from_key_done
from django.urls import include, path, re_path

from accounts.views import administration, keys, organizations, settings, setup, signing, tokens

# Names that allauth reverses; they stay outside of the room's namespace.
signing_patterns = [
    path("login", signing.SignIn.as_view(), name="account_login"),
    path("signup", signing.SignUp.as_view(), name="account_signup"),
    path("logout", logout, name="account_logout"),
    path("inactive", account_inactive, name="account_inactive"),
    path("settings/password", signing.PasswordChange.as_view(), name="account_change_password"),
    path("password/reset", signing.PasswordReset.as_view(), name="account_reset_password"),
    path("password/reset/sent", password_reset_done, name="account_reset_password_done"),
    path("password/reset/done", password_reset_from_key_done, name="account_reset_password_from_key_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]{1,13})-(?P<key>[0-9A-Za-z-]{1,200})$",
        signing.PasswordResetFromKey.as_view(),
        name="account_reset_password_from_key",
    ),
]

settings_patterns = [
    path("setup/<slug:token>", setup.setup, name="setup"),
    path("theme", settings.theme, name="theme"),
    path("settings", settings.settings, name="settings"),
    path("settings/email", settings.email, name="email"),
    path("settings/tokens", tokens.tokens, name="tokens"),
    path("settings/tokens/<int:number>/revocation", tokens.revocation, name="token_revocation"),
    path("settings/keys", keys.key_pairs, name="keys"),
    path("settings/keys/<int:number>/revocation", keys.revocation, name="key_revocation"),
    path("settings/organizations", settings.organizations, name="organizations"),
    path("settings/organizations/<owner:slug>/departure", settings.departure, name="departure"),
    path("settings/account", settings.account, name="account"),
]

_group = "organizations/<owner:slug>"
_team = f"{_group}/teams/<int:number>"
organization_patterns = [
    path("organizations/new", organizations.new_organization, name="new_organization"),
    path(_group, organizations.organization, name="organization"),
    path(f"{_group}/members", organizations.members, name="organization_members"),
    path(f"{_group}/members/<owner:name>/role", organizations.role, name="organization_role"),
    path(f"{_group}/members/<owner:name>/removal", organizations.removal, name="organization_removal"),
    path(f"{_group}/teams", organizations.teams, name="organization_teams"),
    path(_team, organizations.team, name="organization_team"),
    path(f"{_team}/profile", organizations.team_profile, name="organization_team_profile"),
    path(f"{_team}/deletion", organizations.team_deletion, name="organization_team_deletion"),
    path(f"{_team}/members/<owner:name>/removal", organizations.team_removal, name="organization_team_removal"),
    path(f"{_group}/deletion", organizations.deletion, name="organization_deletion"),
]

administration_patterns = [
    path("admin", administration.people, name="admin"),
    path("admin/people/new", administration.new_person, name="new_person"),
    path("admin/people/<owner:name>", administration.person, name="person"),
    path("admin/people/<owner:name>/activation", administration.activation, name="activation"),
    path("admin/people/<owner:name>/administration", administration.administration_right, name="administration"),
    path("admin/people/<owner:name>/password", administration.password_reset, name="password_reset"),
    path("admin/owners", administration.owners, name="owners"),
    path("admin/owners/<owner:name>", administration.quota, name="quota"),
]

urlpatterns = [
    *signing_patterns,
    path("admin/jobs", include("jobs.urls")),
    path("", include((settings_patterns + organization_patterns + administration_patterns, "accounts"))),
]
