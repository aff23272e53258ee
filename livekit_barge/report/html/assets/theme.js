// Colours of the style sheet for Plotly, and a call when the reader's preference changes.
"use strict";

const barge = {};

barge.colours = new Map(); // asked for often while one zooms
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => barge.colours.clear());

barge.colour = (name) => {
  if (!barge.colours.has(name)) {
    const style = getComputedStyle(document.documentElement);
    barge.colours.set(name, style.getPropertyValue(`--${name}`).trim());
  }
  return barge.colours.get(name);
};

/** The same colour, let through by `alpha` of 1. */
barge.clear = (hex, alpha) => {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  return `rgba(${r},${g},${b},${alpha})`;
};

/** What all plots share. */
barge.layout = () => ({
  paper_bgcolor: "rgba(0,0,0,0)",
  plot_bgcolor: "rgba(0,0,0,0)",
  font: { family: "system-ui, sans-serif", size: 12, color: barge.colour("ink") },
  hoverlabel: {
    bgcolor: barge.colour("raised"),
    bordercolor: barge.colour("line"),
    font: { color: barge.colour("ink"), size: 12 },
    align: "left",
  },
});

barge.axis = () => ({
  gridcolor: barge.colour("line"),
  linecolor: barge.colour("line"),
  zerolinecolor: barge.colour("line"),
  tickfont: { color: barge.colour("soft"), size: 11 },
  fixedrange: true,
  ticklabeloverflow: "allow", // else each label is measured at each step of a zoom
});

barge.config = { displayModeBar: false, responsive: false, scrollZoom: false, doubleClick: false };

/** Text as it is: Plotly reads tags and entities in its labels, and a caller may say one. */
barge.plain = (text) =>
  String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

/** What one came for is on the screen: told to whoever waits, and to the browser's own stopwatch. */
barge.ready = (element) => {
  element.dataset.ready = "yes";
  performance.mark("ready");
};

/** Call when what was drawn until now is on the screen: a frame's callbacks come before it is painted. */
barge.painted = (then) => requestAnimationFrame(() => setTimeout(then));

/** Draw now, and again when the size or the preference for light or dark changes. */
barge.whenever = (element, draw) => {
  let width = element.clientWidth; // before it is drawn: after that the browser lays out anew for it
  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  new ResizeObserver(() => {
    if (element.clientWidth !== width) {
      width = element.clientWidth;
      draw();
    }
  }).observe(element);
};
