// <hub-snippets>: shows its sections one at a time, as tabs; the choice of a label is kept for other pages.
import { make } from "../dom.js";

const KEY = "cairn-snippet";
let made = 0;

class HubSnippets extends HTMLElement {
  connectedCallback() {
    this.sections = [...this.querySelectorAll(":scope > .snippet")];
    if (this.sections.length < 2 || this.list) return;
    this.list = make("div", { class: "tabs", role: "tablist", "aria-label": this.getAttribute("aria-label") ?? "Ways to do it" });
    this.removeAttribute("aria-label");
    this.tabs = this.sections.map((section) => this.makeTab(section));
    this.list.append(...this.tabs);
    this.list.addEventListener("keydown", (event) => this.onKey(event));
    this.prepend(this.list);
    const kept = this.tabs.findIndex((tab) => tab.textContent === recall());
    this.select(Math.max(0, kept));
  }

  makeTab(section) {
    const id = `snippet-${++made}`;
    section.id ||= `${id}-panel`;
    section.setAttribute("role", "tabpanel");
    section.setAttribute("aria-labelledby", id);
    section.querySelector(".snippet__label")?.setAttribute("hidden", "");
    const tab = make("button", { type: "button", role: "tab", class: "tab", id, "aria-controls": section.id });
    tab.append(make("span", {}, section.dataset.label));
    tab.addEventListener("click", () => {
      this.select(this.tabs.indexOf(tab));
      remember(section.dataset.label);
    });
    return tab;
  }

  select(index) {
    this.tabs.forEach((tab, at) => {
      tab.setAttribute("aria-selected", String(at === index));
      tab.tabIndex = at === index ? 0 : -1;
      this.sections[at].hidden = at !== index;
    });
  }

  onKey(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = this.tabs.indexOf(document.activeElement);
    const next = (at + step + this.tabs.length) % this.tabs.length;
    this.tabs[next].focus();
    this.tabs[next].click();
  }
}

function recall() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function remember(label) {
  try {
    localStorage.setItem(KEY, label);
  } catch {
    // Storage is switched off: the choice holds for this page only.
  }
}

customElements.define("hub-snippets", HubSnippets);
