// <runs-table data-src="/…" data-running>: the runs of an experiment. Ticks are counted and kept while the rows renew
// themselves: soon after one another while a run goes on, ever less often while nothing changes.
import { make } from "../dom.js";

const SOON_MS = 5_000;
const LATE_MS = 120_000;
const IDLE_MS = 30_000;

class RunsTable extends HTMLElement {
  connectedCallback() {
    this.body = this.querySelector("tbody");
    this.form = this.querySelector("#runs-picked");
    this.addTickAll();
    this.addEventListener("click", (event) => this.onTick(event));
    this.addEventListener("change", () => this.count());
    this.count();
    this.wait = this.first;
    this.later();
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
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

  count() {
    const boxes = this.boxes;
    const picked = boxes.filter((box) => box.checked);
    for (const box of boxes) box.closest("tr").ariaSelected = String(box.checked);
    for (const button of this.form.querySelectorAll("button")) button.disabled = picked.length < Number(button.dataset.least);
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
    this.replaceRows(body);
    return true;
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
