// <hub-chart data-src="/…" | data-json="id of a json_script">: a line chart, with its numbers in a table behind it.
//   data-title   what it shows, read aloud            data-refresh  seconds between looks for new points
//   data-smooth  0 to 0.99, moving average            data-scale    "log" for a logarithmic y axis
//   data-size    small, large                         data-zoom     present: a slider below the plot
// Data: {"x": "step" | "time" | …, "series": [{"name", "color": 1…8, "points": [[x, y], …]}], "done": true when no more
// will come}. What stands inside the element is shown until the chart is, and when it cannot be.
import { icon, make } from "../dom.js";

const drawing = () => import("../charts/plot.js");

class HubChart extends HTMLElement {
  static observedAttributes = ["data-src", "data-smooth", "data-scale"];

  connectedCallback() {
    this.onTheme = () => this.draw();
    document.addEventListener("hub:theme", this.onTheme);
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    this.dark.addEventListener("change", this.onTheme);
    // A page with forty charts fetches those that are looked at.
    this.sight = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && this.start(), {
      rootMargin: "200px",
    });
    this.sight.observe(this);
  }

  disconnectedCallback() {
    document.removeEventListener("hub:theme", this.onTheme);
    this.dark.removeEventListener("change", this.onTheme);
    this.sight.disconnect();
    clearTimeout(this.timer);
    this.drawn?.dispose();
    this.drawn = null;
    this.started = false;
  }

  attributeChangedCallback(name, before, after) {
    if (!this.started || before === after) return;
    if (name === "data-src") this.load();
    else this.draw();
  }

  async start() {
    if (this.started) return;
    this.started = true;
    this.sight.disconnect();
    this.prepare();
    await this.load();
  }

  prepare() {
    if (this.plot) return;
    this.fallback = [...this.childNodes];
    this.plot = make("div", { class: "chart__plot", role: "img", "aria-label": this.dataset.title ?? "Chart" });
    this.box = make("div", { class: "table-box", tabindex: "0", role: "region", "aria-label": `${this.dataset.title ?? "Chart"}, numbers` });
    this.details = make("details", { class: "chart__data" }, make("summary", {}, icon("table-2"), "Numbers"), this.box);
    this.details.addEventListener("toggle", () => this.fillTable());
    this.note = make("p", { class: "chart__note", role: "status", hidden: true });
  }

  async load() {
    clearTimeout(this.timer);
    try {
      this.data = await this.read();
    } catch (error) {
      this.tell(`The numbers could not be loaded: ${error.message}.`);
      return this.later();
    }
    await this.draw();
    if (!this.data.done) this.later();
  }

  later() {
    const seconds = Number(this.dataset.refresh);
    if (!(seconds > 0) || !this.isConnected) return;
    this.timer = setTimeout(() => (document.hidden ? this.later() : this.load()), seconds * 1000);
  }

  async read() {
    if (!this.dataset.src) return JSON.parse(document.getElementById(this.dataset.json)?.textContent ?? "{}");
    const answer = await fetch(this.dataset.src, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`the hub answered ${answer.status}`);
    return answer.json();
  }

  async draw() {
    if (!this.started || !this.data) return;
    if (!this.data.series?.some((series) => series.points.length)) return this.tell("Nothing has been logged yet.");
    const { Plot } = await drawing();
    if (!this.isConnected) return;
    this.note.hidden = true;
    if (!this.plot.isConnected) this.replaceChildren(this.plot, this.note, this.details);
    this.drawn ??= new Plot(this.plot);
    const { smooth = 0, scale = "value" } = this.dataset;
    this.drawn.draw(this.data, { weight: Number(smooth), scale, zoom: "zoom" in this.dataset });
    await this.fillTable();
    this.dispatchEvent(new CustomEvent("hub:drawn", { bubbles: true }));
  }

  async fillTable() {
    if (!this.details.open) return;
    const { dataTable } = await drawing();
    this.box.replaceChildren(dataTable(this.data));
  }

  tell(text) {
    this.note.textContent = text;
    this.note.hidden = false;
    if (!this.note.isConnected) this.replaceChildren(...this.fallback, this.note);
  }
}

customElements.define("hub-chart", HubChart);
