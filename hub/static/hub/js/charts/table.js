// The table behind a chart: the same numbers for keyboards, screen readers and copying, and as a file.
import { make } from "../dom.js";
import { axisText, placeText, valueText } from "./words.js";

const ROWS = 200;

/** Heads and rows of a chart's numbers; `limit` thins long curves evenly. Cells are numbers, texts or null. */
function cellsOf(data, limit = Infinity) {
  if (data.params) return { heads: ["parameter", "importance", "correlation", "runs"], rows: data.params };
  if (data.rows) return { heads: ["run", ...data.columns.map(axisText)], rows: data.rows.slice(0, limit).map(([, name, , cells]) => [name, ...cells]) };
  const columns = data.series.map((series) => new Map([...series.points, ...(series.odd ?? [])]));
  const xs = thin([...new Set(columns.flatMap((column) => [...column.keys()]))].sort((a, b) => a - b), limit);
  const heads = [data.x ?? "x", ...data.series.map((series) => series.name)];
  return { heads, rows: xs.map((x) => [x, ...columns.map((column) => column.get(x) ?? null)]), over: data.x ?? "x" };
}

function thin(xs, limit) {
  if (xs.length <= limit) return xs;
  return Array.from({ length: limit }, (_, n) => xs[Math.round((n * (xs.length - 1)) / (limit - 1))]);
}

/** A <table> with a row for each x and a column for each series, or a row for each run or parameter. */
export function dataTable(data) {
  const { heads, rows, over } = cellsOf(data, ROWS);
  const head = make("tr", {}, ...heads.map((text, at) => make("th", { scope: "col", class: at ? "number" : undefined }, at ? text : axisText(text))));
  const body = make("tbody");
  for (const [first, ...rest] of rows) {
    const row = make("tr", {}, make("th", { scope: "row" }, over ? placeText(over, first) : String(first)));
    row.append(...rest.map((cell) => make("td", { class: "number" }, valueText(cell))));
    body.append(row);
  }
  return make("table", { class: "table table--dense table--pinned" }, make("thead", {}, head), body);
}

/** The same as the text of a CSV file, every number in full. */
export function csvText(data) {
  const { heads, rows } = cellsOf(data);
  return [heads, ...rows].map((row) => `${row.map(quoted).join(",")}\r\n`).join("");
}

/** Text that a spreadsheet would take for a formula is kept text. */
function quoted(cell) {
  if (cell === null || typeof cell === "number") return cell ?? "";
  const text = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
