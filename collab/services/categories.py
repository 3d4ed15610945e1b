"""Categories of discussions: the first ones, new ones, changed and removed ones."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.text import slugify

from accounts.actor import Actor
from collab.access import check_triage
from collab.models import Category, Discussion
from collab.selectors.discussions import DEFAULTS
from hub.assets import icon_names
from hub.lib.errors import Conflict, Invalid
from repos.models import Repository

MOST = 25


def make_defaults(repository: Repository) -> None:
    """Give a repository its first categories when it has none, in the caller's transaction."""
    if not Category.objects.filter(repository=repository).exists():
        Category.objects.bulk_create([each.row(repository) for each in DEFAULTS], ignore_conflicts=True)


def category_named(repository: Repository, slug: str) -> Category:
    """The category with a slug, the first ones made when there are none; raises Invalid."""
    make_defaults(repository)
    found = Category.objects.filter(repository=repository, slug=slug.replace("\0", "")).first()
    if found is None:
        raise Invalid("There is no such category.", field="category", next_step="Choose one of the list.")
    return found


@transaction.atomic
def save_category(
    *,
    actor: Actor,
    repository: Repository,
    category: Category | None,
    name: str,
    description: str,
    icon: str,
    format: str,
) -> Category:
    """Make a category, or change one; its slug stays, so that links do. A category of polls stays one.

    Needs WRITE. Raises Invalid, Conflict when the name is taken, Unauthenticated, Forbidden.
    """
    check_triage(actor, repository)
    make_defaults(repository)
    name, description = " ".join(name.replace("\0", "").split()), " ".join(description.replace("\0", "").split())
    if not 0 < len(name) <= 60:
        raise Invalid("A name of 1 to 60 characters is needed.", field="name")
    if len(description) > 200:
        raise Invalid("The description is longer than 200 characters.", field="description", next_step="Shorten it.")
    if format not in Category.Format.values:
        raise Invalid("There is no such format.", field="format", next_step="Choose one of the list.")
    if icon not in icon_names():
        raise Invalid("There is no such icon.", field="icon", next_step="Choose one of those shown.")
    if category is None:
        category = _new(repository)
        category.slug = _free_slug(repository, name)
    elif (
        Category.Format.POLL in (category.format, format)
        and category.format != format
        and category.discussions.exists()
    ):
        raise Invalid("Discussions are in it: polls stay polls, and nothing else becomes one.", field="format")
    category.name, category.description, category.icon, category.format = name, description, icon, format
    try:
        with transaction.atomic():
            category.save()
    except IntegrityError:
        raise Conflict(f"There is a category “{name}” already.", field="name", next_step="Choose another.") from None
    return category


@transaction.atomic
def remove_category(*, actor: Actor, category: Category, into: str = "") -> None:
    """Remove a category; what is in it goes `into` the one with this slug. The last one stays.

    Needs WRITE. Raises Invalid, Unauthenticated, Forbidden.
    """
    check_triage(actor, category.repository)
    others = Category.objects.filter(repository=category.repository).exclude(pk=category.pk)
    if not others.exists():
        raise Invalid("This is the last category.", next_step="Make another one first.")
    inside = Discussion.objects.filter(category=category)
    if inside.exists():
        target = others.filter(slug=into.replace("\0", "")).first()
        if target is None:
            raise Invalid("Choose where its discussions go.", field="into")
        if Category.Format.POLL in (category.format, target.format) and category.format != target.format:
            raise Invalid("Polls stay among polls, and nothing else becomes one.", field="into")
        if target.format != Category.Format.QUESTION:
            inside.update(answer=None, answered_by=None, answered_at=None)
        inside.update(category=target)
    category.delete()


def _new(repository: Repository) -> Category:
    rows = Category.objects.filter(repository=repository)
    if rows.count() >= MOST:
        raise Invalid(f"There are {MOST} categories, the most there can be.", next_step="Remove one first.")
    last = rows.aggregate(last=Max("position"))["last"]
    return Category(repository=repository, position=0 if last is None else last + 1)


def _free_slug(repository: Repository, name: str) -> str:
    base = slugify(name)[:50] or "category"
    taken = set(Category.objects.filter(repository=repository).values_list("slug", flat=True))
    return next(slug for n in range(MOST + 2) if (slug := base if not n else f"{base}-{n + 1}") not in taken)
