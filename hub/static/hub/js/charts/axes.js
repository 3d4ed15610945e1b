// What all charts share: axes with a light grid, the tooltip's frame, fonts.
import { durationText, valueText } from "./words.js";

export function frame(colours, { right = 16, bottom = 8, top = 12 } = {}) {
  return {
    animation: false,
    aria: { enabled: true },
    textStyle: { fontFamily: colours.font, color: colours.text },
    grid: { left: 8, right, top, bottom, containLabel: true },
  };
}

export function axis(colours, type, { grid = false, min, max, duration = false, name } = {}) {
  const formatter = duration ? durationText : type === "time" || type === "category" ? undefined : valueText;
  return {
    type,
    min,
    max,
    name,
    nameLocation: "middle",
    nameGap: 24,
    nameTextStyle: { color: colours.quiet, fontSize: 11 },
    scale: true,
    axisLine: { show: !grid, lineStyle: { color: colours.axis } },
    axisTick: { show: false },
    axisLabel: { color: colours.quiet, fontSize: 11, hideOverlap: true, formatter, width: 110, overflow: "truncate" },
    splitLine: { show: grid, lineStyle: { color: colours.line, width: 1 } },
    splitNumber: 4,
  };
}

export function tooltip(colours, trigger, formatter) {
  return {
    trigger,
    confine: true,
    transitionDuration: 0,
    backgroundColor: colours.float,
    borderColor: colours.axis,
    axisPointer: { type: trigger === "axis" ? "line" : "none", lineStyle: { color: colours.quiet, width: 1, type: "dashed" } },
    formatter,
  };
}

/** The value below which this share of sorted numbers lies. */
export function quantile(sorted, share) {
  const place = (sorted.length - 1) * share;
  const low = sorted[Math.floor(place)];
  return low + (sorted[Math.ceil(place)] - low) * (place % 1);
}
