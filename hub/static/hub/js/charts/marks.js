// Scatter, bar and box panels: one mark for each run, or for each group of runs, from {columns, numbers, rows}.
import { axis, frame, quantile, tooltip } from "./axes.js";
import { axisText, byName, tipBox, valueText } from "./words.js";

const MOST_BARS = 40;

const colourAt = (colours, number) => colours.series[(number - 1) % 8];

/** The rows as {id, name, colour, cells}, those without any of the first `needed` cells left out. */
function runsOf(data, colours, needed) {
  return data.rows.filter(([, , , cells]) => cells.slice(0, needed).every((cell) => cell !== null))
    .map(([id, name, colour, cells]) => ({ id, name, colour: colourAt(colours, colour), cells }));
}

const left = (data, shown) => (shown < data.rows.length ? `${data.rows.length - shown} of ${data.rows.length} runs lack a value.` : "");

/** Columns x, y: a dot for each run. */
export function scatterOptions(data, colours, { scale, scaleX }) {
  const runs = runsOf(data, colours, 2);
  const words = !data.numbers[0];
  const options = {
    ...frame(colours, { bottom: 24 }),
    xAxis: { ...axis(colours, words ? "category" : scaleX === "log" ? "log" : "value", { name: axisText(data.columns[0]) }), ...(words ? { data: [...new Set(runs.map((run) => run.cells[0]))].sort(byName) } : {}) },
    yAxis: axis(colours, scale === "log" ? "log" : "value", { grid: true }),
    tooltip: tooltip(colours, "item", ({ data: dot }) => tipBox(dot.name, data.columns.map((column, at) => ["", axisText(column), valueText(dot.value[at])]))),
    series: [{ type: "scatter", symbolSize: 8, data: runs.map((run) => ({ name: run.name, id: run.id, value: run.cells, itemStyle: { color: run.colour, opacity: 0.85 } })) }],
  };
  return { options, told: left(data, runs.length) };
}

function groupsOf(runs) {
  const groups = new Map();
  for (const run of runs) {
    const key = String(run.cells[1]);
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(run.cells[0]);
  }
  return [...groups].sort(([one], [other]) => byName(one, other));
}

/** Columns metric, and perhaps a group: a bar for each run, or the mean of each group. */
export function barOptions(data, colours, { scale }) {
  const groups = data.columns.length > 1;
  const runs = runsOf(data, colours, groups ? 2 : 1);
  const bars = groups
    ? groupsOf(runs).map(([name, values], index) => ({ name: `${name} (${values.length})`, value: values.reduce((sum, value) => sum + value, 0) / values.length, itemStyle: { color: colourAt(colours, index + 1) } }))
    : runs.map((run) => ({ name: run.name, id: run.id, value: run.cells[0], itemStyle: { color: run.colour } }));
  const shown = bars.slice(0, MOST_BARS).reverse();
  const more = bars.length > shown.length ? `The first ${shown.length} of ${bars.length}.` : "";
  return { options: lying(colours, shown, scale), told: [more, left(data, runs.length)].filter(Boolean).join(" ") };
}

/** Bars from left to right, their names beside them. */
export function lying(colours, bars, scale) {
  return {
    ...frame(colours, { right: 24 }),
    xAxis: { ...axis(colours, scale === "log" ? "log" : "value", { grid: true }), scale: false },
    yAxis: { ...axis(colours, "category"), data: bars.map((bar) => bar.name), axisLabel: { color: colours.quiet, fontSize: 11, width: 110, overflow: "truncate" } },
    tooltip: tooltip(colours, "item", ({ data: bar }) => tipBox(bar.name, bar.rows ?? [["", "value", valueText(bar.value)]])),
    series: [{ type: "bar", barMaxWidth: 18, data: bars }],
  };
}

/** Columns metric, and perhaps a group: least, quarters and most of each group, a dot for each run. */
export function boxOptions(data, colours, { scale }) {
  const grouped = data.columns.length > 1;
  const runs = runsOf(data, colours, grouped ? 2 : 1);
  const groups = groupsOf(grouped ? runs : runs.map((run) => ({ cells: [run.cells[0], "All runs"] }))).slice(0, MOST_BARS);
  const boxes = groups.map(([name, values]) => {
    const sorted = values.toSorted((a, b) => a - b);
    return { name, value: [0, 0.25, 0.5, 0.75, 1].map((share) => quantile(sorted, share)), count: values.length };
  });
  const options = {
    ...frame(colours, { bottom: grouped ? 24 : 8 }),
    xAxis: { ...axis(colours, "category", { name: grouped ? axisText(data.columns[1]) : undefined }), data: boxes.map((box) => box.name) },
    yAxis: axis(colours, scale === "log" ? "log" : "value", { grid: true }),
    tooltip: tooltip(colours, "item", ({ seriesType, dataIndex, data: dot }) => (seriesType === "boxplot" ? boxTip(boxes[dataIndex]) : tipBox(dot.name ?? "", [["", axisText(data.columns[0]), valueText(dot.value[1])]]))),
    series: [
      { type: "boxplot", data: boxes, itemStyle: { color: "transparent", borderColor: colours.series[0], borderWidth: 1.5 } },
      { type: "scatter", symbolSize: 5, data: runs.map((run) => ({ name: run.name, value: [grouped ? String(run.cells[1]) : "All runs", run.cells[0]], itemStyle: { color: run.colour, opacity: 0.6 } })) },
    ],
  };
  return { options, told: left(data, runs.length) };
}

const boxTip = (box) => tipBox(`${box.name} (${box.count} runs)`, ["least", "lower quarter", "middle", "upper quarter", "most"].map((word, at) => ["", word, valueText(box.value[at])]));
