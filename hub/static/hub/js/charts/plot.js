// A drawn line chart: ECharts on an element, kept to the size and the theme of the page. Loaded by <hub-chart> on first use.
import * as echarts from "../../../vendor/echarts/echarts.esm.min.js";
import { palette } from "./colours.js";
import { placeLabels } from "./labels.js";
import { lineOptions } from "./lines.js";

export { dataTable } from "./table.js";

export class Plot {
  constructor(element) {
    this.element = element;
    this.chart = echarts.init(element, null, { renderer: "canvas" });
    this.size = new ResizeObserver(() => this.fit());
    this.size.observe(element);
  }

  /** Draw data with {weight, scale, zoom}; what was drawn before is replaced, the zoom of the reader stays. */
  draw(data, choices) {
    const options = lineOptions(data, palette(this.element.parentElement), choices);
    this.chart.setOption(options, { replaceMerge: ["series"] });
    this.series = options.series;
    placeLabels(this.chart, this.series);
  }

  fit() {
    this.chart.resize();
    if (this.series) placeLabels(this.chart, this.series);
  }

  dispose() {
    this.size.disconnect();
    this.chart.dispose();
  }
}
