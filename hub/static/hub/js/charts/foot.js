// What stands below a plot: its numbers as a table, a stretch of x to look at closely, the picture and the file.
import { icon, make } from "../dom.js";

/** The foot of a chart; `on` holds fill(box), zoom([from, to] or null), csv() and png(). */
export class Foot {
  constructor(title, on) {
    this.on = on;
    this.box = make("div", { class: "table-box", tabindex: "0", role: "region", "aria-label": `${title}, numbers` });
    this.details = make("details", { class: "chart__data" }, make("summary", {}, icon("table-2"), "Numbers"), this.box);
    this.details.addEventListener("toggle", () => this.fill());
    this.reset = this.tool("zoom-out", "Whole range", () => on.zoom(null));
    this.reset.hidden = true;
    const save = [this.tool("image", "PNG", on.png), this.tool("download", "CSV", on.csv)];
    this.told = make("span", { class: "chart__told", role: "status" });
    this.element = make("div", { class: "chart__foot" }, this.details, this.told, make("span", { class: "chart__tools" }, this.reset, ...save));
  }

  tool(name, text, act) {
    const button = make("button", { type: "button", class: "chart__tool" }, icon(name), text);
    button.addEventListener("click", () => act());
    return button;
  }

  /** Fields that zoom without a pointer, where x is counted in numbers. */
  addRange(x) {
    if (this.range || x === "time") return;
    const [from, to] = ["From", "to"].map((word) => make("input", { class: "input input--small", type: "number", step: "any", "aria-label": `${word} ${x}` }));
    this.range = make("form", { class: "chart__range" }, from, "to", to, make("button", { class: "button button--small" }, "Zoom"));
    this.range.addEventListener("submit", (event) => {
      event.preventDefault();
      const ends = [from, to].map((field) => field.valueAsNumber);
      if (ends.every(Number.isFinite) && ends[0] < ends[1]) this.on.zoom(ends);
    });
    this.box.before(this.range);
  }

  say(told, zoomed) {
    this.told.textContent = told;
    this.reset.hidden = !zoomed;
  }

  fill() {
    if (this.details.open) this.box.replaceChildren(this.on.table());
  }
}

/** Hand a file to the reader. */
export function save(name, address) {
  const link = make("a", { href: address, download: name.replaceAll(/[^\p{L}\p{N}._-]+/gu, "_") });
  link.click();
}
