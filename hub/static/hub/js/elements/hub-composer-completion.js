// What a box for Markdown offers after @ and #: people who may read the repository, and its topics.
import { make } from "../dom.js";
import { insert } from "./hub-composer-tools.js";

const WAIT_MS = 120;
const WORD = /(^|[\s([{"'])([@#])([\w.-]{0,39})$/;
let count = 0;

export class Completion {
  constructor(box, area) {
    this.box = box;
    this.area = area;
    count += 1;
    this.list = make("ul", { class: "composer__offers", role: "listbox", id: `offers-${count}`, hidden: true, "aria-label": "Offers" });
    area.after(this.list);
    area.setAttribute("aria-autocomplete", "list");
    area.setAttribute("aria-controls", this.list.id);
    area.addEventListener("input", () => this.later());
    area.addEventListener("keydown", (event) => this.onKey(event), { capture: true });
    area.addEventListener("blur", () => setTimeout(() => this.close(), WAIT_MS));
    this.list.addEventListener("pointerdown", (event) => {
      const row = event.target.closest("[role=option]");
      if (!row) return;
      event.preventDefault();
      this.take(row);
    });
  }

  later() {
    clearTimeout(this.timer);
    const before = this.area.value.slice(Math.max(0, this.area.selectionStart - 60), this.area.selectionStart);
    this.word = WORD.exec(before);
    if (!this.word) return this.close();
    this.timer = setTimeout(() => this.ask(this.word), WAIT_MS);
    return undefined;
  }

  async ask(word) {
    const what = word[2] === "@" ? "people" : "topics";
    const query = new URLSearchParams({ q: word[3] });
    if (this.box.dataset.topic) query.set("topic", this.box.dataset.topic);
    try {
      const answer = await fetch(`${this.box.dataset.home}/${what}?${query}`, { headers: { Accept: "application/json" } });
      const { rows } = await answer.json();
      if (answer.ok && this.word === word) this.draw(rows);
    } catch {
      // Without an answer nothing is offered; writing goes on.
      this.close();
    }
  }

  draw(rows) {
    this.list.replaceChildren(...rows.map((row, n) => {
      const about = make("span", { class: "composer__about" }, row.about);
      return make("li", { role: "option", id: `${this.list.id}-${n}`, "data-text": row.text, "aria-selected": "false" }, make("span", {}, row.text), " ", about);
    }));
    this.list.hidden = rows.length === 0;
    if (rows.length) this.mark(0);
    else this.close();
  }

  get rows() {
    return [...this.list.children];
  }

  mark(at) {
    this.at = (at + this.rows.length) % this.rows.length;
    this.rows.forEach((row, n) => row.setAttribute("aria-selected", String(n === this.at)));
    this.area.setAttribute("aria-activedescendant", this.rows[this.at].id);
    this.rows[this.at].scrollIntoView({ block: "nearest" });
  }

  onKey(event) {
    if (this.list.hidden) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.mark(this.at + step);
    else if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === "Tab") this.take(this.rows[this.at]);
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  take(row) {
    const end = this.area.selectionStart;
    this.area.setSelectionRange(end - this.word[3].length - 1, end);
    insert(this.area, `${row.dataset.text} `);
    this.close();
  }

  close() {
    clearTimeout(this.timer);
    this.word = null;
    this.list.hidden = true;
    this.area.removeAttribute("aria-activedescendant");
  }
}
