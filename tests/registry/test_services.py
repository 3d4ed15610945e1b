"""The verbs of the registry below the door: numbers under parallel writers, the log of activity, deletion."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from accounts.actor import Actor
from hub.lib.errors import Conflict, Invalid
from registry.models import ModelAlias, ModelVersion, ModelVersionTag, RegisteredModel, RegisteredModelTag, Webhook
from registry.services.aliases import delete_alias, set_alias
from registry.services.models import create_registered_model, delete_registered_model, rename_registered_model
from registry.services.tags import set_model_tag, set_version_tag
from registry.services.versions import create_model_version, delete_model_version, transition_stage
from repos.models import Activity, Repository
from repos.services.repositories import delete_repository


@pytest.fixture
def actor(alice) -> Actor:
    return Actor(user=alice)


def register(repository: Repository, actor: Actor, name: str = "iris") -> RegisteredModel:
    return create_registered_model(repository=repository, name=name, actor=actor)


def add(repository: Repository, actor: Actor, name: str = "iris", **more: object) -> ModelVersion:
    return create_model_version(repository=repository, name=name, source="s3://b/m", actor=actor, **more)


def test_what_happens_is_written_down(repo: Repository, actor: Actor) -> None:
    Activity.objects.all().delete()
    register(repo, actor)
    add(repo, actor)
    move = {"repository": repo, "name": "iris", "version": "1", "actor": actor}
    transition_stage(stage="production", **move)
    set_alias(alias="best", **move)
    delete_alias(repository=repo, name="iris", alias="best", actor=actor)
    delete_alias(repository=repo, name="iris", alias="best", actor=actor)
    delete_model_version(**move)
    rename_registered_model(repository=repo, name="iris", new_name="rose", actor=actor)
    delete_registered_model(repository=repo, name="rose", actor=actor)
    tags = [("mlflow.prompt.is_prompt", "true")]
    create_registered_model(repository=repo, name="greeting", tags=tags, actor=actor)
    assert list(Activity.objects.order_by("pk").values_list("verb", "subject")) == [
        ("registered model", "iris"),
        ("registered version", "iris v1"),
        ("changed stage", "iris v1"),
        ("set alias", "iris@best"),
        ("removed alias", "iris@best"),
        ("deleted version", "iris v1"),
        ("renamed model", "rose"),
        ("deleted model", "rose"),
        ("created prompt", "greeting"),
    ]
    assert Activity.objects.filter(user=actor.user, repository=repo).count() == 9


def test_what_is_refused_leaves_nothing(repo: Repository, actor: Actor) -> None:
    register(repo, actor)
    Activity.objects.all().delete()
    with pytest.raises(Conflict):
        register(repo, actor)
    with pytest.raises(Invalid):
        create_model_version(repository=repo, name="iris", source="runs:/a/b", actor=actor)
    assert RegisteredModel.objects.get().last_version == 0
    assert not Activity.objects.exists()


def fill(repository: Repository, actor: Actor) -> None:
    register(repository, actor)
    version = add(repository, actor)
    set_model_tag(repository=repository, name="iris", key="k", value="v", actor=actor)
    set_version_tag(repository=repository, name="iris", version=str(version.number), key="k", value="v", actor=actor)
    set_alias(repository=repository, name="iris", alias="best", version="1", actor=actor)
    hook = Webhook.objects.create(
        repository=repository,
        uuid=f"u{repository.pk}",
        name="h",
        url="https://x",
        events=["a.b"],
        created_at=1,
        updated_at=1,
    )
    hook.deliveries.create(uuid=f"d{repository.pk}", event="a.b", body="{}")


def test_a_repository_takes_its_registry_with_it(repo: Repository, other_repo: Repository, actor: Actor) -> None:
    fill(repo, actor)
    fill(other_repo, actor)
    delete_repository(actor=actor, repository=repo, confirmation="alice/stones")
    tables = (RegisteredModel, ModelVersion, RegisteredModelTag, ModelVersionTag, ModelAlias, Webhook)
    assert [table.objects.count() for table in tables] == [1] * len(tables)
    assert RegisteredModel.objects.get().repository == other_repo
    assert Webhook.objects.get().deliveries.count() == 1


@pytest.mark.django_db(transaction=True)
def test_parallel_writers_never_get_the_same_number(repo: Repository, actor: Actor) -> None:
    register(repo, actor)
    register(repo, actor, "rose")
    gate = threading.Barrier(8)

    def write(worker: int) -> list[int]:
        gate.wait()
        try:
            name = "rose" if worker == 0 else "iris"
            return [add(repo, actor, name, tags=[("worker", str(worker))]).number for _ in range(5)]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(write, range(8)))
    assert found[0] == [1, 2, 3, 4, 5]
    assert sorted(number for numbers in found[1:] for number in numbers) == list(range(1, 36))
    assert all(numbers == sorted(numbers) for numbers in found)
    assert RegisteredModel.objects.get(name="iris").last_version == 35
    assert ModelVersionTag.objects.count() == 40


@pytest.mark.django_db(transaction=True)
def test_of_parallel_registrations_one_wins(repo: Repository, actor: Actor) -> None:
    gate = threading.Barrier(6)

    def write(_: int) -> str:
        gate.wait()
        try:
            register(repo, actor)
        except Conflict as error:
            return error.message
        finally:
            connections.close_all()
        return ""

    with ThreadPoolExecutor(6) as pool:
        said = sorted(pool.map(write, range(6)))
    assert said == ["", *["Registered Model (name=iris) already exists."] * 5]
