// <runs-charts data-latest="/…">: charts with shared controls for smoothing, scales and outliers. While the run goes on,
// one request asks for the latest step of every metric, and only charts that have fallen behind fetch what they lack.
import { make } from "../dom.js";
import { Looks } from "./chart-looks.js";

const KEPT = "cairn-smooth";
const KEPT_KIND = "cairn-smoothing";
const MOST_POINTS = 2_000;

class RunsCharts extends HTMLElement {
  connectedCallback() {
    this.addControls();
    if (this.dataset.latest) this.looks = new Looks(() => this.look());
  }

  disconnectedCallback() {
    this.looks?.stop();
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

  /** Returns whether something new was there and whether the run is done. */
  async look() {
    const answer = await ask(this.dataset.latest);
    const changed = answer ? await this.catchUp(answer.latest) : false;
    return { changed, done: answer?.done ?? false };
  }

  async catchUp(latest) {
    const behind = this.charts.filter((chart) => {
      const [step, text] = latest[chart.dataset.key] ?? [];
      const value = chart.closest("figure")?.querySelector("[data-value]");
      if (value && text !== undefined) value.textContent = text;
      const last = chart.data?.last;
      return last !== undefined && last !== null && step > last && !chart.span;
    });
    for (const chart of behind) if (!chart.seen) chart.stale = true;
    await Promise.all(behind.filter((chart) => chart.seen).map((chart) => this.extend(chart)));
    this.tellNew(latest);
    return behind.length > 0;
  }

  async extend(chart) {
    const long = chart.data.series[0].points.length > MOST_POINTS;
    // Over anything but steps, or grown long: the server makes the whole series again.
    if (chart.data.x !== "step" || long) return chart.load();
    const fresh = await ask(`${chart.dataset.src}&after=${chart.data.last}`);
    if (!fresh || fresh.series[0].points.length === 0) return undefined;
    chart.data.series[0].points.push(...fresh.series[0].points);
    chart.data.last = fresh.last;
    return chart.draw();
  }

  /** Metrics that began after the page was drawn are offered, not pushed between what is being looked at. */
  tellNew(latest) {
    const known = new Set(this.charts.map((chart) => chart.dataset.key));
    const system = location.pathname.endsWith("/system");
    const fresh = Object.keys(latest).filter((key) => !known.has(key) && key.startsWith("system/") === system);
    if (!fresh.length) return;
    this.note ??= make("a", { class: "button button--small runs-bar__new", href: location.href });
    this.note.textContent = `${fresh.length} new metric${fresh.length > 1 ? "s" : ""}: show`;
    if (!this.note.isConnected) this.querySelector(".runs-bar")?.append(this.note);
  }
}

async function ask(address) {
  try {
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
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
