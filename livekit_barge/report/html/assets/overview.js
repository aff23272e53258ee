// The whole call in a strip, with a frame around what the timeline shows; a click goes there.
"use strict";

barge.Overview = class {
  static #HEIGHT = 44;

  constructor(element, data, wave, timeline) {
    this.#element = element;
    this.#data = data;
    this.#wave = wave;
    this.#frame.className = "frame";
    element.append(this.#plot, this.#frame);
    element.addEventListener("click", (event) => {
      const at = timeline.share(event.clientX) * data.duration_s;
      const half = (timeline.to - timeline.from) / 2;
      timeline.show(at - half, at + half);
    });
  }

  /** Draw it, at first and whenever it must be. */
  open() {
    barge.whenever(this.#element, () => this.#draw());
    performance.mark("overview");
  }

  #element;
  #data;
  #wave;
  #plot = document.createElement("div");
  #frame = document.createElement("div");

  /** Put the frame around a stretch: not Plotly's, since it moves with every frame of a zoom. */
  frame(from, to, width) {
    const all = this.#data.duration_s;
    this.#frame.style.left = `${barge.Timeline.LEFT + (from / all) * width}px`;
    this.#frame.style.width = `${Math.max(((to - from) / all) * width, 3)}px`;
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
    Plotly.react(this.#plot, traces, {
      ...barge.layout(), showlegend: false,
      width, height: barge.Overview.#HEIGHT, margin: { l, r, t: 2, b: 2 },
      xaxis: { ...barge.axis(), range: [0, all], visible: false },
      yaxis: { ...barge.axis(), visible: false },
    }, { ...barge.config, staticPlot: true });
  }
};
