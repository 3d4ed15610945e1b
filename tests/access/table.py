"""The table: every route that the hub answers, and who is let in. A new route has its line here, or the test fails.

It has as many lines as the hub has routes, so that all of them are read in one place.
"""

from __future__ import annotations

from tests.access.rules import (
    ADMIN,
    ANYONE,
    GROUP_OWNER,
    HUB_ADMIN,
    IN,
    NOT_THERE,
    OWN_THING,
    READ,
    SIGNED_IN,
    VISITORS,
    WIRE_ADMIN,
    WIRE_NOTHING,
    WIRE_READ,
    WIRE_WRITE,
    WRITE,
    Row,
    Rule,
    get,
    post,
)
from tests.access.table_issues import ISSUES
from tests.access.table_ml import ML
from tests.access.table_notices import NOTICES
from tests.access.table_pulls import PULLS
from tests.access.table_talk import TALK


def _hooks(base: str, rule: Rule, thing: Rule, which: str = "") -> list[Row]:
    """The pages of webhooks, which repositories, people and organisations have alike."""
    hook, delivery = {"pk": f"{{hook{which}}}"}, {"number": f"{{delivery{which}}}"}
    return [
        get(base, rule),
        get(f"{base}/new", rule),
        post(f"{base}/new", rule, 400),
        get(f"{base}/<pk>", thing, **hook),
        post(f"{base}/<pk>", thing, 400, **hook),
        post(f"{base}/<pk>/test", thing, 302, **hook),
        get(f"{base}/<pk>/deliveries/<number>", thing, **hook, **delivery),
        post(f"{base}/<pk>/deliveries/<number>/again", thing, 302, **hook, **delivery),
        post(f"{base}/<pk>/deletion", thing, 302, **hook),
    ]


HUB = [
    get("/healthz", ANYONE),
    get("/", ANYONE),
    get("/-/explore", ANYONE),
    get("/-/search", ANYONE),
    get("/-/palette", ANYONE),
    get("/<owner>", ANYONE, 302),
    get("/<owner>/", ANYONE),
    get("/-/new", SIGNED_IN),
    post("/-/new", SIGNED_IN),
    get("/-/api", ANYONE),
    get("/api/v1/openapi.json", ANYONE),
    post("/api/internal/trackAnalyticsEvent", ANYONE, 204),
    get("/-/demo", HUB_ADMIN),
    post("/-/demo", HUB_ADMIN, 302),
]

SIGNING = [
    get("/-/login", VISITORS),
    post("/-/login", VISITORS, 400),
    get("/-/signup", VISITORS),
    post("/-/signup", VISITORS, 400),
    get("/-/logout", {**ANYONE, "nobody": 302}),
    post("/-/logout", ANYONE, 302),
    get("/-/inactive", ANYONE),
    get("/-/password/reset", ANYONE),
    post("/-/password/reset", dict.fromkeys(ANYONE, 403)),  # No mail is configured.
    get("/-/password/reset/sent", ANYONE),
    get("/-/password/reset/done", ANYONE),
    get("/-/password/reset/key/<uidb36>-<key>", NOT_THERE, uidb36="1", key="abc-def"),
    post("/-/password/reset/key/<uidb36>-<key>", NOT_THERE, uidb36="1", key="set-password"),
    get("/-/setup/<token>", NOT_THERE, token="{setup}"),  # There is an administrator.
    post("/-/setup/<token>", NOT_THERE, token="{setup}"),
]

SETTINGS = [
    post("/-/theme", ANYONE, 400),
    get("/-/settings", SIGNED_IN),
    post("/-/settings", SIGNED_IN, 400),
    post("/-/settings/email", SIGNED_IN, 400),
    get("/-/settings/password", SIGNED_IN),
    get("/-/settings/usage", SIGNED_IN),
    *_hooks("/-/settings/webhooks", SIGNED_IN, OWN_THING, "_mine"),
    post("/-/settings/password", SIGNED_IN, 400),
    get("/-/settings/tokens", SIGNED_IN),
    post("/-/settings/tokens", SIGNED_IN, 400),
    get("/-/settings/tokens/<number>/revocation", OWN_THING, number="{token}"),
    post("/-/settings/tokens/<number>/revocation", OWN_THING, 302, number="{token}"),
    get("/-/settings/keys", SIGNED_IN),
    post("/-/settings/keys", SIGNED_IN, 400),
    get("/-/settings/keys/<number>/revocation", OWN_THING, number="{pair}"),
    post("/-/settings/keys/<number>/revocation", OWN_THING, 302, number="{pair}"),
    get("/-/settings/organizations", SIGNED_IN),
    # alice is the last owner of northwind, bob a member, the others are not in it.
    post("/-/settings/organizations/<slug>/departure", {**OWN_THING, "owner": 409, "writer": 302}),
    get("/-/settings/account", SIGNED_IN),
    post("/-/settings/account", SIGNED_IN, 400),
]

_GROUP = "/-/organizations/<slug>"
_TEAM = f"{_GROUP}/teams/<number>"
ORGANISATIONS = [
    get("/-/organizations/new", SIGNED_IN),
    post("/-/organizations/new", SIGNED_IN, 400),
    get(_GROUP, GROUP_OWNER),
    post(_GROUP, GROUP_OWNER, 302),
    get(f"{_GROUP}/members", GROUP_OWNER),
    get(f"{_GROUP}/usage", GROUP_OWNER),
    *_hooks(f"{_GROUP}/webhooks", GROUP_OWNER, GROUP_OWNER, "_group"),
    post(f"{_GROUP}/members", GROUP_OWNER, 400),
    post(f"{_GROUP}/members/<name>/role", GROUP_OWNER, 400, name="bob"),
    post(f"{_GROUP}/members/<name>/removal", GROUP_OWNER, 302, name="bob"),
    get(f"{_GROUP}/teams", GROUP_OWNER),
    post(f"{_GROUP}/teams", GROUP_OWNER, 400),
    get(_TEAM, GROUP_OWNER, number="{team}"),
    post(_TEAM, GROUP_OWNER, 400, number="{team}"),
    get(f"{_TEAM}/profile", GROUP_OWNER, number="{team}"),
    post(f"{_TEAM}/profile", GROUP_OWNER, 400, number="{team}"),
    post(f"{_TEAM}/deletion", GROUP_OWNER, 302, number="{team}"),
    post(f"{_TEAM}/members/<name>/removal", GROUP_OWNER, 302, number="{team}", name="bob"),
    get(f"{_GROUP}/deletion", GROUP_OWNER),
    post(f"{_GROUP}/deletion", GROUP_OWNER, 400),
]

_PERSON = "/-/admin/people/<name>"
ADMINISTRATION = [
    get("/-/admin", HUB_ADMIN),
    get("/-/admin/people/new", HUB_ADMIN),
    post("/-/admin/people/new", HUB_ADMIN, 400),
    get(_PERSON, HUB_ADMIN, name="bob"),
    post(f"{_PERSON}/activation", HUB_ADMIN, 400, name="bob"),
    post(f"{_PERSON}/administration", HUB_ADMIN, 400, name="bob"),
    post(f"{_PERSON}/password", HUB_ADMIN, 200, name="bob"),
    get("/-/admin/owners", HUB_ADMIN),
    get("/-/admin/owners/<name>", HUB_ADMIN, name="bob"),
    post("/-/admin/owners/<name>", HUB_ADMIN, 302, name="bob"),
    get("/-/admin/jobs", HUB_ADMIN),
    post("/-/admin/jobs/<number>/retry", HUB_ADMIN, 302, number="{job}"),
]

_REPO = "/<owner>/<name>"
_FILE = {"place": "main/README.md"}
CODE = [
    get(_REPO, READ),
    get(f"{_REPO}/arrival", READ),
    get(f"{_REPO}/src", READ, 302),
    get(f"{_REPO}/src/<place>", READ, place="main"),
    get(f"{_REPO}/entries/<place>", READ, place="main"),
    get(f"{_REPO}/raw/<place>", READ, **_FILE),
    get(f"{_REPO}/rendering/<place>", READ, place="main/notes.ipynb"),
    post(f"{_REPO}/rendering/<place>", READ, place="main/notes.ipynb"),
    get(f"{_REPO}/blame/<place>", READ, **_FILE),
    get(f"{_REPO}/commits", READ, 302),
    get(f"{_REPO}/commits/<place>", READ, place="main"),
    get(f"{_REPO}/commit/<sha>", READ),
    get(f"{_REPO}/commit/<sha>/patch", READ),
    get(f"{_REPO}/compare", READ),
    get(f"{_REPO}/compare/<span>", READ, span="main...main"),
    get(f"{_REPO}/diff/<old>/<new>", READ, query="?path=README.md", old="{parent}", new="{sha}"),
    get(f"{_REPO}/context/<new>", READ, query="?path=README.md&start=1", new="{sha}"),
    get(f"{_REPO}/changes/<old>/<new>", READ, query="?path=notes.ipynb", old="empty", new="{sha}"),
    get(f"{_REPO}/data", READ),
    get(f"{_REPO}/data/files/<key>", READ, key="notes.txt"),
    get(f"{_REPO}/data/raw/<key>", READ, key="notes.txt"),
    get(f"{_REPO}/data/upload", WRITE),
    post(f"{_REPO}/data/upload", WRITE, 400),
    get(f"{_REPO}/data/deletion/<key>", WRITE, key="notes.txt"),
    post(
        f"{_REPO}/data/deletion/<key>",
        {**WRITE, "owner": 404, "writer": 404, "root": 404},
        key="no-such-object",
    ),
    get(f"{_REPO}/data/usage", READ),
    get(f"{_REPO}/data/collection", ADMIN),
    post(f"{_REPO}/data/collection", ADMIN, 302),
    get(f"{_REPO}/data/versions/<key>", READ, key="notes.txt"),
    post(f"{_REPO}/data/restoration/<key>", WRITE, 302, key="notes.txt"),
    get(f"{_REPO}/data/connect", ADMIN),
    post(f"{_REPO}/data/connect", ADMIN, 400),
    get(f"{_REPO}/data/connected/<bucket>", READ),
    get(f"{_REPO}/data/connected/<bucket>/files/<key>", READ, key="notes.txt"),
    get(f"{_REPO}/data/connected/<bucket>/raw/<key>", READ, key="notes.txt"),
    get(f"{_REPO}/data/connected/<bucket>/settings", ADMIN),
    post(f"{_REPO}/data/connected/<bucket>/settings", ADMIN, 400),
    get(f"{_REPO}/data/connected/<bucket>/deletion", ADMIN),
    post(f"{_REPO}/data/connected/<bucket>/deletion", ADMIN, 302),
    get(f"{_REPO}/find/<place>", READ, place="main"),
    get(f"{_REPO}/search", READ),
    get(f"{_REPO}/archive/<place>", READ, place="main.zip"),
    get(f"{_REPO}/branches", READ),
    post(f"{_REPO}/branches/new", WRITE),
    get(f"{_REPO}/branches/delete/<place>", WRITE, place="topic"),
    post(f"{_REPO}/branches/delete/<place>", WRITE, 409, place="main"),
    get(f"{_REPO}/tags", READ),
    post(f"{_REPO}/tags/new", WRITE),
    get(f"{_REPO}/tags/delete/<place>", WRITE, place="v1"),
    post(f"{_REPO}/tags/delete/<place>", {**WRITE, "owner": 404, "writer": 404, "root": 404}, place="no-such-tag"),
    get(f"{_REPO}/edit/<place>", WRITE, **_FILE),
    post(f"{_REPO}/edit/<place>", WRITE, **_FILE),
    get(f"{_REPO}/new/<place>", WRITE, place="main"),
    post(f"{_REPO}/new/<place>", WRITE, place="main"),
    get(f"{_REPO}/upload/<place>", WRITE, place="main"),
    post(f"{_REPO}/upload/<place>", WRITE, place="main"),
    get(f"{_REPO}/delete/<place>", WRITE, **_FILE),
    post(f"{_REPO}/delete/<place>", WRITE, **_FILE),
    get(f"{_REPO}/rename/<place>", WRITE, **_FILE),
    post(f"{_REPO}/rename/<place>", WRITE, **_FILE),
]

_SETTINGS = f"{_REPO}/settings"

REPOSITORY_SETTINGS = [
    get(_SETTINGS, ADMIN),
    post(_SETTINGS, ADMIN),
    post(f"{_SETTINGS}/visibility", ADMIN),
    post(f"{_SETTINGS}/name", ADMIN),
    post(f"{_SETTINGS}/owner", ADMIN),
    post(f"{_SETTINGS}/deletion", ADMIN, 400),
    get(f"{_SETTINGS}/access", ADMIN),
    post(f"{_SETTINGS}/access/people", ADMIN),
    post(f"{_SETTINGS}/access/people/<username>/removal", ADMIN, 302, username="bob"),
    post(f"{_SETTINGS}/access/teams", ADMIN),
    # A repository of northwind, since only organisations have teams: alice owns that, bob writes by a team.
    post(f"{_SETTINGS}/access/teams/<pk>/removal", ADMIN, 302, owner="northwind", name="sails", pk="{grant}"),
    get(f"{_SETTINGS}/branches", ADMIN),
    post(f"{_SETTINGS}/branches", ADMIN),
    post(f"{_SETTINGS}/branches/<pk>/removal", ADMIN, 302, pk="{rule}"),
    *_hooks(f"{_SETTINGS}/webhooks", ADMIN, ADMIN),
]

_EXPERIMENT = f"{_REPO}/experiments/<number>"
_RUN = f"{_EXPERIMENT}/runs/<run>"
_HERE = {"number": "{experiment}"}
_ARTIFACT = {**_HERE, "place": "notes.txt"}
EXPERIMENTS = [
    get(f"{_REPO}/experiments", READ),
    get(f"{_REPO}/experiments/new", WRITE),
    post(f"{_REPO}/experiments/new", WRITE),
    get(f"{_REPO}/experiments/trash", READ),
    post(f"{_REPO}/experiments/trash/restoration", WRITE, 302),
    get(f"{_REPO}/experiments/trash/purge", ADMIN),
    post(f"{_REPO}/experiments/trash/purge", ADMIN),
    get(_EXPERIMENT, READ, **_HERE),
    get(f"{_EXPERIMENT}/columns", READ, **_HERE),
    get(f"{_EXPERIMENT}/name", WRITE, **_HERE),
    post(f"{_EXPERIMENT}/name", WRITE, **_HERE),
    get(f"{_EXPERIMENT}/deletion", WRITE, **_HERE),
    post(f"{_EXPERIMENT}/deletion", WRITE, 302, **_HERE),
    get(f"{_EXPERIMENT}/restoration", WRITE, **_HERE),
    post(f"{_EXPERIMENT}/restoration", WRITE, 302, number="{deleted}"),
    get(f"{_EXPERIMENT}/completions", READ, query="?q=metrics.l&at=9", **_HERE),
    get(f"{_EXPERIMENT}/views", READ, **_HERE),
    post(f"{_EXPERIMENT}/views", READ, 400, **_HERE),
    get(f"{_EXPERIMENT}/views/<view>", READ, 302, **_HERE),
    post(f"{_EXPERIMENT}/views/<view>", WRITE, 302, **_HERE),
    post(f"{_EXPERIMENT}/views/<view>/default", WRITE, 302, **_HERE),
    post(f"{_EXPERIMENT}/views/<view>/deletion", WRITE, 302, **_HERE),
    post(f"{_EXPERIMENT}/selection/change", WRITE, 400, **_HERE),
    get(f"{_EXPERIMENT}/changes", READ, **_HERE),
    get(f"{_EXPERIMENT}/groups", READ, query="?group=status", **_HERE),
    get(f"{_EXPERIMENT}/export", READ, query="?format=parquet", **_HERE),
    get(f"{_EXPERIMENT}/compare", READ, query="?run={run}&run={run2}", **_HERE),
    get(f"{_EXPERIMENT}/compare/charts", READ, query="?run={run}&run={run2}", **_HERE),
    get(f"{_EXPERIMENT}/compare/series", READ, query="?run={run}&run={run2}", **_HERE),
    get(f"{_EXPERIMENT}/compare/images", READ, query="?run={run}&run={run2}", **_HERE),
    get(f"{_EXPERIMENT}/compare/files", READ, query="?run={run}&run={run2}", **_HERE),
    get(f"{_EXPERIMENT}/compare/code", READ, query="?run={run}&run={run2}", **_HERE),
    get(f"{_EXPERIMENT}/compare/environment", READ, query="?run={run}&run={run2}", **_HERE),
    # A part is there when a room above offers it.
    get(f"{_EXPERIMENT}/compare/more/<key>", NOT_THERE, query="?run={run}&run={run2}", **_HERE, key="nothing"),
    get(f"{_EXPERIMENT}/series", READ, **_HERE),
    get(f"{_EXPERIMENT}/charts", READ, **_HERE),
    get(f"{_EXPERIMENT}/charts/panel", READ, **_HERE),
    get(f"{_EXPERIMENT}/charts/edit", READ, 302, **_HERE),
    post(f"{_EXPERIMENT}/charts/boards", WRITE, 400, **_HERE),
    get(f"{_EXPERIMENT}/charts/boards/<board>/deletion", WRITE, board="{board}", **_HERE),
    post(f"{_EXPERIMENT}/charts/boards/<board>/deletion", WRITE, 302, board="{board}", **_HERE),
    get(f"{_EXPERIMENT}/charts/live", READ, **_HERE),
    get(f"{_EXPERIMENT}/charts/values", READ, query="?column=metrics.loss", **_HERE),
    get(f"{_EXPERIMENT}/charts/importance", READ, query="?metric=loss", **_HERE),
    get(_RUN, READ, **_HERE),
    get(f"{_RUN}/metrics", READ, **_HERE),
    get(f"{_RUN}/system", READ, **_HERE),
    get(f"{_RUN}/series", READ, **_HERE),
    get(f"{_RUN}/params", READ, **_HERE),
    get(f"{_RUN}/latest", READ, **_HERE),
    get(f"{_REPO}/runs/<digits>", READ, 302, digits="{run}"),
    get(f"{_RUN}/logs", READ, **_HERE),
    get(f"{_RUN}/logs/<place>", READ, **{**_HERE, "place": "logs/train.log"}),
    get(f"{_RUN}/artifacts", READ, **_HERE),
    get(f"{_RUN}/artifacts/<place>", READ, **_ARTIFACT),
    get(f"{_RUN}/files/<place>", READ, **_ARTIFACT),
    get(f"{_RUN}/frame/<place>", READ, **_ARTIFACT),
    get(f"{_RUN}/zip", READ, **_HERE),
    get(f"{_RUN}/zip/<place>", READ, **{**_HERE, "place": "logs"}),
    get(f"{_RUN}/models/<model>/zip", READ, **_HERE),
    get(f"{_RUN}/models/<model>/zip/<place>", READ, **{**_HERE, "place": "code"}),
    get(f"{_RUN}/models/<model>", READ, **_HERE),
    get(f"{_RUN}/models/<model>/artifacts/<place>", READ, **_ARTIFACT),
    get(f"{_RUN}/models/<model>/files/<place>", READ, **_ARTIFACT),
    get(f"{_RUN}/models/<model>/frame/<place>", READ, **_ARTIFACT),
    get(f"{_RUN}/name", WRITE, **_HERE),
    post(f"{_RUN}/name", WRITE, **_HERE),
    get(f"{_RUN}/notes", WRITE, **_HERE),
    post(f"{_RUN}/notes", WRITE, **_HERE),
    get(f"{_RUN}/ending", WRITE, **_HERE),
    post(f"{_RUN}/ending", WRITE, **_HERE),
    post(f"{_RUN}/tags", WRITE, **_HERE),
    get(f"{_RUN}/deletion", WRITE, **_HERE),
    post(f"{_RUN}/deletion", WRITE, 302, **_HERE),
    post(f"{_RUN}/restoration", WRITE, 302, **_HERE),
]

_TRACE = f"{_EXPERIMENT}/traces/<trace>"
_SAID = f"{_TRACE}/assessments/<assessment_id>"
_DATASET = f"{_REPO}/experiments/datasets/<dataset>"
TRACES = [
    get(f"{_EXPERIMENT}/traces", READ, **_HERE),
    get(f"{_RUN}/traces", READ, **_HERE),
    get(f"{_EXPERIMENT}/tracing/series", READ, query="?about=latency", **_HERE),
    get(f"{_EXPERIMENT}/tracing/pulse", READ, **_HERE),
    post(f"{_EXPERIMENT}/tracing/selection/tag", WRITE, 302, **_HERE),
    post(f"{_EXPERIMENT}/tracing/selection/dataset", WRITE, 302, **_HERE),
    post(f"{_EXPERIMENT}/tracing/selection/deletion", WRITE, 302, **_HERE),
    get(_TRACE, READ, **_HERE),
    get(f"{_TRACE}/spans/<span>", READ, 302, **_HERE),
    get(f"{_TRACE}/json", READ, **_HERE),
    post(f"{_TRACE}/tags", WRITE, 302, **_HERE),
    get(f"{_TRACE}/deletion", WRITE, **_HERE),
    post(f"{_TRACE}/deletion", WRITE, 302, **_HERE),
    post(f"{_TRACE}/assessments", WRITE, 400, **_HERE),
    get(_SAID, {**WRITE, "writer": 403, "root": 403}, **_HERE),
    post(_SAID, {**WRITE, "writer": 403, "root": 403}, 400, **_HERE),
    get(f"{_SAID}/override", WRITE, **_HERE),
    post(f"{_SAID}/override", WRITE, 400, **_HERE),
    get(f"{_SAID}/deletion", {**WRITE, "writer": 403, "root": 403}, **_HERE),
    post(f"{_SAID}/deletion", {**WRITE, "writer": 403, "root": 403}, 302, **_HERE),
    get(f"{_EXPERIMENT}/evaluations", READ, **_HERE),
    get(f"{_EXPERIMENT}/evaluations/compare", READ, query="?run={run}&run={run2}", **_HERE),
    get(f"{_EXPERIMENT}/scorers", READ, **_HERE),
    get(f"{_REPO}/experiments/datasets", READ),
    get(f"{_REPO}/experiments/datasets/new", WRITE),
    post(f"{_REPO}/experiments/datasets/new", WRITE, 400),
    get(_DATASET, READ),
    post(f"{_DATASET}/tags", WRITE, 302),
    get(f"{_DATASET}/deletion", WRITE),
    post(f"{_DATASET}/deletion", WRITE, 400),
    post(f"{_DATASET}/records/deletion", WRITE, 302),
    get(f"{_DATASET}/records/<record>", WRITE),
    post(f"{_DATASET}/records/<record>", WRITE, 302),
]

_MODELS = f"{_REPO}/models/<model>"
_VERSION = f"{_MODELS}/<number>"
_IRIS = {"model": "iris"}
_FIRST = {**_IRIS, "number": "1"}
_REQUEST = f"{_MODELS}/requests/<number>"
_ASKED = {"model": "petal", "number": "1"}
_MODEL_FILE = {**_FIRST, "place": "notes.txt"}
MODELS = [
    get(f"{_REPO}/models", READ),
    get(f"{_REPO}/prompts", READ),
    get(f"{_REPO}/prompts/<model>", READ, model="greeting"),
    get(f"{_REPO}/prompts/<model>/<number>", READ, query="?against=2", model="greeting", number="1"),
    get(f"{_REPO}/prompts/<model>/<number>/try", READ, query="?again=1", model="greeting", number="1"),
    post(f"{_REPO}/prompts/<model>/<number>/trials", WRITE, 400, model="greeting", number="1"),
    get(f"{_REPO}/prompts/<model>/trials/<trial>", READ, model="greeting", trial="1"),
    post(f"{_REPO}/prompts/<model>/trials/<trial>/stop", WRITE, 302, model="greeting", trial="1"),
    get(f"{_REPO}/playground/endpoints", ADMIN),
    get(f"{_REPO}/playground/endpoints/new", ADMIN),
    post(f"{_REPO}/playground/endpoints/new", ADMIN, 400),
    get(f"{_REPO}/playground/endpoints/<number>", ADMIN, number="{endpoint}"),
    post(f"{_REPO}/playground/endpoints/<number>", ADMIN, 400, number="{endpoint}"),
    post(f"{_REPO}/playground/endpoints/<number>/models", ADMIN, 302, number="{endpoint}"),
    post(f"{_REPO}/playground/endpoints/<number>/removal", ADMIN, 302, number="{endpoint}"),
    get(_MODELS, READ, **_IRIS),
    get(f"{_MODELS}/name", WRITE, **_IRIS),
    post(f"{_MODELS}/name", WRITE, 400, **_IRIS),
    get(f"{_MODELS}/description", WRITE, **_IRIS),
    post(f"{_MODELS}/description", WRITE, 302, **_IRIS),
    post(f"{_MODELS}/tags", WRITE, 302, **_IRIS),
    get(f"{_MODELS}/deletion", WRITE, **_IRIS),
    post(f"{_MODELS}/deletion", WRITE, 400, **_IRIS),
    get(f"{_MODELS}/history", READ, **_IRIS),
    get(f"{_MODELS}/history/export", READ, **_IRIS),
    get(f"{_MODELS}/rules", READ, **_IRIS),
    post(f"{_MODELS}/rules/setting", ADMIN, 400, **_IRIS),
    post(f"{_MODELS}/rules/removal", ADMIN, 302, **_IRIS),
    get(f"{_MODELS}/requests", READ, **_IRIS),
    get(_REQUEST, READ, **_ASKED),
    post(f"{_REQUEST}/review", WRITE, 400, **_ASKED),
    post(f"{_REQUEST}/withdrawal", WRITE, 302, **_ASKED),
    post(f"{_REQUEST}/check", WRITE, 302, **_ASKED),
    post(f"{_REQUEST}/override", ADMIN, 400, **_ASKED),
    get(f"{_REPO}/lineage", READ, query="?run={run}"),
    get(f"{_REPO}/promotions", READ),
    get(f"{_REPO}/promotions/rules", READ),
    post(f"{_REPO}/promotions/rules/setting", ADMIN, 400),
    post(f"{_REPO}/promotions/rules/removal", ADMIN, 302),
    get(f"{_REPO}/promotions/history", READ),
    get(f"{_REPO}/promotions/history/export", READ),
    post(f"{_MODELS}/aliases", WRITE, 302, **_IRIS),
    post(f"{_MODELS}/aliases/removal", WRITE, 302, **_IRIS),
    get(f"{_MODELS}/compare", READ, query="?versions=1,2", **_IRIS),
    get(_VERSION, READ, **_FIRST),
    get(f"{_VERSION}/description", WRITE, **_FIRST),
    post(f"{_VERSION}/description", WRITE, 302, **_FIRST),
    post(f"{_VERSION}/tags", WRITE, 302, **_FIRST),
    get(f"{_VERSION}/promotion", WRITE, query="?alias=champion", **_FIRST),
    post(f"{_VERSION}/promotion", WRITE, 400, **_FIRST),
    post(f"{_VERSION}/stage", WRITE, 302, **_FIRST),
    get(f"{_VERSION}/deletion", WRITE, number="2", **_IRIS),
    post(f"{_VERSION}/deletion", WRITE, 302, number="2", **_IRIS),
    get(f"{_VERSION}/files", READ, **_FIRST),
    get(f"{_VERSION}/files/<place>", READ, **_MODEL_FILE),
    get(f"{_VERSION}/zip", READ, **_FIRST),
    get(f"{_VERSION}/zip/<place>", READ, **{**_FIRST, "place": "code"}),
    get(f"{_VERSION}/raw/<place>", READ, **_MODEL_FILE),
    get(f"{_VERSION}/frame/<place>", READ, **_MODEL_FILE),
]

_REPORT = {"report": "findings"}
_BLOCK = "?kind=runs&text=experiment:+0"
REPORTS = [
    get(f"{_REPO}/reports", READ),
    get(f"{_REPO}/new-report", WRITE),
    post(f"{_REPO}/new-report", WRITE, 400),
    post(f"{_REPO}/report-preview", WRITE, 200),
    get(f"{_REPO}/report-block", READ, query=_BLOCK),
    get(f"{_REPO}/reports/<report>", READ, **_REPORT),
    get(f"{_REPO}/reports/<report>/edit", WRITE, **_REPORT),
    post(f"{_REPO}/reports/<report>/edit", WRITE, 400, **_REPORT),
    get(f"{_REPO}/reports/<report>/versions", READ, **_REPORT),
    get(f"{_EXPERIMENT}/report-block", READ, **_HERE),
]

PAGES: dict[str, list[Row]] = {
    "hub": HUB,
    "signing": SIGNING,
    "settings": SETTINGS,
    "organisations": ORGANISATIONS,
    "administration": ADMINISTRATION,
    "code": CODE,
    "repository settings": REPOSITORY_SETTINGS,
    "experiments": EXPERIMENTS,
    "reports": REPORTS,
    "traces": TRACES,
    "models": MODELS,
    "issues": ISSUES,
    "pulls": PULLS,
    "ml": ML,
    "notices": NOTICES,
    "talk": TALK,
}

_GIT = f"{_REPO}.git"
GIT = [
    get(f"{_GIT}/info/refs", WIRE_READ, query="?service=git-upload-pack"),
    get(f"{_GIT}/info/refs", WIRE_WRITE, query="?service=git-receive-pack"),
    post(f"{_GIT}/git-upload-pack", WIRE_READ),
    post(f"{_GIT}/git-receive-pack", WIRE_WRITE),
    get(f"{_REPO}/info/refs", WIRE_READ, query="?service=git-upload-pack"),
    get(f"{_REPO}/info/refs", WIRE_WRITE, query="?service=git-receive-pack"),
    post(f"{_REPO}/git-upload-pack", WIRE_READ),
    post(f"{_REPO}/git-receive-pack", WIRE_WRITE),
    get(f"{_GIT}/.*", WIRE_NOTHING, None),
]

_DVC = f"{_REPO}.dvc<rest>"
_DVC_OBJECT = {"rest": "/files/md5/5d/41402abc4b2a76b9719d911017c592"}  # Of "hello", which is there.
DVC = [
    Row("GET", _DVC, WIRE_READ, 200, words=_DVC_OBJECT),
    Row("HEAD", _DVC, WIRE_READ, 200, words=_DVC_OBJECT),
    Row("POST", _DVC, WIRE_WRITE, 200, words=_DVC_OBJECT),
    Row("PUT", _DVC, WIRE_WRITE, 200, words=_DVC_OBJECT),
]

_LFS = f"{_GIT}/info/lfs"
_LFS_OBJECT = {"oid": "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"}  # The same.
LFS = [
    post(f"{_LFS}/objects/batch", WIRE_READ, 415),  # To send objects it takes more: tests/storage/lfs.
    Row("GET", f"{_LFS}/objects/<oid>", WIRE_READ, 200, words=_LFS_OBJECT),
    Row("HEAD", f"{_LFS}/objects/<oid>", WIRE_READ, 200, words=_LFS_OBJECT),
    Row("PUT", f"{_LFS}/objects/<oid>", WIRE_WRITE, 200, words=_LFS_OBJECT),
    post(f"{_LFS}/objects/<oid>/verify", WIRE_WRITE, 415, **_LFS_OBJECT),
    get(f"{_LFS}/locks", WIRE_READ),
    post(f"{_LFS}/locks", WIRE_WRITE, 415),
    post(f"{_LFS}/locks/verify", WIRE_WRITE, 415),
    post(f"{_LFS}/locks/<number>/unlock", WIRE_WRITE, 415, number="1"),
    get(f"{_LFS}/.*", WIRE_NOTHING, None),
]

_API = "/api/v1"
_API_REPO = f"{_API}/repos/<owner>/<name>"
_API_ANYONE = {**dict.fromkeys(WIRE_READ, IN), "wrong token": 401}
_API_SELF = {**_API_ANYONE, "nobody": 401}
# Tokens that may less than their owner make no repositories.
_API_MAKER = {**_API_SELF, "read token": 403, "own token": 403, "other token": 403}
_API_GROUP = {**_API_MAKER, "writer": 403, "reader": 403, "stranger": 403}
_API_NONE = {who: 404 if expected == IN else expected for who, expected in WIRE_WRITE.items()}
# Whoever may read may say something; what is sent without a type is refused before the service that looks closer.
_API_TALK = {**WIRE_READ}
_API_ISSUE = f"{_API_REPO}/issues/<number>"
_ISSUE = {"number": "{issue}"}
_README, _OBJECT = {"place": "main/README.md"}, {"protocol": "s3", "bucket": "stones/notes.txt"}
API = [
    get(f"{_API}/user", _API_SELF),
    get(f"{_API}/users/<name>", _API_ANYONE, name="alice"),
    post(f"{_API}/user/repos", _API_MAKER, 415),
    post(f"{_API}/org/<org>/repos", _API_GROUP, 415, org="northwind"),
    get(_API_REPO, WIRE_READ),
    Row("PATCH", _API_REPO, WIRE_ADMIN, 415),
    Row("DELETE", _API_REPO, WIRE_ADMIN, 204),
    get(f"{_API_REPO}/branches", WIRE_READ),
    get(f"{_API_REPO}/branches/<branch>", WIRE_READ, branch="main"),
    get(f"{_API_REPO}/tags", WIRE_READ),
    get(f"{_API_REPO}/commits", WIRE_READ),
    get(f"{_API_REPO}/commits/<sha>", WIRE_READ),
    get(f"{_API_REPO}/content/<place>", WIRE_READ, place="main"),
    get(f"{_API_REPO}/raw/<place>", WIRE_READ, **_README),
    Row("PUT", f"{_API_REPO}/content/<place>", WIRE_WRITE, 415, words=_README),
    post(f"{_API_REPO}/content/<place>", WIRE_WRITE, 415, **_README),
    Row("DELETE", f"{_API_REPO}/content/<place>", _API_NONE, words={"place": "main/none.txt"}),
    post(f"{_API_REPO}/content/<place>/rename", WIRE_WRITE, 415, **_README),
    get(f"{_API_REPO}/storage", WIRE_READ),
    get(f"{_API_REPO}/storage/content/<protocol>/<bucket>", WIRE_READ, **_OBJECT),
    get(f"{_API_REPO}/storage/raw/<protocol>/<bucket>", WIRE_READ, **_OBJECT),
    get(f"{_API_REPO}/commits/<sha>/status", WIRE_READ),
    get(f"{_API_REPO}/statuses/<sha>", WIRE_READ),
    post(f"{_API_REPO}/statuses/<sha>", WIRE_WRITE, 415),
    get(f"{_API_REPO}/hooks", WIRE_ADMIN),
    post(f"{_API_REPO}/hooks", WIRE_ADMIN, 415),
    get(f"{_API_REPO}/hooks/<hook>", WIRE_ADMIN),
    Row("PATCH", f"{_API_REPO}/hooks/<hook>", WIRE_ADMIN, 415),
    Row("DELETE", f"{_API_REPO}/hooks/<hook>", WIRE_ADMIN, 204),
    post(f"{_API_REPO}/hooks/<hook>/tests", WIRE_ADMIN, 204),
    get(f"{_API_REPO}/issues", WIRE_READ),
    post(f"{_API_REPO}/issues", _API_TALK, 415),
    get(_API_ISSUE, WIRE_READ, **_ISSUE),
    Row("PATCH", _API_ISSUE, _API_TALK, 415, words=_ISSUE),
    Row("DELETE", _API_ISSUE, WIRE_ADMIN, 204, words=_ISSUE),
    get(f"{_API_ISSUE}/comments", WIRE_READ, **_ISSUE),
    post(f"{_API_ISSUE}/comments", _API_TALK, 415, **_ISSUE),
    get(f"{_API_ISSUE}/reactions", WIRE_READ, **_ISSUE),
    post(f"{_API_ISSUE}/reactions", _API_TALK, 415, **_ISSUE),
    Row("DELETE", f"{_API_ISSUE}/reactions", _API_TALK, 415, words=_ISSUE),
    get(f"{_API_ISSUE}/labels", WIRE_READ, **_ISSUE),
    post(f"{_API_ISSUE}/labels", _API_TALK, 415, **_ISSUE),
    Row("PUT", f"{_API_ISSUE}/labels", _API_TALK, 415, words=_ISSUE),
    Row("DELETE", f"{_API_ISSUE}/labels", WIRE_WRITE, 204, words=_ISSUE),
    Row("DELETE", f"{_API_ISSUE}/labels/<label>", WIRE_WRITE, 204, words=_ISSUE),
    post(f"{_API_ISSUE}/pin", WIRE_WRITE, 204, **_ISSUE),
    Row("DELETE", f"{_API_ISSUE}/pin", WIRE_WRITE, 204, words=_ISSUE),
    Row("PUT", f"{_API_ISSUE}/lock", _API_TALK, 415, words=_ISSUE),
    Row("DELETE", f"{_API_ISSUE}/lock", WIRE_WRITE, 204, words=_ISSUE),
    get(f"{_API_REPO}/issues/comments/<comment>", WIRE_READ),
    Row("PATCH", f"{_API_REPO}/issues/comments/<comment>", _API_TALK, 415),
    Row("DELETE", f"{_API_REPO}/issues/comments/<comment>", WIRE_WRITE, 204),
    get(f"{_API_REPO}/issues/comments/<comment>/reactions", WIRE_READ),
    post(f"{_API_REPO}/issues/comments/<comment>/reactions", _API_TALK, 415),
    Row("DELETE", f"{_API_REPO}/issues/comments/<comment>/reactions", _API_TALK, 415),
    get(f"{_API_REPO}/labels", WIRE_READ),
    post(f"{_API_REPO}/labels", _API_TALK, 415),
    get(f"{_API_REPO}/labels/<label>", WIRE_READ),
    Row("PATCH", f"{_API_REPO}/labels/<label>", _API_TALK, 415),
    Row("DELETE", f"{_API_REPO}/labels/<label>", WIRE_WRITE, 204),
    get(f"{_API_REPO}/milestones", WIRE_READ),
    post(f"{_API_REPO}/milestones", _API_TALK, 415),
    get(f"{_API_REPO}/milestones/<milestone>", WIRE_READ, milestone="1"),
    Row("PATCH", f"{_API_REPO}/milestones/<milestone>", _API_TALK, 415, words={"milestone": "1"}),
    Row("DELETE", f"{_API_REPO}/milestones/<milestone>", WIRE_WRITE, 204, words={"milestone": "1"}),
    get(f"{_API}/<rest>", WIRE_NOTHING, None, rest="nothing"),
]

WIRE: dict[str, list[Row]] = {"git": GIT, "dvc": DVC, "lfs": LFS, "api": API}

# The S3 door takes signatures only; tests/access/test_s3_door.py holds its rows and walks them.
S3_DOORS = {f"{_REPO}.s3<rest>", "/api/v1/repo-buckets/s3/<owner><rest>"}

# The one route of the MLflow door, behind which tracking.mlflow.routes lies. What only reads is named here; every
# other row of that table has to need write access, or more.
MLFLOW_DOOR = f"{_REPO}.mlflow<rest>"
MLFLOW_READS = {
    "GET health",
    "GET api/2.0/mlflow/experiments/get",
    "GET api/2.0/mlflow/experiments/get-by-name",
    "POST api/2.0/mlflow/experiments/search",
    "GET api/2.0/mlflow/experiments/search",
    "GET api/2.0/mlflow/runs/get",
    "POST api/2.0/mlflow/runs/search",
    "GET api/2.0/mlflow/metrics/get-history",
    "GET api/2.0/mlflow/metrics/get-history-bulk-interval",
    "GET ajax-api/2.0/mlflow/metrics/get-history-bulk",
    "POST ajax-api/2.0/mlflow/experiments/search-datasets",
    "GET ajax-api/2.0/mlflow/logged-models/{model_id}/artifacts/files",
    "GET ajax-api/2.0/mlflow/get-trace-artifact",
    "GET ajax-api/3.0/mlflow/get-trace-artifact",
    "GET get-artifact",
    "GET model-versions/get-artifact",
    "GET api/2.0/mlflow/artifacts/list",
    "POST api/2.0/mlflow/artifacts/presigned-download-url",
    "POST api/2.0/mlflow/logged-models/search",
    "GET api/2.0/mlflow/logged-models/{model_id}",
    "GET api/2.0/mlflow/logged-models/{model_id}/artifacts/directories",
    "GET api/2.0/mlflow-artifacts/artifacts",
    "GET api/2.0/mlflow-artifacts/artifacts/{path:path}",
    "GET api/2.0/mlflow-artifacts/presigned/{path:path}",
    "GET api/3.0/mlflow/server-info",
    "GET api/2.0/mlflow/registered-models/get",
    "GET api/2.0/mlflow/registered-models/search",
    "GET api/2.0/mlflow/registered-models/alias",
    "GET api/2.0/mlflow/registered-models/get-latest-versions",
    "POST api/2.0/mlflow/registered-models/get-latest-versions",
    "GET api/2.0/mlflow/model-versions/get",
    "GET api/2.0/mlflow/model-versions/search",
    "GET api/2.0/mlflow/model-versions/get-download-uri",
    "GET version",
    "GET api/3.0/mlflow/traces/get",
    "GET api/3.0/mlflow/traces/batchGet",
    "POST api/3.0/mlflow/traces/batchGetInfos",
    "POST api/3.0/mlflow/traces/search",
    "POST api/3.0/mlflow/traces/metrics",
    "POST api/3.0/mlflow/traces/calculate-filter-correlation",
    "GET api/3.0/mlflow/traces/{trace_id}",
    "GET api/3.0/mlflow/traces/{trace_id}/assessments/{assessment_id}",
    "GET api/3.0/mlflow/datasets/search",
    "POST api/3.0/mlflow/datasets/search",
    "GET api/3.0/mlflow/datasets/{dataset_id}",
    "GET api/3.0/mlflow/datasets/{dataset_id}/experiment-ids",
    "GET api/3.0/mlflow/datasets/{dataset_id}/records",
    "GET api/3.0/mlflow/scorers/list",
    "GET api/3.0/mlflow/scorers/versions",
    "GET api/3.0/mlflow/scorers/get",
    "GET api/3.0/mlflow/scorers/online-configs",
    "GET api/2.0/mlflow/traces",
    "GET api/2.0/mlflow/traces/{trace_id}/info",
}
MLFLOW_ADMIN = "api/2.0/mlflow/webhooks"  # They send what happens here to an address elsewhere.
