// Moves the labels at the ends of lines apart, so that curves which end together can still be told apart.

const GAP = 14;

/** Where labels wanting to be at `wanted` (pixels) go: in order, at least GAP apart, as near as that allows. */
export function spread(wanted, top, bottom) {
  const order = wanted.map((y, index) => ({ y, index })).sort((one, other) => one.y - other.y);
  const places = new Array(wanted.length);
  let least = top;
  for (const { y, index } of order) {
    places[index] = Math.max(y, least);
    least = places[index] + GAP;
  }
  let most = bottom;
  for (const { index } of order.reverse()) {
    places[index] = Math.min(places[index], most);
    most = places[index] - GAP;
  }
  return places;
}

/** Sets the offsets of the end labels of a drawn chart; `series` are those it was drawn from. */
export function placeLabels(chart, series) {
  if (!series.some((each) => each.endLabel.show)) return;
  const wanted = series.map((each) => chart.convertToPixel({ yAxisIndex: 0 }, lastValue(each.data)));
  if (wanted.some((y) => !Number.isFinite(y))) return;
  const places = spread(wanted, 8, chart.getHeight() - 20);
  chart.setOption({ series: places.map((y, index) => ({ endLabel: { offset: [0, y - wanted[index]] } })) });
}

function lastValue(points) {
  return points.findLast(([, y]) => Number.isFinite(y))?.[1];
}
