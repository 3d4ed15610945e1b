"""The one-time link: one administrator, once, within fifteen minutes."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import SetupLink, User
from accounts.services import new_setup_link
from accounts.services.setup import use_setup_link
from hub.lib.errors import HubError
from tests.factories.accounts import PASSWORD

FORM = {"username": "ada", "email": "ada@example.org", "password": PASSWORD}


def test_link_makes_the_administrator_signs_in_and_is_void(client, db):
    path = new_setup_link()
    assert client.get(path).status_code == 200
    answer = client.post(path, FORM)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    ada = User.objects.get()
    assert ada.is_superuser
    assert client.session["_auth_user_id"] == str(ada.pk)
    assert Client().get(path).status_code == 404
    assert Client().post(path, {**FORM, "username": "eve"}).status_code == 404
    assert User.objects.count() == 1


def test_no_link_is_made_once_there_is_an_administrator(root):
    assert new_setup_link() == ""
    assert not SetupLink.objects.exists()


def test_link_is_void_once_there_is_an_administrator(client, db):
    path = new_setup_link()
    User.objects.create_superuser("boss", password=PASSWORD)
    assert client.post(path, FORM).status_code == 404


def test_link_expires(client, db):
    path = new_setup_link()
    assert SetupLink.objects.get().expires_at - timezone.now() <= dt.timedelta(minutes=15)
    SetupLink.objects.update(expires_at=timezone.now())
    assert client.get(path).status_code == 404
    assert client.post(path, FORM).status_code == 404


def test_new_link_voids_the_former(client, db):
    former = new_setup_link()
    assert client.get(new_setup_link()).status_code == 200
    assert client.get(former).status_code == 404


@pytest.mark.parametrize(
    "change", [lambda p: p[:-1] + ("0" if p[-1] != "0" else "1"), lambda p: p.split("-")[0], lambda p: p + "0"]
)
def test_guessed_link_opens_nothing(client, db, change):
    """The attack: somebody tries links on a fresh hub before its owner uses the right one."""
    token = new_setup_link().rsplit("/", 1)[1]
    assert client.get(f"/-/setup/{change(token)}").status_code == 404
    assert client.get("/-/setup/99999999999999999999-" + "0" * 40).status_code == 404


@pytest.mark.parametrize(
    "change", [{"username": "admin"}, {"username": ""}, {"password": "short"}, {"email": "nowhere"}, {"password": ""}]
)
def test_wrong_input_keeps_the_link(client, db, change):
    path = new_setup_link()
    answer = client.post(path, {**FORM, **change})
    assert answer.status_code == 400
    assert answer.context["form"].errors.keys() == change.keys()
    assert client.post(path, FORM).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_two_users_of_a_link_make_one_administrator():
    """The attack: the link leaks, and somebody opens it in the same moment as its owner."""
    token = new_setup_link().rsplit("/", 1)[1]
    outcomes: list[str] = []
    start = threading.Barrier(2)

    def use(name: str) -> None:
        start.wait()
        try:
            use_setup_link(token=token, username=name, email="", password=PASSWORD)
            outcomes.append("made")
        except HubError as error:
            outcomes.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=use, args=(name,)) for name in ("ada", "eve")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["made", "not_found"]
    assert User.objects.filter(is_superuser=True).count() == 1
