// <runs-filter data-src="/…/completions" data-with="2,3">: its text box offers what may stand at the cursor, as an ARIA
// combobox. Arrows choose, Tab and Enter accept, Escape closes; without a choice Enter sends the form as ever.
import { make } from "../dom.js";

const PAUSE_MS = 120;

class RunsFilter extends HTMLElement {
  connectedCallback() {
    if (this.list) return;
    this.input = this.querySelector("input");
    this.list = make("ul", { class: "runs-filter__list", id: `${this.input.id}-list`, role: "listbox", "aria-label": "What may stand here", hidden: true });
    this.note = make("span", { class: "unseen", role: "status" });
    this.querySelector(".runs-filter__box").append(this.list, this.note);
    for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list.id })) {
      this.input.setAttribute(name, value);
    }
    this.input.addEventListener("input", () => this.later());
    this.input.addEventListener("click", () => this.input.value && this.later());
    this.input.addEventListener("keydown", (event) => this.onKey(event));
    this.input.addEventListener("blur", () => this.close());
    this.list.addEventListener("pointerdown", (event) => this.onPointer(event));
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
    this.asking?.abort();
  }

  get isOpen() {
    return !this.list.hidden;
  }

  get options() {
    return [...this.list.querySelectorAll("[role=option]")];
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask().catch(() => this.close()), PAUSE_MS);
  }

  /** The server counts characters, the browser halves of some. */
  async ask() {
    this.asking?.abort();
    this.asking = new AbortController();
    const text = this.input.value;
    const at = [...text.slice(0, this.input.selectionStart)].length;
    const query = new URLSearchParams({ q: text, at });
    if (this.dataset.with) query.set("with", this.dataset.with);
    const answer = await fetch(`${this.dataset.src}?${query}`, { signal: this.asking.signal });
    if (!answer.ok) return this.close();
    const found = await answer.json();
    if (text === this.input.value && document.activeElement === this.input) this.show(found, text);
  }

  show(found, text) {
    this.span = [found.start, found.end].map((place) => [...text].slice(0, place).join("").length);
    this.list.replaceChildren(...found.items.map((item, place) => this.option(item, place)));
    if (found.expected) this.list.prepend(make("li", { class: "runs-filter__head", role: "presentation" }, `Here: ${found.expected}`));
    this.list.hidden = !found.expected && found.items.length === 0;
    this.note.textContent = found.items.length ? `${found.items.length} to choose from` : "";
    this.input.setAttribute("aria-expanded", String(this.isOpen && found.items.length > 0));
    this.choose(-1);
  }

  option(item, place) {
    const option = make("li", { class: "runs-filter__option", role: "option", id: `${this.list.id}-${place}`, "aria-selected": "false" }, make("span", { class: "mono" }, item.label));
    if (item.detail) option.append(make("span", { class: "quiet" }, item.detail));
    option.item = item;
    return option;
  }

  choose(place) {
    const options = this.options;
    this.chosen = place;
    options.forEach((option, each) => option.setAttribute("aria-selected", String(each === place)));
    if (place < 0) this.input.removeAttribute("aria-activedescendant");
    else {
      this.input.setAttribute("aria-activedescendant", options[place].id);
      options[place].scrollIntoView({ block: "nearest" });
    }
  }

  close() {
    clearTimeout(this.timer);
    this.asking?.abort();
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.choose(-1);
  }

  accept(item) {
    const [start, end] = this.span;
    const text = this.input.value;
    const rest = text.slice(end);
    const insert = item.insert.endsWith(" ") && rest.startsWith(" ") ? item.insert.slice(0, -1) : item.insert;
    this.input.value = text.slice(0, start) + insert + rest;
    const at = start + item.insert.length;
    this.input.setSelectionRange(at, at);
    this.close();
    this.later();
  }

  onPointer(event) {
    event.preventDefault(); // The box keeps the focus.
    const option = event.target.closest("[role=option]");
    if (option) this.accept(option.item);
  }

  onKey(event) {
    const count = this.options.length;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!this.isOpen) return this.later();
      const step = event.key === "ArrowDown" ? 1 : -1;
      if (count) this.choose(this.chosen < 0 ? (step > 0 ? 0 : count - 1) : (this.chosen + step + count) % count);
    } else if (event.key === "Escape" && this.isOpen) {
      event.preventDefault();
      event.stopPropagation();
      this.close();
    } else if (this.isOpen && count && (event.key === "Tab" || event.key === "Enter") && !event.shiftKey) {
      // Tab takes the first where none is chosen and something is typed; Enter only what was chosen.
      const typed = this.span[1] > this.span[0];
      if (this.chosen < 0 && (event.key === "Enter" || !typed)) return this.close();
      event.preventDefault();
      this.accept(this.options[Math.max(this.chosen, 0)].item);
    }
  }
}

customElements.define("runs-filter", RunsFilter);
