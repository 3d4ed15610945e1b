// <hub-chart data-src="/…" | data-json="id of a json_script">: a chart, with its numbers in a table behind it.
//   data-kind    line (if not given), scatter, bar, box, parallel, importance
//   data-title   what it shows, read aloud            data-refresh    seconds between looks for new points
//   data-smooth  0 to 0.99                            data-smoothing  "ema" (if not given) or "gauss"
//   data-scale, data-scale-x  "log": logarithmic      data-clip       present: the outermost hundredths are cut off
//   data-size    small, large                         data-band       minmax, std or ste: groups in place of runs
// Data of lines: {"x": "step" | "time" | …, "series": [{"name", "color": 1…8, "points": [[x, y], …]}], "done": true when
// no more will come}; a series may have id, last, group, odd, and thinned: then zooming in fetches what lies there.
// What stands inside the element is shown until the chart is, and when it cannot be.
import { make } from "../dom.js";

const drawing = () => import("../charts/plot.js");
const LONG = 2_000; // Longer than this, the server thins a growing curve again.

class HubChart extends HTMLElement {
  static observedAttributes = ["data-src", "data-smooth", "data-smoothing", "data-scale", "data-scale-x", "data-clip", "data-band"];

  connectedCallback() {
    this.onTheme = () => this.draw();
    document.addEventListener("hub:theme", this.onTheme);
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    this.dark.addEventListener("change", this.onTheme);
    // A page with forty charts fetches those that are looked at.
    this.sight = new IntersectionObserver((entries) => this.look(entries.at(-1).isIntersecting), { rootMargin: "200px" });
    this.sight.observe(this);
  }

  disconnectedCallback() {
    document.removeEventListener("hub:theme", this.onTheme);
    this.dark.removeEventListener("change", this.onTheme);
    this.sight.disconnect();
    clearTimeout(this.timer);
    this.drawn?.dispose();
    this.drawn = this.plot = null;
    this.started = false;
  }

  attributeChangedCallback(name, before, after) {
    if (!this.started || before === after) return;
    if (name === "data-src") this.load();
    else this.draw();
  }

  look(seen) {
    this.seen = seen;
    if (!seen) return;
    if (!this.started) {
      this.started = true;
      this.fallback ??= [...this.childNodes];
      this.note = make("p", { class: "chart__note", role: "status", hidden: true });
      this.load();
    } else if (this.stale) this.load();
  }

  async load() {
    clearTimeout(this.timer);
    this.stale = false;
    const asked = (this.asked = {});
    try {
      const data = await this.read();
      if (this.asked !== asked) return undefined; // A later question overtook this one.
      this.data = data;
    } catch (error) {
      this.tell(`The numbers could not be loaded: ${error.message}.`);
      return this.later();
    }
    await this.draw();
    return this.data.done ? undefined : this.later();
  }

  later() {
    const seconds = Number(this.dataset.refresh);
    if (!(seconds > 0) || !this.isConnected) return;
    this.timer = setTimeout(() => (document.hidden ? this.later() : this.load()), seconds * 1000);
  }

  async read(more = "") {
    const { src, json } = this.dataset;
    if (!src) return JSON.parse(document.getElementById(json)?.textContent ?? "{}");
    const span = this.span && !more ? `from=${this.span[0]}&to=${this.span[1]}` : "";
    const extra = [span, more].filter(Boolean).join("&");
    const answer = await fetch(extra ? `${src}${src.includes("?") ? "&" : "?"}${extra}` : src, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`the hub answered ${answer.status}`);
    return answer.json();
  }

  /** Take in what is new: `latest` is how far each run has come, by its id. Returns whether anything was behind. */
  async follow(latest) {
    if (!this.data?.series || this.span) return false;
    const known = new Map(this.data.series.map((series) => [series.id, series]));
    const behind = Object.entries(latest).filter(([id, step]) => step > (known.get(id)?.last ?? -Infinity));
    if (!behind.length) return false;
    if (this.data.x !== "step" || !behind.every(([id]) => known.get(id)?.points.length < LONG)) {
      await this.load();
      return true;
    }
    const fresh = await this.read(behind.map(([id]) => `since=${id}.${known.get(id).last}`).join("&")).catch(() => null);
    for (const { id, points, last, odd = [] } of fresh?.series ?? []) {
      const series = known.get(id);
      series.points.push(...points);
      series.odd = [...(series.odd ?? []), ...odd];
      series.last = last;
    }
    await this.draw();
    return true;
  }

  /** Look at a stretch of x, or with null at all of it. Thinned curves are fetched again for the stretch. */
  async zoom(span) {
    this.whole ??= this.data;
    this.data = this.whole;
    if (!span) this.whole = undefined;
    this.span = span ?? undefined;
    const closer = this.dataset.src && this.data.series.some((series) => series.thinned) && /^(step|time|relative)$/.test(this.data.x);
    return span && closer ? this.load() : this.draw();
  }

  async draw() {
    if (!this.started || !this.data) return;
    const { Plot, Foot, hasPoints, csvText, dataTable, save } = await drawing();
    if (!this.isConnected) return;
    if (!hasPoints(this.data) && !this.span) return this.tell("Nothing has been logged yet.");
    const { kind = "line", title = "Chart", smooth = 0, smoothing, scale, scaleX, band } = this.dataset;
    this.plot ??= make("div", { class: "chart__plot", role: "img", "aria-label": title });
    this.foot ??= new Foot(title, {
      table: () => dataTable(this.data),
      zoom: (span) => this.zoom(span),
      png: () => save(`${title}.png`, this.drawn.picture()),
      csv: () => save(`${title}.csv`, URL.createObjectURL(new Blob([csvText(this.data)], { type: "text/csv" }))),
    });
    this.note.hidden = true;
    if (!this.plot.isConnected) this.replaceChildren(this.plot, this.note, this.foot.element);
    this.drawn ??= new Plot(this.plot, { onPick: (span) => this.zoom(span) });
    const told = this.drawn.draw(this.data, { kind, weight: Number(smooth), smoothing, scale, scaleX, band, clip: "clip" in this.dataset, span: this.span });
    if (kind === "line") this.foot.addRange(this.data.x ?? "x");
    this.foot.say(told, Boolean(this.span));
    this.foot.fill();
    this.dispatchEvent(new CustomEvent("hub:drawn", { bubbles: true }));
  }

  tell(text) {
    this.note.textContent = text;
    this.note.hidden = false;
    if (!this.note.isConnected) this.replaceChildren(...this.fallback, this.note);
  }
}

customElements.define("hub-chart", HubChart);
