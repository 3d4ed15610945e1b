// How values, times and names are written in charts and the tables behind them.
import { make } from "../dom.js";

/** Short text for a value: six significant digits, exponents only where they shorten. */
export function valueText(value) {
  if (value == null) return "";
  if (typeof value !== "number") return String(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return value.toLocaleString("en-US").replaceAll(",", "\u202f");
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-4 || size >= 1e9) ? value.toExponential(3) : String(Number(value.toPrecision(6)));
}

/** The words for what x counts. */
export function axisText(x) {
  return { relative: "time since start" }[x] ?? String(x ?? "x").replace(/^(metrics|params|tags)\./, "");
}

/** A place on the x axis: a date, a duration or a number. */
export function placeText(x, value) {
  if (x === "time") return Number.isFinite(value) ? new Date(value).toISOString().replace("T", " ").slice(0, 19) : "";
  return x === "relative" ? durationText(value) : valueText(value);
}

export function durationText(seconds) {
  const size = Math.abs(seconds);
  if (size < 120) return `${valueText(seconds)} s`;
  if (size < 7200) return `${valueText(Math.round(seconds / 6) / 10)} min`;
  return size < 172_800 ? `${valueText(Math.round(seconds / 360) / 10)} h` : `${valueText(Math.round(seconds / 8640) / 10)} d`;
}

/** The order of the names of groups: numbers by size, words by their letters, words with numbers in them by both. */
export function byName(one, other) {
  const [a, b] = [Number(one), Number(other)];
  return Number.isFinite(a - b) ? a - b : String(one).localeCompare(String(other), "en", { numeric: true });
}

/** A tooltip as elements: names come from users and are never parsed as HTML. Rows are [colour, name, text]. */
export function tipBox(head, rows) {
  const box = make("div", { class: "chart__tip" }, make("span", { class: "chart__tip-x" }, head));
  for (const [colour, name, text] of rows) {
    const dot = make("span", { class: "chart__tip-dot" });
    if (colour) dot.style.background = colour;
    box.append(dot, make("span", { class: "clip" }, name), make("span", { class: "chart__tip-value" }, text));
  }
  return box;
}
