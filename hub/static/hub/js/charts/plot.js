// A drawn chart: ECharts on an element, kept to the size and the theme of the page. Loaded by <hub-chart> on first use.
import * as echarts from "../../../vendor/echarts/echarts.esm.min.js";
import { palette } from "./colours.js";
import { CrossHair } from "./crosshair.js";
import { importanceOptions } from "./importance.js";
import { placeLabels } from "./labels.js";
import { lineOptions } from "./lines.js";
import { barOptions, boxOptions, scatterOptions } from "./marks.js";
import { parallelOptions } from "./parallel.js";

export { Foot, save } from "./foot.js";
export { csvText, dataTable } from "./table.js";

const KINDS = {
  line: lineOptions, scatter: scatterOptions, bar: barOptions, box: boxOptions, parallel: parallelOptions, importance: importanceOptions,
};

/** Whether there is anything to draw. */
export const hasPoints = (data) => Boolean(data.params?.length || data.rows?.length || data.series?.some((series) => series.points.length));

export class Plot {
  constructor(element, { onPick }) {
    this.element = element;
    this.chart = echarts.init(element, null, { renderer: "canvas" });
    this.cross = new CrossHair(element, this.chart, onPick);
    this.size = new ResizeObserver(() => this.fit());
    this.size.observe(element);
  }

  /** Draw data as {kind, weight, smoothing, scale, scaleX, clip, band, span} say; returns a remark, or "". */
  draw(data, { kind = "line", ...choices }) {
    this.colours = palette(this.element.parentElement);
    const { options, told } = (KINDS[kind] ?? lineOptions)(data, this.colours, choices);
    this.chart.setOption(options, { notMerge: kind !== "line", replaceMerge: ["series"] });
    this.lines = options.series.filter((each) => each.endLabel);
    this.cross.over(kind === "line" ? data.x ?? "x" : "");
    placeLabels(this.chart, this.lines);
    return told;
  }

  fit() {
    this.chart.resize();
    if (this.lines) placeLabels(this.chart, this.lines);
  }

  /** The picture as a data: address, on the colour of the page. */
  picture() {
    return this.chart.getDataURL({ type: "png", pixelRatio: 2, backgroundColor: this.colours.float });
  }

  dispose() {
    this.size.disconnect();
    this.cross.dispose();
    this.chart.dispose();
  }
}
