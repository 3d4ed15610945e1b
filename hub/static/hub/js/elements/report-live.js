// <report-live data-seconds="20">: has the block of a report that it stands in drawn anew while its runs go on.
// The hub leaves this element out once they have ended, so it stops by itself. Nobody is disturbed who reads with the
// keyboard inside, and a hidden page asks nothing.
import "./report-block.js";

const LATEST_S = 300;

class ReportLive extends HTMLElement {
  connectedCallback() {
    this.block = this.closest("report-block");
    this.later(Number(this.dataset.seconds) || 20);
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
  }

  later(seconds) {
    if (!this.block) return;
    this.timer = setTimeout(() => {
      if (document.hidden || this.block.contains(document.activeElement)) this.later(Math.min(seconds * 1.5, LATEST_S));
      else this.block.dispatchEvent(new CustomEvent("renew"));
    }, seconds * 1000);
  }
}

customElements.define("report-live", ReportLive);
