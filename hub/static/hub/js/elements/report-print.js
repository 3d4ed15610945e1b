// <report-print>: a button that prints a report whole: blocks and curves that were not looked at are fetched first.
import { icon, make } from "../dom.js";

const LONGEST_MS = 12000;

class ReportPrint extends HTMLElement {
  connectedCallback() {
    if (this.firstChild) return;
    this.button = make("button", { type: "button", class: "button" }, icon("download"), " Print or save as PDF");
    this.button.addEventListener("click", () => this.print());
    this.append(this.button);
  }

  async print() {
    this.button.disabled = true;
    const place = scrollY;
    const late = Date.now() + LONGEST_MS;
    // Everything is loaded when it comes into view, so the page is walked through once.
    for (const block of document.querySelectorAll("report-block")) {
      block.scrollIntoView({ block: "center", behavior: "instant" });
      await until(() => !block.querySelector(".report-block__wait"), late);
      for (const chart of block.querySelectorAll("hub-chart")) {
        chart.scrollIntoView({ block: "center", behavior: "instant" });
        await until(() => chart.querySelector("canvas, svg, [role=status]"), late);
      }
    }
    scrollTo({ top: place, behavior: "instant" });
    this.button.disabled = false;
    window.print();
  }
}

/** Waits until `done` says so, or until it is late. */
async function until(done, late) {
  while (!done() && Date.now() < late) await new Promise((go) => setTimeout(go, 50));
}

customElements.define("report-print", ReportPrint);
