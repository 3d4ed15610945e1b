// <hub-filter data-for="id" data-item=".row">: a box that narrows a list on the page by the words in it.
import { make } from "../dom.js";

class HubFilter extends HTMLElement {
  connectedCallback() {
    if (this.input) return;
    const label = this.dataset.label ?? "Filter";
    this.input = make("input", { type: "search", class: "input", placeholder: label, "aria-label": label });
    this.note = make("span", { class: "unseen", role: "status" });
    this.input.addEventListener("input", () => this.narrow());
    this.append(this.input, this.note);
  }

  narrow() {
    const list = document.getElementById(this.dataset.for);
    if (!list) return;
    const words = this.input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let left = 0;
    for (const item of list.querySelectorAll(this.dataset.item ?? "li")) {
      const text = item.textContent.toLowerCase();
      item.hidden = !words.every((word) => text.includes(word));
      if (!item.hidden) left += 1;
    }
    this.note.textContent = words.length ? `${left} left` : "";
  }
}

customElements.define("hub-filter", HubFilter);
