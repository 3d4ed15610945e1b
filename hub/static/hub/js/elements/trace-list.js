// <trace-list data-src data-pulse-src data-pulse data-open>: the traces of an experiment. Ticks are counted. A small
// question tells whether anything changed; only then are the rows fetched again, and ever less often while nothing does.
import { make } from "../dom.js";

const SOON_MS = 5_000;
const IDLE_MS = 20_000;
const LATE_MS = 120_000;

class TraceList extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", (event) => this.onTick(event));
    this.addEventListener("change", () => this.count());
    this.prepare();
    this.wait = this.first;
    this.later();
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
  }

  get first() {
    return "open" in this.dataset ? SOON_MS : IDLE_MS;
  }

  get boxes() {
    return [...this.querySelectorAll("input[name=trace]")];
  }

  prepare() {
    this.all = null;
    if (this.boxes.length > 0) {
      this.all = make("input", { type: "checkbox", "aria-label": "Pick all traces of this page" });
      this.all.addEventListener("change", () => {
        for (const box of this.boxes) box.checked = this.all.checked;
      });
      this.querySelector("thead th").prepend(this.all);
    }
    this.count();
  }

  /** With shift, a tick reaches to the one before. */
  onTick(event) {
    const box = event.target.closest?.("input[name=trace]");
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
    for (const button of this.querySelectorAll("[data-least]")) button.disabled = picked.length < Number(button.dataset.least);
    const note = this.querySelector(".runs-picked__count");
    const words = picked.length ? `${picked.length} picked` : "Tick traces to act on them";
    if (note && note.textContent !== words) note.textContent = words;
    if (!this.all) return;
    this.all.checked = picked.length > 0 && picked.length === boxes.length;
    this.all.indeterminate = picked.length > 0 && picked.length < boxes.length;
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.look(), this.wait);
  }

  async look() {
    if (!document.hidden) {
      const changed = await this.renew().catch(() => false);
      this.wait = changed ? this.first : Math.min(this.wait * 1.5, LATE_MS);
    }
    if (this.isConnected) this.later();
  }

  async renew() {
    const told = await fetch(this.dataset.pulseSrc, { headers: { Accept: "application/json" } });
    if (!told.ok) return false;
    const { pulse, open } = await told.json();
    this.toggleAttribute("data-open", open);
    if (pulse === this.dataset.pulse) return false;
    const answer = await fetch(this.dataset.src, { headers: { "HX-Request": "true" } });
    if (!answer.ok || !this.isConnected) return false;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("trace-list");
    if (!fresh) return false;
    // The first trace of an experiment brings the bar and the charts, which are no part of the list.
    if (!this.querySelector("table, .rows") && fresh.querySelector("table")) return location.reload();
    this.replace(fresh);
    return true;
  }

  replace(fresh) {
    const picked = new Set(this.boxes.filter((box) => box.checked).map((box) => box.value));
    const focused = this.contains(document.activeElement) ? document.activeElement : null;
    const spot = focused?.value ?? focused?.getAttribute("href");
    const box = this.querySelector(".table-box");
    const [top, left] = [box?.scrollTop ?? 0, box?.scrollLeft ?? 0];
    this.dataset.pulse = fresh.dataset.pulse;
    this.replaceChildren(...[...fresh.childNodes].map((node) => document.importNode(node, true)));
    for (const each of this.boxes) each.checked = picked.has(each.value);
    this.querySelector(".table-box")?.scrollTo(left, top);
    this.prepare();
    if (spot) [...this.querySelectorAll("input, a")].find((each) => (each.value ?? each.getAttribute("href")) === spot)?.focus();
  }
}

customElements.define("trace-list", TraceList);
