// Keeps the charts of a run that goes on up to date: one request asks for the latest steps of those on the page, and only
// charts that have fallen behind fetch what they lack.
import { make } from "../dom.js";
import { Looks } from "./chart-looks.js";

const MOST_POINTS = 2_000;
const MOST_KEYS = 100;
const LONGEST_QUERY = 6_000;

export class RunsChartsLive {
  /** `box`: a <runs-charts> with data-latest and data-curves. */
  constructor(box) {
    this.box = box;
    this.looks = new Looks(() => this.look());
  }

  stop() {
    this.looks.stop();
  }

  /** Returns whether something new was there and whether the run is done. */
  async look() {
    const answer = await ask(this.question());
    const changed = answer ? await this.catchUp(answer.latest) : false;
    if (answer) this.tellNew(answer);
    return { changed, done: answer?.done ?? false };
  }

  /** Charts that are in sight come first; what does not fit is asked for once it is looked at. */
  question() {
    const charts = this.box.charts.sort((one, other) => Number(other.seen ?? false) - Number(one.seen ?? false));
    let query = "";
    for (const chart of charts.slice(0, MOST_KEYS)) {
      const next = `&key=${encodeURIComponent(chart.dataset.key)}`;
      if (query.length + next.length <= LONGEST_QUERY) query += next;
    }
    return `${this.box.dataset.latest}?${query.slice(1)}`;
  }

  async catchUp(latest) {
    const behind = this.box.charts.filter((chart) => {
      const [step, text] = latest[chart.dataset.key] ?? [];
      const value = chart.closest("figure")?.querySelector("[data-value]");
      if (value && text !== undefined) value.textContent = text;
      const last = chart.data?.last;
      return last !== undefined && last !== null && step > last && !chart.span;
    });
    for (const chart of behind) if (!chart.seen) chart.stale = true;
    await Promise.all(behind.filter((chart) => chart.seen).map((chart) => this.extend(chart)));
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
  tellNew(answer) {
    const fresh = (location.pathname.endsWith("/system") ? answer.system : answer.curves) - Number(this.box.dataset.curves);
    if (fresh <= 0) return;
    this.note ??= make("a", { class: "button button--small runs-bar__new", href: location.href });
    this.note.textContent = `${fresh} new metric${fresh > 1 ? "s" : ""}: show`;
    if (!this.note.isConnected) this.box.querySelector(".runs-bar")?.append(this.note);
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
