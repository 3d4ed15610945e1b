// Colours for charts, read from the style sheet: a canvas cannot be given custom properties, nor ECharts oklch().

const canvas = document.createElement("canvas");
canvas.width = canvas.height = 1;
const pen = canvas.getContext("2d", { willReadFrequently: true });

/** A CSS colour, custom properties and light-dark() included, as the rgb() it is on this page now. */
function resolve(probe, colour) {
  probe.style.color = colour;
  pen.clearRect(0, 0, 1, 1);
  pen.fillStyle = getComputedStyle(probe).color;
  pen.fillRect(0, 0, 1, 1);
  const [red, green, blue] = pen.getImageData(0, 0, 1, 1).data;
  return `rgb(${red}, ${green}, ${blue})`;
}

/** The palette of the theme that is shown: eight series, the colours of axes and grid, the font. */
export function palette(host) {
  const probe = document.createElement("span");
  probe.hidden = true;
  host.append(probe);
  const read = (name) => resolve(probe, `var(--${name})`);
  const found = {
    series: [1, 2, 3, 4, 5, 6, 7, 8].map((n) => read(`series-${n}`)),
    text: read("text"),
    quiet: read("text-quiet"),
    line: read("line"),
    axis: read("line-firm"),
    float: read("float"),
    font: getComputedStyle(host).fontFamily,
  };
  probe.remove();
  return found;
}

/** The colour of a series: the one it asks for by number (1 to 8, kept everywhere), or the next in order. */
export function colourOf(colours, series, index) {
  const wanted = Number.isInteger(series.color) ? series.color - 1 : index;
  return colours.series[((wanted % 8) + 8) % 8];
}
