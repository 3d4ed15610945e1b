// Line charts as ECharts wants them: thin lines, a light grid, labels at the ends, one tooltip for all series.
import { make } from "../dom.js";
import { colourOf } from "./colours.js";

const LABELLED = 6; // With more lines than this, labels at the ends would cover one another.

/** Exponential moving average, corrected at the start; weight 0 changes nothing. */
export function smooth(points, weight) {
  if (!weight) return points;
  let last = 0;
  let debt = 1;
  return points.map(([x, y]) => {
    if (y == null || !Number.isFinite(y)) return [x, y];
    last = last * weight + (1 - weight) * y;
    debt *= weight;
    return [x, last / (1 - debt)];
  });
}

/** Short text for a value: six significant digits, exponents only where they shorten. */
export function valueText(value) {
  if (value == null) return "";
  if (typeof value !== "number") return String(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return value.toLocaleString("en-US").replaceAll(",", "\u202f");
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-4 || size >= 1e9) ? value.toExponential(3) : String(Number(value.toPrecision(6)));
}

/** ECharts options for data {x, y, series: [{name, color, points: [[x, y], …]}]}. */
export function lineOptions(data, colours, { weight = 0, scale = "value", zoom = false } = {}) {
  const few = data.series.length <= LABELLED;
  return {
    animation: false,
    aria: { enabled: true },
    textStyle: { fontFamily: colours.font, color: colours.text },
    grid: { left: 8, right: few && data.series.length > 1 ? 96 : 16, top: 12, bottom: zoom ? 44 : 8, containLabel: true },
    xAxis: axis(colours, data.x === "time" ? "time" : "value", { min: "dataMin", max: "dataMax", grid: false }),
    yAxis: axis(colours, scale === "log" ? "log" : "value", { grid: true }),
    dataZoom: zoom ? [{ type: "inside" }, { type: "slider", height: 16, bottom: 8, showDetail: false }] : [],
    tooltip: {
      trigger: "axis",
      confine: true,
      transitionDuration: 0,
      backgroundColor: colours.float,
      borderColor: colours.axis,
      axisPointer: { type: "line", lineStyle: { color: colours.quiet, width: 1, type: "dashed" } },
      formatter: (rows) => tip(rows, data),
    },
    series: data.series.map((series, index) => line(series, colourOf(colours, series, index), { weight, few, count: data.series.length })),
  };
}

function axis(colours, type, { grid, min, max }) {
  return {
    type,
    min: type === "value" ? min : undefined,
    max: type === "value" ? max : undefined,
    scale: true,
    axisLine: { show: !grid, lineStyle: { color: colours.axis } },
    axisTick: { show: false },
    axisLabel: { color: colours.quiet, fontSize: 11, hideOverlap: true, formatter: type === "time" ? undefined : valueText },
    splitLine: { show: grid, lineStyle: { color: colours.line, width: 1 } },
    splitNumber: 4,
  };
}

function line(series, colour, { weight, few, count }) {
  return {
    type: "line",
    name: series.name,
    data: smooth(series.points, weight),
    color: colour,
    showSymbol: series.points.length === 1,
    symbolSize: 6,
    sampling: "lttb",
    lineStyle: { width: 1.5, color: colour },
    emphasis: { disabled: count > 40, focus: "series" },
    endLabel: {
      show: few && count > 1,
      formatter: "{a}",
      color: colour,
      fontSize: 11,
      width: 84,
      overflow: "truncate",
    },
  };
}

/** The tooltip as elements: names come from users and are never parsed as HTML. */
function tip(rows, data) {
  const box = make("div", { class: "chart__tip" });
  const at = rows[0]?.axisValue;
  const head = data.x === "time" ? new Date(at).toISOString().replace("T", " ").slice(0, 19) : `${data.x ?? "x"} ${valueText(at)}`;
  box.append(make("span", { class: "chart__tip-x" }, head));
  const sorted = [...rows].sort((one, other) => (other.value[1] ?? 0) - (one.value[1] ?? 0)).slice(0, 20);
  for (const row of sorted) {
    const dot = make("span", { class: "chart__tip-dot" });
    dot.style.background = row.color;
    box.append(dot, make("span", { class: "clip" }, row.seriesName), make("span", { class: "chart__tip-value" }, valueText(row.value[1])));
  }
  return box;
}
