"""What people write here, as HTML: Markdown, with names, numbers, commits and :signs: made into links and signs.

The sanitiser of hub.lib.render decides what HTML is safe; only text between its tags is looked at afterwards, and what
is put there is made of rows that the reader may see.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import quote

from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.actor import Actor
from accounts.models import Owner
from collab.emoji import SIGNS
from collab.models import Kind, Topic
from hub.lib.render import markdown
from hub.lib.routing import OWNER_PATTERN, REPO_PATTERN
from repos.git import objects
from repos.models import Repository
from repos.paths import git_dir

# Of all the texts of one page: a wall of names is drawn as text from here on, so that no page asks for thousands.
MOST_LOOKED_UP = 300
MOST_COMMITS = 40
_CACHED_CHARS = 4096

_tag = re.compile(r'<(/?)([a-z][a-z0-9]*)(?:[^<>"]|"[^"]*")*>', re.IGNORECASE)
_QUIET = frozenset({"a", "code", "pre"})
# SECURITY: every part has a bound and begins at the edge of a word, so no text takes quadratic time. `&` and `#` keep
# entities such as &#39; from being read as numbers.
_word = re.compile(
    rf"""(?<![\w@/&\#.-])(?:
        @(?P<person>{OWNER_PATTERN})(?![\w@/])
      | (?:(?P<owner>{OWNER_PATTERN})/(?P<repo>{REPO_PATTERN}))?\#(?P<number>[1-9][0-9]{{0,8}})(?![\w])
      | (?P<commit>[0-9a-f]{{7,40}})(?![\w-])
    ) | (?<!\w):(?P<sign>[a-z0-9_+-]{{1,30}}):""",
    re.VERBOSE,
)
_closing = re.compile(r"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)\b:?\s{1,4}$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Named:
    """A topic that a text names: `owner` and `name` are "" for the text's own repository; `closes`: "fixes #3"."""

    owner: str
    name: str
    number: int
    closes: bool = False


@dataclass(slots=True)
class _Wanted:
    people: dict[str, None] = field(default_factory=dict)
    topics: dict[tuple[str, str, int], None] = field(default_factory=dict)
    commits: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class _Known:
    people: dict[str, str] = field(default_factory=dict)
    topics: dict[tuple[str, str, int], Topic] = field(default_factory=dict)
    commits: dict[str, str] = field(default_factory=dict)


def render_text(body: str, *, repository: Repository, actor: Actor) -> SafeString:
    """One text as safe HTML for a reader; see render_texts."""
    return render_texts([body], repository=repository, actor=actor)[0]


def render_texts(bodies: Sequence[str], *, repository: Repository, actor: Actor) -> list[SafeString]:
    """Many texts of one repository as safe HTML, in a constant number of queries.

    @names, #numbers, owner/name#numbers and commit ids become links where they name something that the actor may see;
    everything else stays the text that it is.
    """
    pages = [_html(body, repository) for body in bodies]
    wanted = _Wanted()
    for page in pages:
        for text in _texts(page):
            _want(text, wanted)
    known = _look_up(wanted, repository, actor)
    return [_linked(page, known, repository, actor) for page in pages]


def names_in(body: str) -> list[str]:
    """The names called with @ in a text, each once, as written; not those in code."""
    found = (match["person"] for text in _texts(_html(body)) for match in _word.finditer(text) if match["person"])
    return list({name.lower(): name for name in found}.values())[:MOST_LOOKED_UP]


def references_in(body: str) -> list[Named]:
    """The topics that a text names, each once, and whether by a closing word ("fixes #3"); not those in code."""
    return _named(_texts(_html(body)))


def references_in_message(message: str) -> list[Named]:
    """Like references_in for the message of a commit, which is no Markdown."""
    return _named([message])


def _named(texts: Iterable[str]) -> list[Named]:
    found: dict[tuple[str, str, int], Named] = {}
    for text in texts:
        for match in _word.finditer(text):
            if match["number"]:
                owner, name, number = match["owner"] or "", match["repo"] or "", int(match["number"])
                key = (owner.lower(), name.lower(), number)
                closes = _closing.search(text[max(0, match.start() - 20) : match.start()]) is not None
                if key not in found or (closes and not found[key].closes):
                    found[key] = Named(owner, name, number, closes)
    return list(found.values())[:MOST_LOOKED_UP]


def _html(body: str, repository: Repository | None = None) -> str:
    if repository is None:
        base = ("", "")
    else:
        here, branch = repository.get_absolute_url(), quote(repository.default_branch)
        base = (f"{here}/src/{branch}", f"{here}/raw/{branch}")
    return _kept(body, *base) if len(body) <= _CACHED_CHARS else _drawn(body, *base)


def _drawn(body: str, links: str, images: str) -> str:
    return markdown.render(body, link_base=links, image_base=images)


@lru_cache(maxsize=512)
def _kept(body: str, links: str, images: str) -> str:
    return _drawn(body, links, images)


def _pieces(html: str) -> Iterator[tuple[bool, str]]:
    """The tags and texts of cleaned HTML in order; True for text that is neither a link nor code."""
    at, quiet = 0, 0
    for match in _tag.finditer(html):
        if match.start() > at:
            yield quiet == 0, html[at : match.start()]
        if match[2].lower() in _QUIET:
            quiet += -1 if match[1] else 1
        yield False, match[0]
        at = match.end()
    if at < len(html):
        yield quiet == 0, html[at:]


def _texts(html: str) -> list[str]:
    return [piece for is_text, piece in _pieces(html) if is_text]


def _want(text: str, wanted: _Wanted) -> None:
    for match in _word.finditer(text):
        if match["person"] and len(wanted.people) < MOST_LOOKED_UP:
            wanted.people[match["person"].lower()] = None
        elif match["number"] and len(wanted.topics) < MOST_LOOKED_UP:
            wanted.topics[_key(match)] = None
        elif match["commit"] and len(wanted.commits) < MOST_COMMITS:
            wanted.commits[match["commit"]] = None


def _key(match: re.Match[str]) -> tuple[str, str, int]:
    return ((match["owner"] or "").lower(), (match["repo"] or "").lower(), int(match["number"]))


def _look_up(wanted: _Wanted, repository: Repository, actor: Actor) -> _Known:
    known = _Known()
    if wanted.people:
        rows = Owner.objects.annotate(low=Lower("slug")).filter(low__in=wanted.people)
        known.people = {slug.lower(): slug for slug in rows.values_list("slug", flat=True)}
    if wanted.topics:
        known.topics = find_topics(wanted.topics, repository=repository, actor=actor)
    if wanted.commits and not repository.is_empty:
        known.commits = _commits(wanted.commits, repository)
    return known


def find_topics(
    keys: Iterable[tuple[str, str, int]], *, repository: Repository, actor: Actor
) -> dict[tuple[str, str, int], Topic]:
    """The topics that (owner, name, number) stand for and that the actor may see; "" is `repository`. Two queries.

    Owners and names are expected in lower case.
    """
    keys = list(keys)
    elsewhere = {(owner, name) for owner, name, _ in keys if owner}
    places: dict[int, tuple[str, str]] = {repository.pk: ("", "")}
    here = (repository.owner.slug.lower(), repository.name.lower())
    if elsewhere - {here}:
        # SECURITY: only what the reader may see; the title of a private issue must not come out by naming it.
        where = Q()
        for owner, name in elsewhere:
            where |= Q(owner__slug__iexact=owner, name__iexact=name)
        rows = Repository.objects.visible_to(actor).filter(where).select_related("owner")
        places |= {row.pk: (row.owner.slug.lower(), row.name.lower()) for row in rows if row.pk != repository.pk}
    numbers: dict[int, set[int]] = {}
    for pk, place in places.items():
        numbers[pk] = {n for o, r, n in keys if (o, r) == place or (pk == repository.pk and (o, r) == here)}
    which = Q(pk__in=[])
    for pk, some in numbers.items():
        which |= Q(repository=pk, number__in=some) if some else Q(pk__in=[])
    found = Topic.objects.filter(which).select_related("repository__owner").defer("body")
    by_place = {(topic.repository_id, topic.number): topic for topic in found}
    ids = {place: pk for pk, place in places.items()} | {here: repository.pk}
    return {
        (owner, name, number): by_place[ids[owner, name], number]
        for owner, name, number in keys
        if (owner, name) in ids and (ids[owner, name], number) in by_place
    }


def _commits(words: Iterable[str], repository: Repository) -> dict[str, str]:
    folder, found = git_dir(repository), {}
    for word in words:
        try:
            place = objects.resolve(folder, word)
        except (objects.Missing, OSError):
            continue
        if place.kind == "commit":
            found[word] = place.commit
    return found


def _linked(html: str, known: _Known, repository: Repository, actor: Actor) -> SafeString:
    def put(match: re.Match[str]) -> str:
        for name, draw in _DRAWERS.items():
            if match[name]:
                return draw(match, known, repository, actor) or match[0]
        return match[0]

    return SafeString("".join(_word.sub(put, piece) if is_text else piece for is_text, piece in _pieces(html)))


def _person(match: re.Match[str], known: _Known, repository: Repository, actor: Actor) -> str:
    slug = known.people.get(match["person"].lower())
    if slug is None:
        return ""
    mine = " mention--me" if slug.lower() == actor.name.lower() else ""
    return format_html('<a class="mention{}" href="/{}/">@{}</a>', mine, slug, slug)


def _number(match: re.Match[str], known: _Known, repository: Repository, actor: Actor) -> str:
    topic = known.topics.get(_key(match))
    if topic is None:
        return ""
    state = topic.get_reason_display().lower() if topic.reason else topic.get_state_display().lower()
    title = f"{topic.title} ({Kind(topic.kind).label.lower()}, {state})"
    return format_html('<a class="reference" href="{}" title="{}">{}</a>', topic.get_absolute_url(), title, match[0])


def _commit(match: re.Match[str], known: _Known, repository: Repository, actor: Actor) -> str:
    commit = known.commits.get(match["commit"])
    if commit is None:
        return ""
    address = f"{repository.get_absolute_url()}/commit/{commit}"
    return format_html('<a class="reference" href="{}"><code>{}</code></a>', address, commit[:10])


def _sign(match: re.Match[str], known: _Known, repository: Repository, actor: Actor) -> str:
    return SIGNS.get(match["sign"], "")


_Drawer = Callable[[re.Match[str], _Known, Repository, Actor], str]
_DRAWERS: dict[str, _Drawer] = {"person": _person, "number": _number, "commit": _commit, "sign": _sign}
