"""Markdown becomes the HTML that its readers expect."""

from __future__ import annotations

import pytest

from hub.lib.render import markdown
from tests.hub.render.reading import assert_safe, text_of

REL = ' rel="nofollow noopener noreferrer"'


def test_headings_are_named_and_link_to_themselves() -> None:
    html = markdown.render("# Grüße, `Welt`!\n\n## Same\n\n## Same\n")
    anchor = '<a class="md-anchor" href="#user-content-{0}" aria-label="Link here"' + REL + ">#</a>"
    assert html.splitlines() == [
        f'<h1 id="user-content-grüße-welt">Grüße, <code>Welt</code>!{anchor.format("grüße-welt")}</h1>',
        f'<h2 id="user-content-same">Same{anchor.format("same")}</h2>',
        f'<h2 id="user-content-same-1">Same{anchor.format("same-1")}</h2>',
    ]


def test_links_within_the_document_find_prefixed_headings() -> None:
    html = markdown.render(
        "[down](#install) <a name='here'>x</a> [other](docs/a.md#use) [line](a.py#L3)", link_base="/b"
    )
    assert 'href="#user-content-install"' in html
    assert '<a name="user-content-here"' in html
    assert 'href="/b/docs/a.md#user-content-use"' in html
    assert 'href="/b/a.py#L3"' in html


def test_tables_align_without_styles_and_scroll_in_their_box() -> None:
    html = markdown.render("|a|b|c|\n|:-|-:|:-:|\n|1|2|3|\n")
    assert html.startswith('<div class="md-table" tabindex="0"><table>')
    assert '<td align="left">1</td>\n<td align="right">2</td>\n<td align="center">3</td>' in html


def test_corners_without_words_are_no_headings() -> None:
    html = markdown.render("| |b|\n|-:|-|\n|1|2|\n")
    assert '<tr>\n<td align="right"></td>\n<th>b</th>\n</tr>' in html


def test_task_lists_need_no_form_fields() -> None:
    assert markdown.render("- [ ] open\n- [x] shut\n").splitlines()[1:3] == [
        '<li class="md-task"><span class="md-check" title="To do">☐</span> open</li>',
        '<li class="md-task"><span class="md-check" title="Done">☑</span> shut</li>',
    ]


def test_alerts_become_callouts() -> None:
    html = markdown.render("> [!WARNING]\n> Mind the gap.\n")
    assert html.splitlines() == [
        '<div class="md-alert md-alert-warn">',
        '<p class="md-alert-title">Warning</p>',
        "<p>Mind the gap.</p>",
        "</div>",
    ]


def test_footnotes_lead_there_and_back() -> None:
    html = markdown.render("One[^a], again[^a].\n\n[^a]: The note.\n")
    assert f'<a href="#user-content-fn-1" id="user-content-fnref-1" aria-label="Footnote 1"{REL}>1</a>' in html
    assert 'id="user-content-fnref-1-1"' in html and '<li id="user-content-fn-1">' in html
    assert 'href="#user-content-fnref-1-1"' in html


def test_code_is_highlighted_with_classes() -> None:
    html = markdown.render("```python\nx = 1\n```\n\n    plain <b>\n\n```nosuch\n<i>\n```\n")
    assert '<pre class="hl" tabindex="0"><code>x = <span class="hl-n">1</span></code></pre>' in html
    assert '<pre class="hl" tabindex="0"><code>plain &lt;b&gt;\n</code></pre>' in html
    assert '<pre class="hl" tabindex="0"><code>&lt;i&gt;</code></pre>' in html


def test_front_matter_is_a_table() -> None:
    html = markdown.render('---\nlicense: "mit"\ntags: [a, b]\ndatasets:\n- x\n- y\nnested:\n  k: v\n---\n# T\n')
    cells = text_of(html.split("</table>")[0])
    assert cells == "licensemittagsa, bdatasetsx, ynested  k: v"
    assert "<h1" in html


@pytest.mark.parametrize("text", ["---\n\nwords\n\n---\n", "---\nA sentence without pairs\n---\n", "---\na: b\nno end"])
def test_rules_are_not_taken_for_front_matter(text: str) -> None:
    assert "md-front" not in markdown.render(text)


@pytest.mark.parametrize(
    ("source", "address"),
    [
        ("[x](LICENSE)", "/o/r/src/main/docs/LICENSE"),
        ("[x](../LICENSE)", "/o/r/src/main/LICENSE"),
        ("[x](../../../../etc/passwd)", "/o/r/src/main/etc/passwd"),
        ("[x](%2e%2e/%2e%2e/%2e%2e/-/settings)", "/o/r/src/main/-/settings"),
        ("[x](/LICENSE)", "/o/r/src/main/LICENSE"),
        ("[x](./a%20b/ü.md?plain=1#top)", "/o/r/src/main/docs/a%20b/%C3%BC.md?plain=1#user-content-top"),
        ("[x](sub/)", "/o/r/src/main/docs/sub/"),
        ("[x](https://example.org/?a=1&b=2)", "https://example.org/?a=1&amp;b=2"),
        ("[x](mailto:a@example.org)", "mailto:a@example.org"),
        ("[x](//example.org/x)", "//example.org/x"),
        ("https://example.org/a_(b).", "https://example.org/a_(b)"),
    ],
)
def test_links_are_resolved_and_stay_inside(source: str, address: str) -> None:
    html = markdown.render(source, link_base="/o/r/src/main/", directory="docs")
    assert f'<a href="{address}"{REL}>' in html


def test_pictures_come_from_the_raw_files() -> None:
    html = markdown.render(
        '![a](img/a.png "t") <img src="../b.png" width="200" onload="x">', image_base="/raw/m", directory="d"
    )
    rest = 'loading="lazy" referrerpolicy="no-referrer"'
    assert [set(piece.rstrip("</p>\n ").split(" ")) for piece in html.split("<img ")[1:]] == [
        set(f'src="/raw/m/d/img/a.png" alt="a" title="t" {rest}'.split(" ")),
        set(f'src="/raw/m/b.png" width="200" {rest}'.split(" ")),
    ]


def test_without_bases_relative_links_stay() -> None:
    assert '<a href="a/b.txt"' in markdown.render("[x](a/b.txt)")


def test_html_of_documents_is_kept_as_far_as_it_is_safe() -> None:
    html = markdown.render(
        '<p align="center"><img src="logo.svg" width="200"></p>\n\n'
        "<details><summary>More</summary>\n\n**inside**\n\n</details>\n\nH<sub>2</sub>O <kbd>q</kbd>"
    )
    assert '<p align="center"><img src="logo.svg"' in html
    assert "<details><summary>More</summary>\n<p><strong>inside</strong></p>\n</details>" in html
    assert "H<sub>2</sub>O <kbd>q</kbd>" in html


def test_classes_and_ids_of_the_hub_cannot_be_borrowed() -> None:
    html = markdown.render('<div class="toast md-note button" id="main">x</div>')
    assert html == '<div class="md-note" id="user-content-main">x</div>'


def test_lone_surrogates_and_controls_are_replaced() -> None:
    assert markdown.render("a\ud800b\x00c\x1bd") == "<p>a?b�c�d</p>\n"


def test_documents_of_too_many_tags_show_their_html_as_text() -> None:
    html = markdown.render("<b>x</b>" * 20_001)
    assert html.startswith("<p>&lt;b&gt;x&lt;/b&gt;")
    assert_safe(html)


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        ("# Title\n\n[![badge](x)](y)\n\nThe *first* `words`\nof a [link](z).\n\nMore.", "The first words of a link."),
        ("---\na: b\n---\n\nWords.", "Words."),
        ("Title\n=====\n\nWords <b>bold</b>.", "Words bold."),
        ("# Only a title", ""),
        ("", ""),
        ("word " * 60, "word word word word word word word…"),
        ("x" * 100, "x" * 39 + "…"),
    ],
)
def test_summary_is_the_first_paragraph(text: str, summary: str) -> None:
    assert markdown.render_plain_summary(text, length=40) == summary
