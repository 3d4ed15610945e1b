// <hub-shortcuts>: keys of every page. "/" searches, j and k walk rows, Enter opens, g and a letter goes, "?" lists them.
// Rows are elements with data-row; places are links with data-go="word" (the first letter is the key).
import { isWriting, make } from "../dom.js";

const GO_MS = 1200;

class HubShortcuts extends HTMLElement {
  connectedCallback() {
    this.listener = (event) => this.onKey(event);
    document.addEventListener("keydown", this.listener);
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.listener);
  }

  onKey(event) {
    const { key } = event;
    const search = key === "/";
    if (event.defaultPrevented || event.altKey || event.metaKey || event.ctrlKey) return;
    if (isWriting(event.target)) {
      if (key === "Escape") event.target.blur();
      return;
    }
    if (this.going) return this.go(event);
    const actions = { j: () => this.walk(1), k: () => this.walk(-1), g: () => this.wait(), "?": () => this.help() };
    if (search) this.act(event, () => this.search());
    else if (key === "Enter") this.open(event);
    else if (key in actions) this.act(event, actions[key]);
  }

  act(event, action) {
    event.preventDefault();
    action();
  }

  search() {
    const input = document.querySelector("[data-search]");
    input?.focus();
    input?.select();
  }

  get rows() {
    return [...document.querySelectorAll("[data-row]")].filter((row) => row.offsetParent !== null);
  }

  walk(step) {
    const rows = this.rows;
    if (!rows.length) return;
    const at = rows.findIndex((row) => row.classList.contains("is-reached"));
    const next = Math.min(Math.max(at + step, 0), rows.length - 1);
    rows[at]?.classList.remove("is-reached");
    rows[next].classList.add("is-reached");
    const link = rows[next].querySelector("a[href]");
    link?.focus({ preventScroll: true });
    rows[next].scrollIntoView({ block: "nearest" });
  }

  open(event) {
    if (event.target !== document.body) return;
    document.querySelector("[data-row].is-reached a[href]")?.click();
  }

  wait() {
    this.going = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => (this.going = false), GO_MS);
  }

  /** Tabs of the page come before the places of the bar. */
  get places() {
    const found = new Map();
    const links = [...document.querySelectorAll(".tabs [data-go]"), ...document.querySelectorAll("[data-go]")];
    for (const link of links) {
      const letter = [...link.dataset.go].find((each) => /[a-z]/.test(each) && !found.has(each));
      if (letter && ![...found.values()].includes(link)) found.set(letter, link);
    }
    return found;
  }

  go(event) {
    this.going = false;
    const link = this.places.get(event.key);
    if (link) this.act(event, () => link.click());
  }

  help() {
    const keys = [["/", "Search"], ["Ctrl K", "Command palette"], ["j  k", "Next and previous row"], ["Enter", "Open the row"]];
    for (const [letter, link] of this.places) keys.push([`g ${letter}`, `Go to ${link.dataset.go}`]);
    keys.push(["?", "This list"], ["Esc", "Close"]);
    const list = make("dl", { class: "keys__list" });
    for (const [key, words] of keys) list.append(make("dt", {}, make("kbd", {}, key)), make("dd", {}, words));
    const title = make("h2", { id: "keys-title" }, "Keys");
    const dialog = make("dialog", { class: "keys", "aria-labelledby": "keys-title" }, title, list);
    dialog.addEventListener("close", () => dialog.remove());
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    this.append(dialog);
    dialog.showModal();
  }
}

customElements.define("hub-shortcuts", HubShortcuts);
