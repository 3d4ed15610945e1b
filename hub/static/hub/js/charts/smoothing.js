// Smoothing of curves: what is drawn over the points that were logged, never in place of them in tables and files.

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

/** Weighted by a bell curve over the neighbours on both sides; as wide as the average above with the same weight. */
export function gaussian(points, weight) {
  if (!weight) return points;
  const sigma = weight / (1 - weight);
  const reach = Math.min(points.length, Math.ceil(3 * sigma));
  const bell = Array.from({ length: reach + 1 }, (_, distance) => Math.exp((-distance * distance) / (2 * sigma * sigma)));
  return points.map(([x, own], at) => {
    if (own == null || !Number.isFinite(own)) return [x, own];
    let sum = 0;
    let weights = 0;
    for (let other = Math.max(0, at - reach); other <= Math.min(points.length - 1, at + reach); other += 1) {
      const y = points[other][1];
      if (y == null || !Number.isFinite(y)) continue;
      const share = bell[Math.abs(other - at)];
      sum += share * y;
      weights += share;
    }
    return [x, sum / weights];
  });
}

/** Points smoothed as asked: `kind` is "gauss" or anything else for the average. */
export const smoothed = (points, weight, kind) => (kind === "gauss" ? gaussian : smooth)(points, weight);
