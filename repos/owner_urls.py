"""Addresses of webhooks that are told of all repositories of a person or an organisation, under /-/."""

from __future__ import annotations

from django.urls import path

from repos.views import hooks

app_name = "repos_owner"

_PERSON = "settings/webhooks"
_GROUP = "organizations/<owner:slug>/webhooks"

urlpatterns = [
    path(_PERSON, hooks.hooks.of_person, name="person_webhooks"),
    path(f"{_PERSON}/new", hooks.new_hook.of_person, name="person_webhook_new"),
    path(f"{_PERSON}/<int:pk>", hooks.hook.of_person, name="person_webhook"),
    path(f"{_PERSON}/<int:pk>/test", hooks.hook_test.of_person, name="person_webhook_test"),
    path(f"{_PERSON}/<int:pk>/deletion", hooks.hook_deletion.of_person, name="person_webhook_deletion"),
    path(f"{_PERSON}/<int:pk>/deliveries/<int:number>", hooks.hook_delivery.of_person, name="person_webhook_delivery"),
    path(
        f"{_PERSON}/<int:pk>/deliveries/<int:number>/again",
        hooks.hook_redelivery.of_person,
        name="person_webhook_redelivery",
    ),
    path(_GROUP, hooks.hooks.of_group, name="group_webhooks"),
    path(f"{_GROUP}/new", hooks.new_hook.of_group, name="group_webhook_new"),
    path(f"{_GROUP}/<int:pk>", hooks.hook.of_group, name="group_webhook"),
    path(f"{_GROUP}/<int:pk>/test", hooks.hook_test.of_group, name="group_webhook_test"),
    path(f"{_GROUP}/<int:pk>/deletion", hooks.hook_deletion.of_group, name="group_webhook_deletion"),
    path(f"{_GROUP}/<int:pk>/deliveries/<int:number>", hooks.hook_delivery.of_group, name="group_webhook_delivery"),
    path(
        f"{_GROUP}/<int:pk>/deliveries/<int:number>/again",
        hooks.hook_redelivery.of_group,
        name="group_webhook_redelivery",
    ),
]
