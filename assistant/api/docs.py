"""``/docs``: the API's description as a plain page that loads nothing from elsewhere."""

import json
from html import escape
from typing import Any

STYLE = """
:root{color-scheme:light dark;--line:#8884;--soft:#8882;--ink:#2563c9}
body{font:16px/1.55 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
h2{margin-top:2.5rem;border-bottom:1px solid var(--line);text-transform:capitalize}
details{border:1px solid var(--line);border-radius:.5rem;margin:.5rem 0;padding:.5rem .8rem}
summary{cursor:pointer;overflow-wrap:anywhere}code,pre{font-family:ui-monospace,monospace;font-size:.9em}
.verb{display:inline-block;min-width:4.2em;font-weight:700;color:var(--ink)}table{border-collapse:collapse;width:100%}
td,th{text-align:left;padding:.25rem .6rem .25rem 0;vertical-align:top;border-bottom:1px solid var(--soft)}
pre{background:var(--soft);padding:.6rem;border-radius:.4rem;overflow:auto}
"""


def page(spec: dict[str, Any]) -> str:
    """The description as HTML.

    Args:
        spec: an OpenAPI document.
    """
    groups: dict[str, list[str]] = {}
    for path, verbs in spec["paths"].items():
        for verb, operation in verbs.items():
            group = (operation.get("tags") or ["other"])[0]
            groups.setdefault(group, []).append(_operation(spec, verb, path, operation))
    body = "".join(f"<h2>{escape(name)}</h2>{''.join(parts)}" for name, parts in groups.items())
    info = spec["info"]
    about = escape(info.get("description", ""))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(info["title"])} API</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{STYLE}</style></head><body>'
        f"<h1>{escape(info['title'])} API</h1><p>{about}</p>"
        '<p>For programs: <a href="openapi.json">openapi.json</a>. Send the header '
        f"<code>Authorization: Bearer sk-…</code>.</p>{body}</body></html>"
    )


def _operation(spec: dict[str, Any], verb: str, path: str, operation: dict[str, Any]) -> str:
    about = f"<p>{escape(operation.get('description', ''))}</p>"
    rows = [_row(p["name"], p["schema"], p.get("required", False)) for p in operation.get("parameters", [])]
    example = ""
    for content in operation.get("requestBody", {}).get("content", {}).values():
        if "example" in content:
            shown = json.dumps(content["example"], indent=1, ensure_ascii=False)
            example = f"<pre>{escape(shown)}</pre>"
        schema = _resolve(spec, content["schema"])
        required = schema.get("required", [])
        rows += [_row(name, each, name in required) for name, each in schema.get("properties", {}).items()]
    table = f"<table><tr><th>field</th><th>type</th><th></th></tr>{''.join(rows)}</table>" if rows else ""
    return (
        f'<details><summary><span class="verb">{verb.upper()}</span> <code>{escape(path)}</code></summary>'
        f"{about}{table}{example}{_answers(operation)}</details>"
    )


def _answers(operation: dict[str, Any]) -> str:
    """Each status that is described, with the name of the answer's shape."""
    rows = []
    for status, answer in operation.get("responses", {}).items():
        shapes = [_type(each["schema"]) for each in answer.get("content", {}).values() if each.get("schema")]
        said = [answer.get("description", ""), *shapes]
        rows.append(
            f"<tr><td><code>{escape(status)}</code></td><td>{escape(' · '.join(filter(None, said)))}</td></tr>"
        )
    return f"<table><tr><th>answer</th><th></th></tr>{''.join(rows)}</table>" if rows else ""


def _row(name: str, schema: dict[str, Any], required: bool) -> str:
    note = "required" if required else escape(schema.get("description", ""))
    return f"<tr><td><code>{escape(name)}</code></td><td>{escape(_type(schema))}</td><td>{note}</td></tr>"


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return schema["$ref"].rsplit("/", 1)[1]
    if "anyOf" in schema:
        return " or ".join(_type(each) for each in schema["anyOf"] if each.get("type") != "null")
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return str(schema.get("const") or schema.get("type", "any"))


def _resolve(spec: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    return spec["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
