// What stands over the waveforms: the two clocks of each barge-in, and the scale of time.
"use strict";

/** Shapes and annotations for the overlaps between `from` and `to`, on a plot `width` pixels wide. */
barge.shading = (overlaps, from, to, width) => {
  const LABEL_PX = 96; // “cancellation 34 ms” in 11 px, turned to two lines
  const NUMBER_PX = 36;
  const MANY = 40; // borders of more would hide the waveform, and a shape for each be slow
  const wash = parseFloat(barge.colour("wash")) / 100;
  const pixels = (seconds) => (seconds / (to - from)) * width;
  const seen = overlaps.filter(
    ({ onset_s: onset, end_s: end }) => onset !== null && onset <= to && (end ?? onset) >= from,
  );
  const many = seen.length > MANY;
  const shapes = [];
  const paths = {}; // by colour, of many
  const annotations = [];
  let numbered = -Infinity;

  const shape = (colour, more) => shapes.push({
    xref: "x", yref: "paper", layer: "below", fillcolor: barge.clear(barge.colour(colour), wash),
    line: { color: barge.colour(colour), width: many ? 0 : 1 }, ...more,
  });
  const shade = (begin, end, colour, label) => {
    const wide = pixels(end - begin);
    const x1 = wide < 1 ? begin + (to - from) / width : end;
    if (many) paths[colour] = `${paths[colour] ?? ""}M${begin},0V1H${x1}V0Z`;
    else shape(colour, { type: "rect", x0: begin, x1, y0: 0, y1: 1 });
    if (wide < LABEL_PX) return;
    annotations.push({
      xref: "x", yref: "paper", x: (Math.max(begin, from) + Math.min(end, to)) / 2, y: 0.995,
      yanchor: "top", showarrow: false, text: barge.plain(label), font: { size: 11 },
      bgcolor: barge.clear(barge.colour("paper"), 0.75),
    });
  };

  for (const overlap of seen) {
    const { onset_s: onset, decision_s: decision, end_s: end } = overlap;
    if (overlap.detection !== "–" && decision !== null) {
      shade(onset, decision, "detection", `detection ${overlap.detection}`);
      if (end !== null && end >= decision) {
        shade(decision, end, "cancellation", `cancellation ${overlap.cancellation}`);
      }
    } else if (end !== null && end > onset) {
      shade(onset, end, "total", `time to yield ${overlap.total}`);
    }
    if (pixels(onset - numbered) < NUMBER_PX) continue;
    numbered = onset;
    annotations.push({
      xref: "x", yref: "paper", x: onset, y: 1, yanchor: "bottom", xanchor: "center",
      showarrow: false, text: `<b>${overlap.number}</b>`, font: { size: 11, color: barge.colour("paper") },
      bgcolor: barge.colour("ink"), borderpad: 2,
    });
  }
  for (const [colour, path] of Object.entries(paths)) shape(colour, { type: "path", path });
  return { shapes, annotations };
};

/** Ticks at round seconds, `m:ss` and as many decimals as the stretch asks for. */
barge.ticks = (from, to, width) => {
  const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 3600];
  const least = ((to - from) / width) * 80;
  let step = 10 ** Math.ceil(Math.log10(least));
  if (least > 0.5) step = STEPS.find((each) => each >= least) ?? 7200;
  else if (step / 5 >= least) step /= 5;
  else if (step / 2 >= least) step /= 2;
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const tickvals = [];
  for (let at = Math.ceil(from / step - 1e-9); at * step <= to; at++) tickvals.push(at * step);
  return { tickvals, ticktext: tickvals.map((at) => barge.time(at, digits)) };
};

/** `1:02.50`; an hour is `1:00:00`. */
barge.time = (seconds, digits = 2) => {
  const unit = 10 ** digits;
  const all = Math.max(Math.round(seconds * unit), 0);
  const [whole, rest] = [Math.floor(all / unit), all % unit];
  const parts = [Math.floor(whole / 60) % 60, whole % 60];
  if (whole >= 3600) parts.unshift(Math.floor(whole / 3600));
  const text = parts.map((part, n) => (n ? String(part).padStart(2, "0") : part)).join(":");
  return digits ? `${text}.${String(rest).padStart(digits, "0")}` : text;
};
