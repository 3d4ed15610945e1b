// The line under the pointer, drawn in all charts that count the same x, and the stretch that is dragged to zoom in.
import { make } from "../dom.js";

const MOVED = "hub:cross";
const LEAST = 8; // A shorter drag, in pixels, is a click.

export class CrossHair {
  constructor(element, chart, onPick) {
    this.element = element;
    this.chart = chart;
    this.onPick = onPick;
    this.x = "";
    this.line = make("div", { class: "chart__cross", hidden: true });
    this.band = make("div", { class: "chart__pick", hidden: true });
    element.append(this.line, this.band);
    this.onMoved = ({ detail }) => this.follow(detail);
    document.addEventListener(MOVED, this.onMoved);
    element.addEventListener("pointermove", (event) => this.move(event));
    element.addEventListener("pointerleave", () => this.tell(null));
    element.addEventListener("pointerdown", (event) => this.begin(event));
    element.addEventListener("pointerup", (event) => this.end(event));
    element.addEventListener("pointercancel", () => this.stop());
    element.addEventListener("dblclick", () => this.x && this.onPick?.(null));
  }

  /** What x counts; "" where there is no such axis. */
  over(x) {
    this.x = x;
    this.element.classList.toggle("chart__plot--picks", Boolean(x));
  }

  at(event) {
    const place = event.clientX - this.element.getBoundingClientRect().left;
    return { place, value: this.chart.convertFromPixel({ xAxisIndex: 0 }, place) };
  }

  move(event) {
    if (!this.x) return;
    const { place, value } = this.at(event);
    this.tell(value);
    if (this.from === undefined) return;
    this.band.hidden = false;
    this.band.style.left = `${Math.min(place, this.from.place)}px`;
    this.band.style.width = `${Math.abs(place - this.from.place)}px`;
  }

  tell(value) {
    if (this.x) document.dispatchEvent(new CustomEvent(MOVED, { detail: { x: this.x, value, source: this } }));
  }

  follow({ x, value, source }) {
    const place = value === null || x !== this.x || source === this ? NaN : this.chart.convertToPixel({ xAxisIndex: 0 }, value);
    this.line.hidden = !(place >= 0 && place <= this.chart.getWidth());
    if (!this.line.hidden) this.line.style.transform = `translateX(${place}px)`;
  }

  begin(event) {
    // A finger scrolls the page; it zooms by the numbers below the chart.
    if (this.x && this.onPick && event.button === 0 && event.pointerType !== "touch") this.from = this.at(event);
  }

  end(event) {
    if (this.from === undefined) return;
    const to = this.at(event);
    const ends = [this.from.value, to.value].sort((a, b) => a - b);
    const dragged = Math.abs(to.place - this.from.place) >= LEAST;
    this.stop();
    if (dragged && ends.every(Number.isFinite)) this.onPick(ends);
  }

  stop() {
    this.from = undefined;
    this.band.hidden = true;
  }

  dispose() {
    document.removeEventListener(MOVED, this.onMoved);
  }
}
