// The tools above a box for Markdown: each wraps or begins what is marked.
import { icon, make } from "../dom.js";

const TOOLS = [
  ["Bold", "bold", (text) => wrap(text, "**", "bold text"), "b"],
  ["Italic", "italic", (text) => wrap(text, "_", "slanted text"), "i"],
  ["Heading", "heading", (text) => prefix(text, () => "### ")],
  ["Quote", "quote", (text) => prefix(text, () => "> ")],
  ["Code", "code", (text) => (text.includes("\n") ? [`\`\`\`\n${text}\n\`\`\``, 4, text.length] : wrap(text, "`", "code")), "e"],
  ["Link", "link", (text) => [`[${text || "words"}](https://)`, text ? text.length + 3 : 1, text ? 8 : 5], "k"],
  ["List", "list", (text) => prefix(text, () => "- ")],
  ["Numbered list", "list-ordered", (text) => prefix(text, (n) => `${n + 1}. `)],
  ["Task list", "list-checks", (text) => prefix(text, () => "- [ ] ")],
];

function wrap(text, mark, otherwise) {
  return [`${mark}${text || otherwise}${mark}`, mark.length, (text || otherwise).length];
}

function prefix(text, mark) {
  const lines = text.split("\n").map((line, n) => mark(n) + line);
  const made = lines.join("\n");
  return [made, made.length, 0];
}

/** A row of buttons that act on a text area; Ctrl or ⌘ with a letter does the same. */
export function tools(area) {
  const row = make("div", { class: "composer__tools", role: "toolbar", "aria-label": "Format" });
  for (const [label, name, change, key] of TOOLS) {
    const title = key ? `${label} (Ctrl+${key.toUpperCase()})` : label;
    const button = make("button", { type: "button", class: "composer__tool", "aria-label": label, title }, icon(name));
    button.addEventListener("click", () => apply(area, change));
    row.append(button);
  }
  area.addEventListener("keydown", (event) => {
    const found = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && TOOLS.find((tool) => tool[3] === event.key);
    if (!found) return;
    event.preventDefault();
    apply(area, found[2]);
  });
  return row;
}

function apply(area, change) {
  const { selectionStart: from, selectionEnd: to, value } = area;
  const [text, at, length] = change(value.slice(from, to));
  area.focus();
  area.setSelectionRange(from, to);
  insert(area, text);
  area.setSelectionRange(from + at, from + at + length);
}

/** Put text where the cursor is, so that undo takes it back. */
export function insert(area, text) {
  if (!document.execCommand("insertText", false, text)) {
    area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
