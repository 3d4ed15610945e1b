"""The door /api/v1: gathers what each room offers there, describes it as OpenAPI, and shows that as a page."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import render
from django.urls import include, path, re_path
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.generators import SchemaGenerator
from rest_framework.request import Request

from accounts.api.door import Door
from hub.context import public_url
from hub.lib.errors import NotFound
from hub.lib.routing import register_converters

METHODS = ("get", "post", "put", "patch", "delete")
WORDS = {
    "owner": "User or organisation.",
    "name": "Repository, or the user where people are asked for.",
    "org": "Organisation.",
    "branch": "Branch, with its slashes.",
    "sha": "Commit id, branch or tag.",
    "place": "Branch, tag or commit, a slash, and a path: `main/data/train.csv`. The longest ref that matches counts.",
    "number": "Number of the issue, pull request or discussion, as in #12.",
    "comment": "Id of the comment.",
    "label": "Id of the label.",
    "milestone": "Number of the milestone.",
    "hook": "Id of the webhook.",
    "review": "Id of the review.",
    "thread": "Id of the thread.",
    "pattern": "A branch, or the pattern of a rule, with its slashes.",
    "username": "User name.",
    "notice": "Id of the notification.",
    "protocol": "s3; gs and azure for connected buckets.",
    "bucket": "The repository's name, or that of a connected bucket; then a slash and the key of a file or folder.",
}


class Nothing(Door):
    """Whatever no room offers."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse, in JSON like everything here."""
        raise NotFound("There is nothing at this address of the API.", next_step="See /-/api.")


@cache
def schema() -> dict[str, Any]:
    """The OpenAPI 3 document of all rooms."""
    patterns = [path("api/v1/", include(ROOMS))]
    generator: Any = SchemaGenerator
    found: dict[str, Any] = generator(patterns=patterns).get_schema(request=None, public=True)
    found["components"]["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "An access token, made in settings."},
        "basic": {"type": "http", "scheme": "basic", "description": "User name and password, or token as password."},
        "session": {
            "type": "apiKey", "in": "cookie", "name": "sessionid",
            "description": "A signed-in browser; writing needs the CSRF token in X-CSRFToken.",
        },
    }  # fmt: skip
    found["security"] = [{"token": []}, {"basic": []}, {"session": []}, {}]
    for operations in found["paths"].values():
        for operation in operations.values():
            operation.pop("security", None)
            for each in operation.get("parameters", ()):
                if each["in"] == "path":
                    each["description"] = WORDS[each["name"]]
                    each["schema"] = {"type": "string"}
    return found


def document(request: HttpRequest) -> HttpResponseBase:
    """GET openapi.json: what this API offers, for programs."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    return JsonResponse({**schema(), "servers": [{"url": public_url(request)}]})


def reference(request: HttpRequest) -> HttpResponseBase:
    """The same for people: every endpoint with what it takes and answers."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    groups: dict[str, list[dict[str, Any]]] = {}
    for address, operations in schema()["paths"].items():
        for verb in METHODS:
            if verb in operations:
                row = _row(address, verb, operations[verb])
                groups.setdefault(operations[verb]["tags"][0], []).append(row)
    base = public_url(request)
    example = f'curl -H "Authorization: Bearer TOKEN" {base}/api/v1/user'
    tried = {row["id"]: row["tried"] for rows in groups.values() for row in rows}
    context = {"groups": groups, "base": base, "example": example, "tried": tried}
    return render(request, "api/reference.html", context)


def _row(address: str, verb: str, operation: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = next(iter(operation.get("requestBody", {}).get("content", {}).values()), {})
    name = body.get("schema", {}).get("$ref", "").rpartition("/")[2]
    fields = schema()["components"]["schemas"].get(name, {}).get("properties", {})
    return {
        "id": operation["operationId"],
        "verb": verb.upper(),
        "address": address,
        "description": _plain(operation),
        "parameters": [
            (each["name"], _plain(each)) for each in operation.get("parameters", ()) if each["in"] == "query"
        ],
        "fields": [(field, _plain(said)) for field, said in fields.items()],
        "tried": _tried(operation, fields),
        "statuses": list(operation["responses"]),
    }


def _tried(operation: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any] | None:
    """What a form that tries an operation asks for; None where files are sent, which it cannot."""
    content = operation.get("requestBody", {}).get("content", {})
    if content and "application/json" not in content:
        return None
    named = [(each["in"], each["name"]) for each in operation.get("parameters", ())]
    return {
        "path": [name for place, name in named if place == "path"],
        "query": [name for place, name in named if place == "query"],
        "body": {field: _sample(said) for field, said in fields.items()} if content else None,
    }


def _sample(described: dict[str, Any]) -> Any:
    """A value to begin with where somebody tries an operation: empty, of the right kind."""
    if described.get("enum"):
        return described["enum"][0]
    return {"integer": 0, "boolean": False, "array": [], "object": {}}.get(described.get("type", ""), "")


def _plain(described: dict[str, Any]) -> str:
    """The description without the marks of Markdown; for a choice without any words, the choices."""
    text = described.get("description", "") or ", ".join(map(str, described.get("enum", ())))
    return str(text).replace("`", "")


@csrf_exempt  # Nothing is done with it.
def ignored(request: HttpRequest) -> HttpResponse:
    """What clients of DagsHub report about their use: answered, not read."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    return HttpResponse(status=204)


register_converters()
ROOMS = [
    path("", include("accounts.api.urls")),
    path("", include("repos.api.urls")),
    path("", include("storage.api.urls")),
    path("", include("collab.api.urls")),
    path("", include("search.api.urls")),
]
urlpatterns = [
    path("-/api", reference, name="api"),
    path("api/internal/trackAnalyticsEvent", ignored),
    path("api/v1/openapi.json", document, name="openapi"),
    path("api/v1/", include(ROOMS)),
    re_path(r"^api/v1/(?P<rest>[\s\S]*)$", Nothing.as_view()),
]
