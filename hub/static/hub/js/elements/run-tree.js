// <run-tree>: a tree of files as nested lists of links. Folders open in place and fetch what they hold when they do; a
// file is shown beside the tree without loading the page anew. Arrows walk: up, down, right opens, left closes.
import { icon, make } from "../dom.js";

const SHOWN = "#run-shown";

class RunTree extends HTMLElement {
  connectedCallback() {
    if (this.onClick) return;
    this.onClick = (event) => this.clicked(event);
    this.onSwap = () => this.swapped();
    this.addEventListener("click", this.onClick);
    this.addEventListener("keydown", (event) => this.onKey(event));
    // What is found by name comes as a part of the page.
    document.body.addEventListener("htmx:afterSettle", this.onSwap);
    this.onBack = (event) => event.state?.htmx || this.show(location.href, { push: false });
    window.addEventListener("popstate", this.onBack);
    this.swapped();
    this.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  }

  disconnectedCallback() {
    document.body.removeEventListener("htmx:afterSettle", this.onSwap);
    window.removeEventListener("popstate", this.onBack);
  }

  swapped() {
    this.dress(this);
    for (const link of this.links) {
      if (new URL(link.href).pathname === location.pathname) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }

  get links() {
    return [...this.querySelectorAll(".runs-files__entry")];
  }

  /** Give each folder its button. */
  dress(root) {
    for (const item of root.querySelectorAll("[data-folder]:not([data-dressed])")) {
      item.dataset.dressed = "";
      const open = item.querySelector("ul") !== null;
      const name = item.querySelector(".clip").textContent;
      const button = make("button", { type: "button", class: "run-tree__toggle", "aria-expanded": String(open) });
      button.setAttribute("aria-label", `Contents of ${name}`);
      button.append(icon("chevron-right"));
      item.prepend(button);
    }
  }

  clicked(event) {
    const toggle = event.target.closest(".run-tree__toggle");
    if (toggle) this.toggle(toggle.parentElement);
    const link = event.target.closest("a.runs-files__entry");
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    if (link.dataset.more !== undefined) {
      event.preventDefault();
      this.more(link);
    } else if (link.dataset.whole === undefined && document.querySelector(SHOWN)) {
      event.preventDefault();
      const item = link.parentElement;
      if (item.dataset.folder !== undefined && !this.isOpen(item)) this.toggle(item);
      this.show(link.href);
    }
  }

  /** Draw the page of a file or folder on the server and take from it what stands beside the tree. */
  async show(address, { push = true } = {}) {
    const shown = document.querySelector(SHOWN);
    shown.setAttribute("aria-busy", "true");
    const page = await this.ask(address);
    const fresh = page?.querySelector(SHOWN);
    if (!fresh) return location.assign(address);
    if (push) history.pushState(null, "", address);
    document.title = page.title;
    shown.replaceWith(document.adoptNode(fresh));
    window.htmx?.process(fresh);
    this.swapped();
    if (fresh.getBoundingClientRect().top > window.innerHeight / 2) fresh.scrollIntoView({ block: "start" });
    return undefined;
  }

  async ask(address, headers = {}) {
    try {
      const answer = await fetch(address, { headers });
      // What comes is the hub's own page; a document made so runs nothing.
      return answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
    } catch {
      return null;
    }
  }

  isOpen(item) {
    return item.querySelector(":scope > .run-tree__toggle")?.getAttribute("aria-expanded") === "true";
  }

  async toggle(item) {
    const button = item.querySelector(":scope > .run-tree__toggle");
    const open = !this.isOpen(item);
    button.setAttribute("aria-expanded", String(open));
    const inside = item.querySelector(":scope > ul");
    if (inside) inside.hidden = !open;
    else if (open) {
      const list = await this.level(item.querySelector("a").href);
      if (list) item.append(list);
      else button.setAttribute("aria-expanded", "false");
      this.swapped();
    }
  }

  async more(link) {
    const list = await this.level(link.href);
    if (!list) return location.assign(link.href);
    // A file that is shown stands in the list before its page of the folder has come.
    const known = new Set(this.links.map((each) => each.href));
    const items = [...list.children].filter((item) => !known.has(item.querySelector("a").href));
    link.parentElement.replaceWith(...items);
    this.swapped();
    return items[0]?.querySelector("a").focus();
  }

  async level(address) {
    const url = new URL(address);
    url.searchParams.set("level", "1");
    return (await this.ask(url, { "HX-Request": "true" }))?.querySelector("ul");
  }

  onKey(event) {
    const link = event.target.closest("a.runs-files__entry");
    const item = link?.parentElement;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!link || (!step && event.key !== "ArrowRight" && event.key !== "ArrowLeft")) return;
    event.preventDefault();
    if (step) {
      const seen = this.links.filter((each) => each.offsetParent !== null);
      seen[seen.indexOf(link) + step]?.focus();
    } else if (event.key === "ArrowRight" && item.dataset.folder !== undefined && !this.isOpen(item)) this.toggle(item);
    else if (event.key === "ArrowLeft" && this.isOpen(item)) this.toggle(item);
    else if (event.key === "ArrowLeft") item.parentElement.closest("li")?.querySelector("a").focus();
  }
}

customElements.define("run-tree", RunTree);
