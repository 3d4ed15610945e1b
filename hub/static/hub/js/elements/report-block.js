// <report-block hx-get="…" hx-trigger="near, renew">: a block of a report, fetched shortly before it comes into view.
import "./hub-chart.js";

const AHEAD = "800px";
const AGAIN_MS = 400;
const MOST_TRIES = 10;

class ReportBlock extends HTMLElement {
  connectedCallback() {
    if (!this.waiting) return;
    this.sight = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && this.ask(), {
      rootMargin: AHEAD,
    });
    this.sight.observe(this);
  }

  disconnectedCallback() {
    this.sight?.disconnect();
    clearTimeout(this.timer);
  }

  get waiting() {
    return this.querySelector(":scope > .report-block__wait") !== null;
  }

  /** htmx may not have looked at this part of the page yet: then nothing goes out, and the next try finds it. */
  ask(tries = 0) {
    this.sight.disconnect();
    if (!this.waiting || tries >= MOST_TRIES) return;
    if (!this.classList.contains("htmx-request")) this.dispatchEvent(new CustomEvent("near"));
    this.timer = setTimeout(() => this.ask(tries + 1), AGAIN_MS * (tries + 1));
  }
}

customElements.define("report-block", ReportBlock);
