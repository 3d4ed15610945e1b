"""The allow list: HTML that somebody else wrote goes in, HTML that can run, restyle or submit nothing comes out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import unquote

import nh3

from hub.lib.render.links import HERE, ID_PREFIX, Place
from hub.lib.render.text import printable

TAGS = frozenset(
    """a abbr b blockquote br caption center cite code col colgroup dd del details dfn div dl dt em figcaption figure
    h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p picture pre q rp rt ruby s samp section small span strike strong
    sub summary sup table tbody td tfoot th thead tr tt u ul var wbr""".split()
)
# What these hold is code or another language, not prose: it goes with them.
_DROPPED_WITH_CONTENT = frozenset(
    """script style svg math iframe noscript noembed noframes object embed template textarea title xmp
    select option button audio video canvas applet""".split()
)
_EVERYWHERE = {"id", "class", "title", "align", "aria-label"}
_ATTRIBUTES: dict[str, set[str]] = {
    "*": _EVERYWHERE,
    "a": {"href", "name"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan", "width", "scope"},
    "th": {"colspan", "rowspan", "width", "scope"},
    "col": {"span", "width"},
    "ol": {"start"},
    "details": {"open"},
    "div": {"tabindex"},
    "pre": {"tabindex"},
}
_SHAPES = {
    "align": re.compile(r"left|right|center"),
    "width": re.compile(r"\d{1,4}(?:%|px)?"),
    "height": re.compile(r"\d{1,4}(?:%|px)?"),
    "colspan": re.compile(r"\d{1,3}"),
    "rowspan": re.compile(r"\d{1,4}"),
    "span": re.compile(r"\d{1,3}"),
    "start": re.compile(r"\d{1,9}"),
    "tabindex": re.compile(r"0"),
    "scope": re.compile(r"col|row"),
}
# SECURITY: classes of the hub's own interface would let a file dress up as a button, a dialog or a whole page.
_own_class = re.compile(r"hl|(?:md|nb|tbl|hl)-[a-z0-9-]{1,30}")
DATA_IMAGE = re.compile(r"data:image/(?:png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/=]*")
# One attachment may be shown many times, but not until the page has grown out of hand.
MAX_IMAGE_CHARS = 8 * 1024 * 1024
_NO_IMAGES: Mapping[str, str] = MappingProxyType({})

# SECURITY: formatting elements are re-opened by HTML's rules in every later paragraph. Told apart by attributes they
# may be thousands, so a small file would grow into gigabytes; without attributes at most three of a kind are kept.
_formatting = re.compile(r"<(b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)(?=[\s/])", re.IGNORECASE)
# Deep nesting takes quadratic time in the parser; cells and rows are common in data and cannot nest by themselves.
_nesting_tag = re.compile(r"<(?!(?:td|th|tr|br|img|hr|col|wbr)\b)[a-z]", re.IGNORECASE)
MAX_TAGS = 20_000
# A corner without words (pandas writes one) is no heading to a screen reader. Cleaned HTML has < and > in tags alone.
_empty_header = re.compile(r"<th((?: [^<>]*)?)>\s*</th>")


def too_many_tags(html: str) -> bool:
    """Whether parsing `html` could take unreasonably long: more than MAX_TAGS opening tags that can nest."""
    return sum(1 for _ in _nesting_tag.finditer(html)) > MAX_TAGS


def bare_formatting(html: str) -> str:
    """`html` with the attributes of formatting elements (b, em, font, ...) taken off."""
    parts: list[str] = []
    at, end_of_tag = 0, -1
    for match in _formatting.finditer(html):
        if match.start() < at:
            continue
        if end_of_tag < match.end():
            end_of_tag = html.find(">", match.end())
        if end_of_tag < 0:
            break
        parts += (html[at : match.start()], f"<{match[1]}>")
        at = end_of_tag + 1
    return "".join(parts) + html[at:]


def clean(html: str, *, place: Place = HERE, images: Mapping[str, str] = _NO_IMAGES, trusted_data: bool = False) -> str:
    """Safe HTML from any HTML.

    Relative links and pictures are resolved by `place`. `attachment:<name>` pictures become `images[name]`, which must
    be data: images. `trusted_data` keeps data: images that the document carries itself (notebook outputs).
    """

    left = [MAX_IMAGE_CHARS]

    def keep(tag: str, name: str, value: str) -> str | None:
        if name == "href":
            return place.link(value)
        if name == "src":
            source = _picture(value, place, images, trusted_data)
            left[0] -= len(source or "")
            return source if left[0] >= 0 else None
        if name == "class":
            return " ".join(word for word in value.split() if _own_class.fullmatch(word)) or None
        if name == "name":
            return value if value.startswith(ID_PREFIX) else ID_PREFIX + value
        shape = _SHAPES.get(name)
        return value if shape is None or shape.fullmatch(value) else None

    cleaner = nh3.Cleaner(
        tags=set(TAGS),
        clean_content_tags=set(_DROPPED_WITH_CONTENT),
        attributes=_ATTRIBUTES,
        attribute_filter=keep,
        link_rel="nofollow noopener noreferrer",
        url_schemes={"http", "https", "mailto", "data", "attachment"},
        set_tag_attribute_values={"img": {"loading": "lazy", "referrerpolicy": "no-referrer"}},
        id_prefix=ID_PREFIX,
    )
    return _empty_header.sub(r"<td\1></td>", cleaner.clean(printable(html)))


def _picture(value: str, place: Place, images: Mapping[str, str], trusted_data: bool) -> str | None:
    if value.startswith("attachment:"):
        value, trusted_data = images.get(unquote(value.removeprefix("attachment:"))) or "data:", True
    if value.startswith("data:"):
        # SECURITY: only pictures, and SVG only as a picture, where it runs no script.
        return value if trusted_data and DATA_IMAGE.fullmatch(value) else None
    return place.image(value)
