// Draws the Plotly figure of its document. Runs only in the frame of a figure (storage.views.framing), without any network.
(() => {
  const place = document.getElementById("figure");
  const said = document.getElementById("said");
  const NARROW = 560;
  const MAPS = /^(choropleth|scattergeo|.*map(box)?)$/;
  const CONFIG = {
    responsive: true, displaylogo: false, showTips: false,
    // The frame may not save files, and sends nothing anywhere.
    modeBarButtonsToRemove: ["toImage", "sendDataToCloud"],
  };

  const say = (words) => { said.hidden = !words; said.textContent = words; };

  /** Colours that can be read on a dark page, unless the figure states its own besides those of its template. */
  function darken(layout) {
    const own = ["paper_bgcolor", "plot_bgcolor"].some((key) => key in layout) || layout.font?.color;
    if (own || !matchMedia("(prefers-color-scheme: dark)").matches) return layout;
    const lines = { gridcolor: "#444", linecolor: "#666", zerolinecolor: "#666" };
    const given = layout.template?.layout ?? {};
    const axes = Object.fromEntries(["xaxis", "yaxis"].map((key) => [key, { ...given[key], ...lines }]));
    const dark = { ...given, ...axes, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { ...given.font, color: "#ddd" } };
    return { ...layout, template: { ...layout.template, layout: dark } };
  }

  /** As wide as the frame where it would be wider; on a phone the legend lies below, and margins leave room to draw. */
  function fit(layout) {
    const { width, ...rest } = layout;
    const fitting = width <= innerWidth ? layout : rest;
    if (innerWidth > NARROW) return fitting;
    const margin = { l: 48, r: 16, t: 64, b: 48, ...layout.margin };
    return { ...fitting, margin, legend: { orientation: "h", y: -0.15, ...layout.legend } };
  }

  async function draw() {
    const { data, layout, frames } = JSON.parse(document.getElementById("json").textContent);
    await Plotly.newPlot(place, { data, layout: fit(darken(layout)), frames: frames ?? [], config: CONFIG });
    const maps = data.some((trace) => MAPS.test(trace?.type ?? "") && !/^(heat|tree)map$/.test(trace.type));
    say(maps ? "The map behind these points lies elsewhere and is not fetched." : "");
    document.documentElement.dataset.drawn = "";
  }

  if (typeof Plotly === "undefined") say("Plotly could not be loaded from this hub. Look at the figure as JSON instead.");
  else draw().catch((error) => say(`Plotly cannot draw this figure: ${error?.message ?? error}. Look at it as JSON instead.`));
})();
