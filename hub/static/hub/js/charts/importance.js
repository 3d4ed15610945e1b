// Importance of parameters for a metric: a bar for each, coloured by the direction of its correlation.
import { lying } from "./marks.js";
import { valueText } from "./words.js";

/** From {metric, runs, params: [[key, importance, correlation or null, runs]]}. */
export function importanceOptions(data, colours) {
  const bars = data.params.map(([name, importance, correlation, runs]) => ({
    name,
    value: importance,
    itemStyle: { color: correlation === null ? colours.quiet : colours.series[correlation < 0 ? 0 : 1] },
    rows: [["", "importance", valueText(importance)], ["", "correlation", correlation === null ? "not a number" : valueText(correlation)], ["", "runs", valueText(runs)]],
  }));
  const options = lying(colours, bars.reverse(), "value");
  options.xAxis.min = 0;
  options.xAxis.max = 1;
  return { options, told: `${data.runs} runs. Blue and orange: the metric rises or falls with the parameter; grey: no numbers.` };
}
