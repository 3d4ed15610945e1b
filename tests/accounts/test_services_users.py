"""People are made, changed, disabled and removed, or the service says why not."""

from __future__ import annotations

import threading

import pytest
from allauth.account.models import EmailAddress
from django.db import connection

from accounts.models import AccessToken, Membership, Owner, User
from accounts.services import create_organization, create_token, create_user
from accounts.services.organizations import add_member
from accounts.services.users import (
    change_email,
    change_profile,
    delete_user,
    random_password,
    set_active,
    set_administrator,
    set_password,
)
from hub.lib.errors import Conflict, HubError, Invalid
from tests.factories.accounts import PASSWORD, make_user
from tests.factories.repos import make_repo


def test_create_user_claims_the_address_of_the_name(db):
    user = create_user(username="Ada", password=PASSWORD, email="Ada@Example.org")
    assert (user.owner.slug, user.email, user.is_superuser) == ("Ada", "ada@example.org", False)
    assert user.check_password(PASSWORD)


@pytest.mark.parametrize("name", ["alice", "ALICE", "Northwind"])
def test_create_user_refuses_a_taken_name_in_any_case(alice, name):
    create_organization(creator=alice, slug="northwind")
    with pytest.raises(Conflict, match="taken") as refused:
        create_user(username=name, password=PASSWORD)
    assert refused.value.field == "username"
    assert User.objects.count() == 1


@pytest.mark.parametrize("name", ["", "-a", "a b", "admin", "Settings", "a" * 40, "ünder", "x.git", "a\0b"])
def test_create_user_refuses_a_bad_name(db, name):
    with pytest.raises(Invalid) as refused:
        create_user(username=name, password=PASSWORD)
    assert refused.value.field == "username"


@pytest.mark.parametrize("password", ["", "short", "1234567890", "password123", "lovelace-ada"])
def test_create_user_refuses_a_weak_password(db, password):
    with pytest.raises(Invalid) as refused:
        create_user(username="lovelace-ada", password=password)
    assert refused.value.field == "password"
    assert not User.objects.exists()


def test_create_user_refuses_a_bad_or_taken_email(alice):
    with pytest.raises(Invalid, match="not an e-mail"):
        create_user(username="dora", password=PASSWORD, email="nowhere")
    with pytest.raises(Conflict, match="Somebody else"):
        create_user(username="dora", password=PASSWORD, email="ALICE@example.org")


@pytest.mark.django_db(transaction=True)
def test_create_user_of_one_name_at_the_same_time_has_one_winner():
    """Two people and an organisation want one name in the same moment: one has it, the others are told."""
    founder = make_user("founder")
    outcomes: list[str] = []
    start = threading.Barrier(3)

    def race(make) -> None:
        start.wait()
        try:
            make()
            outcomes.append("made")
        except HubError as error:
            outcomes.append(error.code)
        finally:
            connection.close()

    makers = [
        lambda: create_user(username="prize", password=PASSWORD),
        lambda: create_user(username="Prize", password=PASSWORD),
        lambda: create_organization(creator=founder, slug="PRIZE"),
    ]
    threads = [threading.Thread(target=race, args=(make,)) for make in makers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["conflict", "conflict", "made"]
    assert Owner.objects.filter(slug__iexact="prize").count() == 1
    assert User.objects.filter(owner=None).count() == 0


def test_random_password_is_accepted_and_different_each_time(db):
    passwords = {random_password() for _ in range(20)}
    assert len(passwords) == 20
    assert create_user(username="dora", password=passwords.pop())


def test_change_profile_leaves_what_is_not_given(alice):
    change_profile(user=alice, full_name=" Alice A. ", theme="dark")
    change_profile(user=alice, bio="Stacks stones.")
    alice.refresh_from_db()
    assert (alice.full_name, alice.bio, alice.theme) == ("Alice A.", "Stacks stones.", "dark")


@pytest.mark.parametrize(
    ("change", "field"),
    [({"theme": "pink"}, "theme"), ({"bio": "x" * 501}, "bio"), ({"full_name": "x" * 151}, "full_name")],
)
def test_change_profile_refuses_what_does_not_fit(alice, change, field):
    with pytest.raises(Invalid) as refused:
        change_profile(user=alice, **change)
    assert refused.value.field == field


def test_change_email_forgets_the_former_address(alice):
    """The attack: an old mailbox, lost to somebody else, is used to reset the password."""
    EmailAddress.objects.create(user=alice, email="alice@example.org", primary=True)
    change_email(user=alice, email="Alice@New.example")
    assert User.objects.get(pk=alice.pk).email == "alice@new.example"
    assert not EmailAddress.objects.filter(email="alice@example.org").exists()


def test_change_email_refuses_somebody_elses(alice, bob):
    with pytest.raises(Conflict):
        change_email(user=alice, email="BOB@example.org")
    assert User.objects.get(pk=alice.pk).email == "alice@example.org"


def test_set_password_refuses_a_weak_one_and_keeps_the_old(alice):
    with pytest.raises(Invalid):
        set_password(user=alice, password="12345")
    assert User.objects.get(pk=alice.pk).check_password(PASSWORD)
    set_password(user=alice, password="another long password")
    assert User.objects.get(pk=alice.pk).check_password("another long password")


def test_last_administrator_stays(root, alice):
    for remove in (
        lambda: set_active(user=root, active=False),
        lambda: set_administrator(user=root, is_admin=False),
        lambda: delete_user(user=root, confirmation=root.username),
    ):
        with pytest.raises(Conflict, match="only administrator"):
            remove()
    set_administrator(user=alice, is_admin=True)
    set_active(user=root, active=False)
    with pytest.raises(Conflict, match="only administrator"):
        set_administrator(user=alice, is_admin=False)


def test_delete_user_removes_the_person_and_frees_the_name(alice, mallory):
    token = create_token(user=mallory, name="t")
    delete_user(user=mallory, confirmation="mallory")
    assert not AccessToken.objects.filter(pk=token.pk).exists()
    assert create_user(username="mallory", password=PASSWORD)


def test_delete_user_wants_the_name_typed(mallory):
    with pytest.raises(Invalid, match="Type mallory"):
        delete_user(user=mallory, confirmation="Mallory")
    assert User.objects.filter(username="mallory").exists()


def test_delete_user_is_refused_while_they_own_repositories(repo, other_repo, alice):
    with pytest.raises(Conflict, match=r"owns 2 repositories: alice/pebbles, alice/stones\."):
        delete_user(user=alice, confirmation="alice")
    assert User.objects.filter(username="alice").exists()


def test_delete_user_names_five_repositories_at_most(alice):
    for number in range(7):
        make_repo(alice, f"r{number}")
    with pytest.raises(Conflict, match="r4 and 2 more"):
        delete_user(user=alice, confirmation="alice")


def test_delete_user_is_refused_for_the_only_owner_of_an_organisation(alice, bob):
    organization = create_organization(creator=alice, slug="northwind")
    with pytest.raises(Conflict, match="only owner of northwind"):
        delete_user(user=alice, confirmation="alice")
    add_member(organization=organization, user=bob, role=Membership.Role.OWNER)
    delete_user(user=alice, confirmation="alice")
    assert list(organization.memberships.values_list("user__username", flat=True)) == ["bob"]
