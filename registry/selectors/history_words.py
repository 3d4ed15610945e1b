"""How the trail of models reads: an icon and a sentence for each verb."""

from __future__ import annotations

ICONS = {
    "registered model": "box",
    "created prompt": "message-square-text",
    "registered version": "layers",
    "renamed model": "pencil",
    "described model": "notebook-text",
    "described version": "notebook-text",
    "set tag": "tag",
    "removed tag": "tag",
    "set alias": "at-sign",
    "removed alias": "at-sign",
    "changed stage": "milestone",
    "deleted version": "trash-2",
    "deleted model": "trash-2",
    "deleted prompt": "trash-2",
    "set promotion rule": "shield",
    "removed promotion rule": "shield",
    "asked for promotion": "circle-dot",
    "approved promotion": "circle-check",
    "refused promotion": "circle-x",
    "withdrew promotion": "undo-2",
    "checked gates": "gauge",
    "promoted version": "rocket",
    "overrode promotion rule": "shield-alert",
    "tried prompt": "play",
    "added endpoint": "server",
    "changed endpoint": "server",
    "removed endpoint": "server",
}
KINDS = {
    "versions": ["registered model", "created prompt", "registered version", "renamed model", "deleted version",
                 "deleted model", "deleted prompt"],
    "aliases": ["set alias", "removed alias", "changed stage"],
    "promotions": [verb for verb in ICONS if "promotion" in verb] + ["checked gates", "promoted version"],
    "texts": ["described model", "described version", "set tag", "removed tag"],
}  # fmt: skip
CHANGES = {
    "described model": "description",
    "described version": "description",
    "set tag": "value",
    "removed tag": "value",
}


def words_of(verb: str, version: int | None, data: dict[str, object]) -> str:
    """What was done, in words that follow a name."""
    former, place, request = data.get("from"), data.get("place"), data.get("request")
    if verb == "set alias":
        moved = f", from version {former}" if former and former != version else ""
        return f"set @{data.get('alias')} to version {version}{moved}{_because(request)}"
    if verb == "removed alias":
        return f"removed @{data.get('alias')} from version {former}{_against(data)}"
    if verb == "changed stage":
        return f"moved version {version} from {former} to {data.get('to')}{_archived(data)}{_because(request)}"
    if verb == "renamed model":
        return f"renamed it from {former} to {data.get('to')}{_against(data)}"
    if verb in ("registered version", "deleted version"):
        return f"{verb.partition(' ')[0]} version {version}{_against(data)}"
    if verb in ("set tag", "removed tag"):
        return f"{verb} {data.get('key')}{f' of version {version}' if version else ''}"
    if verb == "described version":
        return f"described version {version}"
    if verb in ("set promotion rule", "removed promotion rule"):
        return f"{verb.partition(' ')[0]} the rule for {place}"
    if verb == "tried prompt":
        return f"tried version {version} with {data.get('model_asked')} ({data.get('calls')} calls)"
    if verb.endswith(" endpoint"):
        return f"{verb} {data.get('endpoint')}"
    return _of_request(verb, version, place) if request else verb


def _of_request(verb: str, version: int | None, place: object) -> str:
    sentences = {
        "asked for promotion": f"asked for version {version} to be {place}",
        "approved promotion": f"approved version {version} to be {place}",
        "refused promotion": f"refused version {version} to be {place}",
        "withdrew promotion": f"withdrew the request for version {version} to be {place}",
        "checked gates": f"checked the gates for version {version} to be {place} again",
        "promoted version": f"promoted version {version} to {place}",
        "overrode promotion rule": f"overrode the rule for {place} for version {version}",
    }
    return sentences.get(verb, verb)


def _because(request: object) -> str:
    return ", as asked" if request else ""


def _against(data: dict[str, object]) -> str:
    return f", overriding the rule for {data['overrides']}" if data.get("overrides") else ""


def _archived(data: dict[str, object]) -> str:
    others = data.get("archived")
    listed = ", ".join(str(number) for number in others) if isinstance(others, list) else ""
    return f"; archived version{'s' if ',' in listed else ''} {listed}" if listed else ""
