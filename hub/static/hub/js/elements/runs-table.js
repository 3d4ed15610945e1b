// <runs-table data-src="/…" data-here="/…" data-running>: the runs of an experiment. Ticks are counted and kept while the
// rows renew themselves: soon after one another while a run goes on, ever less often while nothing changes.
import { isWriting, make } from "../dom.js";
import "./runs-filter.js";
import { openPalette } from "./runs-table-colours.js";
import { act, go, goInside } from "./runs-table-going.js";
import { improveHeads } from "./runs-table-heads.js";

const SOON_MS = 5_000;
const LATE_MS = 120_000;
const IDLE_MS = 30_000;

class RunsTable extends HTMLElement {
  connectedCallback() {
    this.body = this.querySelector("tbody");
    this.form = this.querySelector("#runs-picked");
    if (this.wait) return this.later();
    goInside(this);
    if (!this.body || !this.form) return; // Groups of runs stand here.
    this.addTickAll();
    this.addEventListener("click", (event) => this.onTick(event));
    this.addEventListener("click", (event) => this.onPaint(event));
    this.addEventListener("change", () => this.count());
    improveHeads(this);
    this.count();
    this.wait = this.first;
    this.onKey = (event) => this.pickReached(event);
    document.addEventListener("keydown", this.onKey);
    this.later();
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
    document.removeEventListener("keydown", this.onKey);
  }

  get first() {
    return "running" in this.dataset ? SOON_MS : IDLE_MS;
  }

  get boxes() {
    return [...this.body.querySelectorAll("input[name=run]")];
  }

  addTickAll() {
    if (this.all || this.boxes.length === 0) return;
    this.all = make("input", { type: "checkbox", "aria-label": "Pick all runs of this page" });
    this.all.addEventListener("change", () => {
      for (const box of this.boxes) box.checked = this.all.checked;
    });
    this.querySelector("thead th").prepend(this.all);
  }

  /** With shift, a tick reaches to the one before. */
  onTick(event) {
    const box = event.target.closest?.("input[name=run]");
    if (!box) return;
    const boxes = this.boxes;
    const [from, to] = [boxes.indexOf(this.last), boxes.indexOf(box)].sort((one, other) => one - other);
    if (event.shiftKey && from >= 0) for (const each of boxes.slice(from, to + 1)) each.checked = box.checked;
    this.last = box;
  }

  /** x picks the row that j and k have reached. */
  pickReached(event) {
    if (event.key !== "x" || event.ctrlKey || event.metaKey || event.altKey || (isWriting(event.target) && event.target.type !== "checkbox")) return;
    this.body.querySelector("tr.is-reached input[name=run]")?.click();
  }

  onPaint(event) {
    const button = event.target.closest?.(".runs__paint");
    if (!button) return;
    event.preventDefault();
    openPalette(button, (colour) => act(this, `paint:${button.value.split(":")[1]}:${colour}`));
  }

  count() {
    const boxes = this.boxes;
    const picked = boxes.filter((box) => box.checked);
    for (const box of boxes) box.closest("tr").ariaSelected = String(box.checked);
    const everything = this.form.querySelector("input[name=all]")?.checked;
    for (const button of this.form.querySelectorAll("button[data-least]")) {
      const least = Number(button.dataset.least);
      button.disabled = picked.length < least && !(everything && least === 1);
    }
    const words = picked.length ? `${picked.length} picked` : "Tick runs to compare them";
    const note = this.form.querySelector("[role=status]");
    if (note.textContent !== words) note.textContent = words;
    if (!this.all) return;
    this.all.checked = picked.length > 0 && picked.length === boxes.length;
    this.all.indeterminate = picked.length > 0 && picked.length < boxes.length;
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.renew(), this.wait);
  }

  async renew() {
    if (!document.hidden) {
      const changed = await this.fetchRows().catch(() => false);
      this.wait = changed ? this.first : Math.min(this.wait * 1.5, LATE_MS);
    }
    if (this.isConnected) this.later();
  }

  async fetchRows() {
    const answer = await fetch(this.dataset.src, { headers: { "HX-Request": "true" } });
    if (!answer.ok) return false;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("runs-table");
    const body = fresh?.querySelector("tbody");
    if (!body || !this.isConnected) return false;
    const before = this.facts(this.body);
    this.toggleAttribute("data-running", "running" in fresh.dataset);
    if (before === this.facts(body)) return false;
    // Other columns may be worth showing now: then the heads are of the past, too.
    if (this.keys(fresh) === this.keys(this)) this.replaceRows(body);
    else await go(this, this.dataset.src, { record: false });
    return true;
  }

  keys(table) {
    return [...table.querySelectorAll("thead th")].map((head) => head.dataset.key).join("\n");
  }

  /** What rows say, without the words of relative times, which change by themselves. */
  facts(body) {
    const copy = body.cloneNode(true);
    for (const time of copy.querySelectorAll("time")) time.textContent = "";
    return copy.textContent.replace(/\s+/g, " ") + [...copy.querySelectorAll("[href], [aria-label]")].map((each) => each.getAttribute("href") ?? each.ariaLabel);
  }

  replaceRows(body) {
    const picked = new Set(this.boxes.filter((box) => box.checked).map((box) => box.value));
    const focused = this.body.contains(document.activeElement) ? document.activeElement : null;
    const spot = focused?.value ?? focused?.getAttribute("href");
    this.body.replaceWith(document.importNode(body, true));
    this.body = this.querySelector("tbody");
    for (const box of this.boxes) box.checked = picked.has(box.value);
    if (spot) [...this.body.querySelectorAll("input, a")].find((each) => (each.value ?? each.getAttribute("href")) === spot)?.focus();
    this.addTickAll();
    this.count();
  }
}

customElements.define("runs-table", RunsTable);
