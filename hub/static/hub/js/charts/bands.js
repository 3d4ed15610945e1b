// Curves of many runs told as groups: the mean of each group, and a band of its spread.
import { byName } from "./words.js";

const BINS = 200;

/** [{name, count, mean: [[x, y]], band: [[x, low, high]]}] of series which have a `group`; others are left out. */
export function grouped(series, kind) {
  const groups = new Map();
  for (const each of series) {
    if (each.group === undefined) continue;
    if (!groups.has(each.group)) groups.set(each.group, []);
    groups.get(each.group).push(each);
  }
  const xs = grid(series);
  const order = [...groups].sort(([one], [other]) => byName(one, other));
  return order.map(([name, members]) => ({ name, count: members.length, ...told(members, xs, kind) }));
}

/** Where the curves are compared: the values of x that were logged while these are few, else BINS equal steps. */
function grid(series) {
  const all = [...new Set(series.flatMap((each) => each.points.map(([x]) => x)))].sort((a, b) => a - b);
  if (all.length <= BINS) return all;
  const first = all[0];
  const width = (all.at(-1) - first) / (BINS - 1);
  return Array.from({ length: BINS }, (_, n) => first + n * width);
}

function told(members, xs, kind) {
  const rows = members.map((each) => along(each.points, xs));
  const mean = [];
  const band = [];
  xs.forEach((x, at) => {
    const values = rows.map((row) => row[at]).filter((value) => value !== null);
    if (!values.length) return;
    const middle = values.reduce((sum, value) => sum + value, 0) / values.length;
    mean.push([x, middle]);
    if (kind === "minmax") return void band.push([x, Math.min(...values), Math.max(...values)]);
    const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / Math.max(1, values.length - 1));
    const reach = kind === "ste" ? spread / Math.sqrt(values.length) : spread;
    band.push([x, middle - reach, middle + reach]);
  });
  return { mean, band };
}

/** The curve at each of xs, straight between its points; null before its first and behind its last. */
function along(points, xs) {
  const known = points.filter(([, y]) => y !== null && Number.isFinite(y)).toSorted((one, other) => one[0] - other[0]);
  let next = 0;
  return xs.map((x) => {
    while (next < known.length && known[next][0] < x) next += 1;
    if (next === known.length) return null;
    const [right, high] = known[next];
    if (right === x) return high;
    if (next === 0) return null;
    const [left, low] = known[next - 1];
    return low + ((high - low) * (x - left)) / (right - left);
  });
}
