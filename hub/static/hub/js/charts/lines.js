// Line charts as ECharts wants them: thin lines, a light grid, labels at the ends, one tooltip for all series.
import { axis, frame, quantile, tooltip } from "./axes.js";
import { grouped } from "./bands.js";
import { colourOf } from "./colours.js";
import { smoothed } from "./smoothing.js";
import { axisText, placeText, tipBox, valueText } from "./words.js";

const LABELLED = 6; // With more lines than this, labels at the ends would cover one another.
const FAINT = 30; // With more lines than this, those as logged are not drawn behind the smoothed ones.
const LISTED = 20;

/** ECharts options for data {x, series: [{name, color, points: [[x, y], …], odd, group}]}; `told` is a remark, or "". */
export function lineOptions(data, colours, choices) {
  const { weight = 0, smoothing = "ema", scale = "value", scaleX = "value", clip = false, band = "", span } = choices;
  const groups = band ? grouped(data.series, band) : [];
  const isLow = lowOn(scaleX, scale);
  const lines = groups.length ? groups.map(asSeries) : data.series;
  const drawn = lines.map((each, index) => ({ ...each, colour: colourOf(colours, each, index), points: each.points.filter((point) => !isLow(point)) }));
  const few = drawn.length <= LABELLED && drawn.length > 1;
  const range = clip ? usual(drawn) : {};
  const time = data.x === "time";
  const options = {
    ...frame(colours, { right: few ? 96 : 16 }),
    xAxis: {
      ...axis(colours, time ? "time" : scaleX === "log" ? "log" : "value", { duration: data.x === "relative" }),
      min: span?.[0] ?? (time ? undefined : "dataMin"),
      max: span?.[1] ?? (time ? undefined : "dataMax"),
    },
    yAxis: cutTo(axis(colours, scale === "log" ? "log" : "value", { grid: true }), range.axis),
    tooltip: tooltip(colours, "axis", (rows) => tip(rows, data)),
    series: drawn.map((each) => line(each, smoothed(each.points, weight, smoothing), { few, count: drawn.length })),
  };
  if (weight && drawn.length <= FAINT) options.series.push(...drawn.map(asLogged));
  options.series.push(...groups.map((group, index) => area(group.band, drawn[index].colour)));
  options.series.push(...drawn.filter((each) => each.odd?.length).map((each) => oddOnes(each)));
  return { options, told: remark(data, lines, range.outside, isLow) };
}

const asSeries = (group, index) => ({ name: `${group.name} (${group.count})`, color: (index % 8) + 1, points: group.mean });

/** Whether a point has no place on a logarithmic axis. */
const lowOn = (scaleX, scale) => ([x, y]) => (scaleX === "log" && x <= 0) || (scale === "log" && y !== null && y <= 0);

/** An axis that ends at an outlier's foot has no round number there to write. */
const cutTo = (axis, range) => (range ? { ...axis, ...range, axisLabel: { ...axis.axisLabel, showMinLabel: false, showMaxLabel: false } } : axis);

/** The y range that holds all but the outermost hundredths, and how many points lie outside of it. */
function usual(series) {
  const all = series.flatMap((each) => each.points.map(([, y]) => y)).filter((y) => y !== null && Number.isFinite(y)).sort((a, b) => a - b);
  if (all.length < 20) return {};
  const [low, high] = [quantile(all, 0.01), quantile(all, 0.99)];
  const room = (high - low) * 0.1 || Math.abs(high) * 0.1 || 1;
  const [min, max] = [Math.max(all[0], low - room), Math.min(all.at(-1), high + room)];
  return { axis: { min, max }, outside: all.filter((y) => y < min || y > max).length };
}

function line({ name, colour, points }, data, { few, count }) {
  return {
    type: "line",
    name,
    data,
    color: colour,
    showSymbol: points.length === 1,
    symbolSize: 6,
    clip: true,
    lineStyle: { width: 1.5, color: colour },
    emphasis: { disabled: count > 40, focus: "series" },
    endLabel: { show: few, formatter: "{a}", color: colour, fontSize: 11, width: 84, overflow: "truncate" },
  };
}

function asLogged({ colour, points }) {
  return { type: "line", data: points, silent: true, showSymbol: false, z: 1, clip: true, tooltip: { show: false }, lineStyle: { width: 1, color: colour, opacity: 0.28 } };
}

/** A band is one polygon: its lower edge there, its upper edge back. */
function area(band, colour) {
  return {
    type: "custom",
    data: band,
    encode: { x: 0, y: [1, 2] },
    silent: true,
    clip: true,
    z: 0,
    tooltip: { show: false },
    renderItem: (params, api) => {
      if (params.dataIndexInside !== 0) return undefined;
      const corners = [...band.map(([x, low]) => api.coord([x, low])), ...band.toReversed().map(([x, , high]) => api.coord([x, high]))];
      return { type: "polygon", shape: { points: corners }, style: { fill: colour, opacity: 0.18 } };
    },
  };
}

/** NaN and infinities: hollow diamonds where the curve last was. */
function oddOnes({ colour, points, odd }) {
  const known = points.filter(([, y]) => y !== null);
  const data = odd.map(([x]) => [x, (known.findLast(([at]) => at <= x) ?? known[0])?.[1]]).filter(([, y]) => y !== undefined);
  return { type: "scatter", data, silent: true, symbol: "emptyDiamond", symbolSize: 9, color: colour, tooltip: { show: false }, z: 4 };
}

function remark(data, lines, outside, isLow) {
  const odd = lines.reduce((sum, each) => sum + (each.odd?.length ?? 0), 0);
  const low = lines.reduce((sum, each) => sum + each.points.filter(isLow).length, 0);
  const ungrouped = lines === data.series ? 0 : data.series.filter((each) => each.group === undefined).length;
  return [
    outside ? `${outside} points lie outside.` : "",
    odd ? `${odd} NaN or infinite, marked ◇.` : "",
    low ? `${low} points are not above zero.` : "",
    ungrouped ? `${ungrouped} runs have no group.` : "",
  ].filter(Boolean).join(" ");
}

function tip(rows, data) {
  const real = rows.filter((row) => row.seriesName && !row.seriesName.startsWith("series\0") && row.value[1] != null);
  const sorted = real.sort((one, other) => other.value[1] - one.value[1]);
  const listed = sorted.slice(0, LISTED).map((row) => [row.color, row.seriesName, valueText(row.value[1])]);
  if (sorted.length > LISTED) listed.push(["", `and ${sorted.length - LISTED} more`, ""]);
  return tipBox(`${data.x === "time" ? "" : `${axisText(data.x)} `}${placeText(data.x, (real[0] ?? rows[0])?.value[0])}`, listed);
}
