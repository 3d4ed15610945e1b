// <runs-charts data-latest="/…">: charts with shared controls for smoothing and scale. While the run goes on, one request
// asks for the latest step of every metric, and only charts that have fallen behind fetch the points they lack.
import { make } from "../dom.js";

const SOON_MS = 3_000;
const LATE_MS = 60_000;
const KEPT = "cairn-smooth";
const MOST_POINTS = 4_000;

class RunsCharts extends HTMLElement {
  connectedCallback() {
    this.addControls();
    this.wait = SOON_MS;
    if (this.dataset.latest) this.later();
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
  }

  get charts() {
    return [...this.querySelectorAll("hub-chart")];
  }

  addControls() {
    const place = this.querySelector(".runs-bar__controls");
    if (!place || place.childElementCount) return;
    const weight = recall();
    this.slider = make("input", { type: "range", min: "0", max: "0.99", step: "0.01", value: weight, id: "runs-smooth" });
    this.shown = make("output", { for: "runs-smooth", class: "number" });
    this.slider.addEventListener("input", () => this.smooth(this.slider.value));
    const log = make("input", { type: "checkbox", id: "runs-log" });
    log.addEventListener("change", () => {
      for (const chart of this.charts) chart.dataset.scale = log.checked ? "log" : "value";
    });
    place.append(
      make("label", { class: "runs-bar__control" }, "Smoothing", this.slider, this.shown),
      make("label", { class: "runs-bar__control" }, log, "Log scale"),
    );
    this.smooth(weight);
  }

  smooth(weight) {
    this.shown.textContent = Number(weight).toFixed(2);
    for (const chart of this.charts) chart.dataset.smooth = weight;
    remember(weight);
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.look(), this.wait);
  }

  async look() {
    let done = false;
    if (!document.hidden) {
      const answer = await this.ask(this.dataset.latest);
      const changed = answer ? await this.catchUp(answer.latest) : false;
      done = answer?.done ?? false;
      this.wait = changed ? SOON_MS : Math.min(this.wait * 1.5, LATE_MS);
    }
    if (this.isConnected && !done) this.later();
  }

  async catchUp(latest) {
    const behind = this.charts.filter((chart) => {
      const [step, text] = latest[chart.dataset.key] ?? [];
      const value = chart.closest("figure")?.querySelector("[data-value]");
      if (value && text !== undefined) value.textContent = text;
      return chart.data?.last !== undefined && chart.data.last !== null && step > chart.data.last;
    });
    await Promise.all(behind.map((chart) => this.extend(chart)));
    this.tellNew(latest);
    return behind.length > 0;
  }

  async extend(chart) {
    const long = chart.data.series[0].points.length > MOST_POINTS;
    // Over time, or grown long: the server thins the whole series again.
    if (chart.data.x === "time" || long) return chart.load();
    const fresh = await this.ask(`${chart.dataset.src}&after=${chart.data.last}`);
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

  async ask(address) {
    try {
      const answer = await fetch(address, { headers: { Accept: "application/json" } });
      return answer.ok ? await answer.json() : null;
    } catch {
      return null;
    }
  }
}

function recall() {
  try {
    return localStorage.getItem(KEPT) ?? "0";
  } catch {
    return "0";
  }
}

function remember(weight) {
  try {
    localStorage.setItem(KEPT, weight);
  } catch {
    // Storage is switched off: the choice holds for this page only.
  }
}

customElements.define("runs-charts", RunsCharts);
