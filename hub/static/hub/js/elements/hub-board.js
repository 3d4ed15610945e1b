// <hub-board data-live="/…?…">: keeps the panels of a board up to date. One request tells how far the running runs have
// come in the metrics that are in sight; only panels in sight fetch, and only what they lack. New runs appear by
// themselves. Panels are dragged to another place by their handle; without a mouse their menus do the same.
import { Looks } from "./chart-looks.js";

class HubBoard extends HTMLElement {
  connectedCallback() {
    if (this.dataset.live) this.looks = new Looks(() => this.look());
    for (const panel of this.querySelectorAll("[data-at]")) this.makeDraggable(panel);
  }

  disconnectedCallback() {
    this.looks?.stop();
  }

  get charts() {
    return [...this.querySelectorAll("hub-chart")].filter((chart) => chart.started);
  }

  async look() {
    const inSight = this.charts.filter((chart) => chart.seen && chart.dataset.key);
    const keys = [...new Set(inSight.map((chart) => chart.dataset.key))].map((key) => `key=${encodeURIComponent(key)}`);
    const answer = await this.ask([this.dataset.live, ...keys].join("&"));
    if (!answer) return { changed: false, done: false };
    const others = this.runs !== undefined && this.runs !== answer.runs;
    this.runs = answer.runs;
    if (others) {
      await this.renew();
      return { changed: true, done: false };
    }
    const moved = await Promise.all(inSight.map((chart) => chart.follow(answer.latest[chart.dataset.key] ?? {})));
    const changed = moved.some(Boolean);
    if (changed) for (const chart of this.charts) if (!chart.seen) chart.stale = true;
    return { changed, done: false };
  }

  /** Other runs are chosen now, or one has ended: what is in sight is read again, the rest when it comes into sight. */
  async renew() {
    for (const chart of this.charts) chart.stale = true;
    await Promise.all(this.charts.filter((chart) => chart.seen && !chart.span).map((chart) => chart.load()));
    this.dispatchEvent(new CustomEvent("hub:runs", { bubbles: true }));
  }

  async ask(address) {
    try {
      const answer = await fetch(address, { headers: { Accept: "application/json" } });
      return answer.ok ? await answer.json() : null;
    } catch {
      return null;
    }
  }

  makeDraggable(panel) {
    const handle = panel.querySelector("[data-handle]");
    if (!handle) return;
    handle.draggable = true;
    handle.addEventListener("dragstart", (event) => {
      this.dragged = panel;
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setDragImage(panel, 20, 20);
    });
    handle.addEventListener("dragend", () => this.drop(null));
    panel.addEventListener("dragover", (event) => {
      if (!this.dragged || this.dragged === panel) return;
      event.preventDefault();
      panel.classList.add("is-target");
    });
    panel.addEventListener("dragleave", () => panel.classList.remove("is-target"));
    panel.addEventListener("drop", (event) => {
      event.preventDefault();
      this.drop(panel);
    });
  }

  drop(target) {
    const { dragged } = this;
    this.dragged = null;
    for (const panel of this.querySelectorAll(".is-target")) panel.classList.remove("is-target");
    if (!target || !dragged || target === dragged) return;
    location.assign(`${this.dataset.edit}&do=move&at=${dragged.dataset.at}&to=${target.dataset.at}`);
  }
}

customElements.define("hub-board", HubBoard);
