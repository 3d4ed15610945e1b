// The table behind a chart: the same numbers for keyboards, screen readers and copying.
import { make } from "../dom.js";
import { valueText } from "./lines.js";

const ROWS = 200;

/** A <table> with a row for each x and a column for each series; long series are thinned evenly to 200 rows. */
export function dataTable(data) {
  const columns = data.series.map((series) => new Map(series.points));
  const xs = thin([...new Set(data.series.flatMap((series) => series.points.map(([x]) => x)))].sort((a, b) => a - b));
  const head = make("tr", {}, make("th", { scope: "col" }, data.x ?? "x"));
  for (const series of data.series) head.append(make("th", { scope: "col", class: "number" }, series.name));
  const body = make("tbody");
  for (const x of xs) {
    const text = data.x === "time" ? new Date(x).toISOString().replace("T", " ").slice(0, 19) : valueText(x);
    const row = make("tr", {}, make("th", { scope: "row" }, text));
    for (const column of columns) row.append(make("td", { class: "number" }, valueText(column.get(x))));
    body.append(row);
  }
  return make("table", { class: "table table--dense table--pinned" }, make("thead", {}, head), body);
}

function thin(xs) {
  if (xs.length <= ROWS) return xs;
  return Array.from({ length: ROWS }, (_, n) => xs[Math.round((n * (xs.length - 1)) / (ROWS - 1))]);
}
