// Parallel coordinates: an axis for each column, a line for each run; brushing an axis dims the runs outside of it.
import { frame } from "./axes.js";
import { axisText, byName, valueText } from "./words.js";

/** From {columns, numbers, rows}; the last column colours the lines, from its least to its most. */
export function parallelOptions(data, colours) {
  const whole = data.rows.filter(([, , , cells]) => cells.every((cell) => cell !== null));
  const last = data.columns.length - 1;
  const outcomes = whole.map(([, , , cells]) => cells[last]).filter(Number.isFinite);
  const options = {
    ...frame(colours),
    parallel: { left: 36, right: 56, top: 36, bottom: 20, parallelAxisDefault: look(colours) },
    parallelAxis: data.columns.map((column, dim) => ({ dim, name: axisText(column), ...scaleOf(data, whole, dim) })),
    visualMap: {
      show: false,
      dimension: last,
      min: Math.min(...outcomes),
      max: Math.max(...outcomes),
      inRange: { color: [colours.series[1], colours.quiet, colours.series[0]] },
    },
    series: [{
      type: "parallel",
      name: "runs",
      lineStyle: { width: 1, opacity: whole.length > 200 ? 0.25 : 0.6 },
      inactiveOpacity: 0.03,
      activeOpacity: 0.9,
      progressive: 500,
      data: whole.map(([id, name, , cells]) => ({ id, name, value: cells })),
    }],
  };
  const less = data.rows.length - whole.length;
  return { options, told: [`${whole.length} runs. Drag along an axis to pick some.`, less ? `${less} lack a value.` : ""].join(" ").trim() };
}

function look(colours) {
  return {
    nameLocation: "end",
    nameGap: 14,
    nameTextStyle: { color: colours.text, fontSize: 11, width: 96, overflow: "truncate" },
    nameTruncate: { maxWidth: 96 },
    axisLine: { lineStyle: { color: colours.axis } },
    axisTick: { show: false },
    axisLabel: { color: colours.quiet, fontSize: 11, formatter: (value) => (typeof value === "number" ? valueText(value) : String(value).slice(0, 14)) },
    areaSelectStyle: { width: 18, borderWidth: 1, borderColor: colours.text, color: colours.quiet, opacity: 0.3 },
  };
}

/** Words are listed; numbers that span more than three powers of ten, all above zero, go on a logarithmic axis. */
function scaleOf(data, rows, at) {
  const cells = rows.map(([, , , row]) => row[at]);
  if (!data.numbers[at]) return { type: "category", data: [...new Set(cells.map(String))].sort(byName) };
  const [least, most] = [Math.min(...cells), Math.max(...cells)];
  return least > 0 && most / least > 1000 ? { type: "log" } : { type: "value", scale: true };
}

