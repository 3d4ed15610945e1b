// <hub-palette data-url data-search data-repo>: one line to go anywhere. Ctrl+K or Cmd+K opens it, arrows choose, Enter
// goes, Ctrl+Enter goes in a new tab. Lines come from the server, which knows what the reader may see.
import { icon, make } from "../dom.js";

const PAUSE_MS = 120;

class HubPalette extends HTMLElement {
  connectedCallback() {
    this.listener = (event) => this.onKey(event);
    document.addEventListener("keydown", this.listener);
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.listener);
  }

  onKey(event) {
    if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    if (this.dialog?.open) this.dialog.close();
    else this.open();
  }

  open() {
    this.dialog ??= this.draw();
    this.input.value = "";
    this.dialog.showModal();
    this.ask();
  }

  draw() {
    this.input = make("input", {
      class: "palette__input", type: "text", role: "combobox", placeholder: "Search, or type a command", autocomplete: "off",
      spellcheck: "false", maxlength: "300", "aria-label": "Search, or type a command", "aria-expanded": "true",
      "aria-controls": "palette-lines", "aria-autocomplete": "list",
    });
    this.list = make("div", { class: "palette__list", role: "listbox", id: "palette-lines", "aria-label": "Lines" });
    this.foot = make("div", { class: "palette__foot", role: "status" }, "");
    const dialog = make("dialog", { class: "palette", "aria-label": "Command palette" }, this.input, this.list, this.foot);
    this.input.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.ask(), PAUSE_MS);
    });
    this.input.addEventListener("keydown", (event) => this.onChoice(event));
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    this.append(dialog);
    return dialog;
  }

  async ask() {
    const text = this.input.value.trim();
    const asked = new URLSearchParams({ q: text, repo: this.dataset.repo ?? "" });
    this.asked = asked;
    try {
      const answer = await fetch(`${this.dataset.url}?${asked}`, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const { groups } = await answer.json();
      // Only the last question counts: answers may come in any order.
      if (this.asked === asked) this.show(groups, text);
    } catch {
      if (this.asked === asked) this.foot.textContent = "The hub did not answer. Type on to try again.";
    }
  }

  show(groups, text) {
    if (text) {
      const url = `${this.dataset.search}?${new URLSearchParams({ q: text })}`;
      groups = [...groups, { label: "", lines: [{ title: `Search everything for “${text}”`, url, icon: "search", facts: "" }] }];
    }
    this.lines = [];
    this.list.replaceChildren(...groups.map((group) => this.group(group)));
    this.choose(0);
    const count = this.lines.length;
    this.foot.textContent = count ? "↑ ↓ choose · Enter opens · Ctrl+Enter in a new tab · Esc closes" : "Nothing fits.";
  }

  group({ label, lines }) {
    const box = make("div", { role: "group", "aria-label": label || "More" });
    if (label) box.append(make("div", { class: "palette__label", "aria-hidden": "true" }, label));
    for (const line of lines) {
      const number = this.lines.length;
      const row = make(
        "div", { class: "palette__line", role: "option", id: `palette-line-${number}`, "aria-selected": "false" },
        icon(line.icon), make("span", { class: "palette__title" }, line.title), make("span", { class: "palette__facts" }, line.facts),
      );
      row.addEventListener("mousemove", () => this.at !== number && this.choose(number, false));
      row.addEventListener("click", (event) => this.go(number, event.ctrlKey || event.metaKey));
      this.lines.push({ row, url: line.url });
      box.append(row);
    }
    return box;
  }

  choose(number, scrolls = true) {
    this.lines[this.at]?.row.setAttribute("aria-selected", "false");
    this.at = number;
    const line = this.lines[number];
    line?.row.setAttribute("aria-selected", "true");
    if (scrolls) line?.row.scrollIntoView({ block: "nearest" });
    if (line) this.input.setAttribute("aria-activedescendant", line.row.id);
    else this.input.removeAttribute("aria-activedescendant");
  }

  onChoice(event) {
    const count = this.lines?.length ?? 0;
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps && count) {
      event.preventDefault();
      this.choose((this.at + steps[event.key] + count) % count);
    } else if (event.key === "Enter") {
      event.preventDefault();
      this.go(this.at, event.ctrlKey || event.metaKey);
    }
  }

  go(number, apart) {
    const line = this.lines?.[number];
    if (!line) return;
    if (apart) window.open(line.url, "_blank", "noopener");
    else location.assign(line.url);
  }
}

customElements.define("hub-palette", HubPalette);
