// <runs-charts data-latest="/…" data-curves="7">: charts with shared controls for smoothing, scales and outliers; while
// the run goes on they are kept up to date by runs-charts-live.js.
import { make } from "../dom.js";
import { RunsChartsLive } from "./runs-charts-live.js";

const KEPT = "cairn-smooth";
const KEPT_KIND = "cairn-smoothing";

class RunsCharts extends HTMLElement {
  connectedCallback() {
    this.addControls();
    // Charts of a section that is opened later look like the others.
    this.addEventListener("htmx:afterSettle", () => this.dress());
    if (this.dataset.latest) this.live = new RunsChartsLive(this);
  }

  disconnectedCallback() {
    this.live?.stop();
  }

  get charts() {
    return [...this.querySelectorAll("hub-chart")].filter((chart) => (chart.dataset.kind ?? "line") === "line");
  }

  addControls() {
    const place = this.querySelector(".runs-bar__controls");
    if (!place || place.childElementCount) return;
    const weight = recall(KEPT) ?? "0";
    const kind = recall(KEPT_KIND) ?? "ema";
    this.slider = make("input", { type: "range", min: "0", max: "0.99", step: "0.01", value: weight, id: "runs-smooth" });
    this.shown = make("output", { for: "runs-smooth", class: "number" });
    this.slider.addEventListener("input", () => this.smooth(this.slider.value));
    const kinds = make("select", { class: "select--small", "aria-label": "Kind of average" }, new Option("Running", "ema"), new Option("Gaussian", "gauss"));
    kinds.value = kind;
    kinds.addEventListener("change", () => this.average(kinds.value));
    place.append(
      make("label", { class: "runs-bar__control" }, "Smoothing", this.slider, this.shown),
      kinds,
      this.tick("runs-log", "Log scale", (chart, on) => this.set(chart, "scale", on ? "log" : "value")),
      this.tick("runs-log-x", "Log x", (chart, on) => this.set(chart, "scaleX", on ? "log" : "value")),
      this.tick("runs-clip", "Cut outliers", (chart, on) => chart.toggleAttribute("data-clip", on)),
    );
    if (Number(weight)) this.smooth(weight);
    else this.shown.textContent = "0.00";
    if (kind !== "ema") this.average(kind);
  }

  tick(id, text, act) {
    const box = make("input", { type: "checkbox", id });
    box.addEventListener("change", () => this.charts.forEach((chart) => act(chart, box.checked)));
    return make("label", { class: "runs-bar__control" }, box, text);
  }

  dress() {
    if (!this.slider) return;
    for (const box of this.querySelectorAll(".runs-bar__controls input[type=checkbox]")) if (box.checked) box.dispatchEvent(new Event("change"));
    this.smooth(this.slider.value);
    this.average(this.querySelector(".runs-bar__controls select").value);
  }

  set(chart, name, value) {
    chart.dataset[name] = value;
  }

  smooth(weight) {
    this.shown.textContent = Number(weight).toFixed(2);
    for (const chart of this.charts) chart.dataset.smooth = weight;
    remember(KEPT, weight);
  }

  average(kind) {
    for (const chart of this.charts) chart.dataset.smoothing = kind;
    remember(KEPT_KIND, kind);
  }
}

function recall(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function remember(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Storage is switched off: the choice holds for this page only.
  }
}

customElements.define("runs-charts", RunsCharts);
