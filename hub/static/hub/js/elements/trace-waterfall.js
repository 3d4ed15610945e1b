// <trace-waterfall>: the spans of a trace. Branches fold, arrows move and fold, and the span that is looked at is marked
// and stands in the address; without scripts every line is a link to the page that shows its span.
import { icon, make } from "../dom.js";

const LEVEL = "data-level";

class TraceWaterfall extends HTMLElement {
  connectedCallback() {
    this.lines = [...this.querySelectorAll(".waterfall__line")];
    if (!this.prepared) this.addFolds();
    this.prepared = true;
    this.addEventListener("click", (event) => this.onClick(event));
    this.addEventListener("keydown", (event) => this.onKey(event));
  }

  level(line) {
    return Number(line.getAttribute(LEVEL));
  }

  addFolds() {
    this.lines.forEach((line, at) => {
      const next = this.lines[at + 1];
      if (!next || this.level(next) <= this.level(line)) return;
      const name = line.querySelector(".clip").textContent;
      const fold = make("button", { class: "waterfall__fold", type: "button", "aria-expanded": "true", "aria-label": `Spans of ${name}`, tabindex: "-1" }, icon("chevron-down"));
      line.prepend(fold);
    });
  }

  foldOf(line) {
    return line?.querySelector(".waterfall__fold");
  }

  fold(line, open) {
    const button = this.foldOf(line);
    if (!button) return;
    button.ariaExpanded = String(open);
    this.show();
  }

  /** A line is seen when every branch that it stands in is open. */
  show() {
    let closed = Infinity;
    for (const line of this.lines) {
      const level = this.level(line);
      if (level <= closed) closed = Infinity;
      line.hidden = level > closed;
      if (!line.hidden && this.foldOf(line)?.ariaExpanded === "false") closed = level;
    }
  }

  onClick(event) {
    const button = event.target.closest(".waterfall__fold");
    if (button) return this.fold(button.closest(".waterfall__line"), button.ariaExpanded !== "true");
    const bar = event.target.closest(".waterfall__bar");
    const link = event.target.closest("a.waterfall__name") ?? bar?.parentElement.querySelector("a.waterfall__name");
    if (!link) return;
    if (bar) link.click();
    else this.mark(link);
  }

  mark(link) {
    for (const other of this.querySelectorAll("[aria-current]")) other.removeAttribute("aria-current");
    link.setAttribute("aria-current", "true");
    const address = new URL(link.href);
    history.replaceState(history.state, "", address.pathname + address.search);
  }

  onKey(event) {
    const line = event.target.closest?.(".waterfall__line");
    if (!line || event.altKey || event.ctrlKey || event.metaKey) return;
    const seen = this.lines.filter((each) => !each.hidden);
    const at = seen.indexOf(line);
    const open = this.foldOf(line)?.ariaExpanded === "true";
    const moves = {
      ArrowDown: () => this.focusOn(seen[at + 1]),
      ArrowUp: () => this.focusOn(seen[at - 1]),
      Home: () => this.focusOn(seen[0]),
      End: () => this.focusOn(seen.at(-1)),
      ArrowRight: () => (this.foldOf(line) && !open ? this.fold(line, true) : this.focusOn(seen[at + 1])),
      ArrowLeft: () => (open ? this.fold(line, false) : this.focusOn(seen.slice(0, at).findLast((each) => this.level(each) < this.level(line)))),
    };
    if (!moves[event.key]) return;
    event.preventDefault();
    moves[event.key]();
  }

  focusOn(line) {
    line?.querySelector("a.waterfall__name").focus();
  }
}

customElements.define("trace-waterfall", TraceWaterfall);
