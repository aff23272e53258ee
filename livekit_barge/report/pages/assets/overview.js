// The whole call in a strip, with a frame around what the timeline shows; a click goes there.
"use strict";

barge.Overview = class {
  static #HEIGHT = 44;

  constructor(element, data, wave, timeline) {
    this.#element = element;
    this.#data = data;
    this.#wave = wave;
    element.addEventListener("click", (event) => {
      const at = timeline.share(event.clientX) * data.duration_s;
      const half = (timeline.to - timeline.from) / 2;
      timeline.show(at - half, at + half);
    });
    barge.whenever(element, () => this.#draw());
  }

  #element;
  #data;
  #wave;
  #shown = null;

  /** Put the frame around a stretch. */
  frame(from, to) {
    this.#shown = this.#box(from, to);
    Plotly.relayout(this.#element, { shapes: [this.#shown] });
  }

  #box(from, to) {
    return {
      type: "rect", xref: "x", yref: "paper", x0: from, x1: to, y0: 0, y1: 1,
      line: { color: barge.colour("ink"), width: 1.5 },
      fillcolor: barge.clear(barge.colour("ink"), 0.08),
    };
  }

  #draw() {
    const all = this.#data.duration_s;
    const width = this.#element.clientWidth;
    const traces = ["caller", "agent"].map((side, channel) => ({
      ...(this.#wave ? this.#wave.outline(channel, 0, all, width / 2) : { x: [], y: [] }),
      type: "scatter", mode: "lines", fill: "toself", hoverinfo: "skip",
      fillcolor: barge.clear(barge.colour(side), 0.6),
      line: { width: 0.5, color: barge.colour(side) },
    }));
    const overlaps = this.#data.overlaps.filter(({ onset_s: onset }) => onset !== null);
    const top = 0.95 * Math.max(...(this.#wave?.peaks ?? [1]));
    traces.push({
      type: "scatter", mode: "markers", hoverinfo: "skip",
      x: overlaps.map(({ onset_s: onset }) => onset), y: overlaps.map(() => top),
      marker: {
        symbol: "triangle-down", size: 8,
        color: overlaps.map(({ outcome }) => barge.colour(outcome)),
      },
    });
    const { LEFT: l, RIGHT: r } = barge.Timeline;
    Plotly.react(this.#element, traces, {
      ...barge.layout(), shapes: this.#shown ? [this.#shown] : [], showlegend: false,
      width, height: barge.Overview.#HEIGHT, margin: { l, r, t: 2, b: 2 },
      xaxis: { ...barge.axis(), range: [0, all], visible: false },
      yaxis: { ...barge.axis(), visible: false },
    }, { ...barge.config, staticPlot: true });
  }
};
