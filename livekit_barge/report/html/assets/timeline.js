// The timeline: waveforms, lanes and marks of the stretch between `from` and `to`.
"use strict";

barge.Timeline = class {
  static #LEAST_S = 0.01;
  static LEFT = 74; // for the lanes' names
  static RIGHT = 22; // for half of the last second's label
  static #WAVE_PX = 110;
  static #LANE_PX = 24;
  static #TOP = 20;
  static #BOTTOM = 26;
  static #SYMBOLS = {
    decision: ["diamond", "ink"], pause: ["square", "ink"], clear: ["x", "missed"],
    resume: ["triangle-right", "yielded"], heard: ["circle", "caller"], note: ["circle-open", "soft"],
    fault: ["star", "missed"],
  };
  static #LANE_OF = { pause: "output", clear: "output", resume: "output", heard: "caller said" };
  static #COLOURS = {
    caller: "caller", speech: "caller", agent: "agent", speaking: "agent", playing: "agent",
    paused: "late", protected: "false_stop", thinking: "held", listening: "unmeasurable",
  };

  /** `data` is the page's; `wave` may be null; `tap(second, mark)` is called where one taps. */
  constructor(element, overview, data, wave, tap) {
    this.#element = element;
    this.#plot = document.createElement("div");
    element.append(this.#plot);
    this.#data = data;
    this.#wave = wave;
    this.#rows = this.#makeRows();
    this.from = 0;
    this.to = data.duration_s;
    barge.gestures(element, this, (event) => tap(this.second(event.clientX), this.#markAt(event)));
    this.overview = new barge.Overview(overview, data, wave, this);
    barge.whenever(element, () => this.#resize());
  }

  #element; #plot; #data; #wave; #rows;
  #waiting = false;
  #width = 0; // of the plot itself, in pixels
  #marks = []; // those that are drawn
  chosen = null; // the number of the mark that was chosen
  overview = null; // framed at once, drawn when it is told to

  /** The lanes from top to bottom: those of the call, and one for what is decided. */
  #makeRows() {
    const rows = this.#data.lanes.map((lane) => ({ ...lane }));
    const own = new Set(rows.map((row) => row.name));
    const needs = this.#data.marks.some(([, kind]) => !own.has(barge.Timeline.#LANE_OF[kind]));
    if (needs) rows.push({ name: "events", stretches: [] });
    return rows;
  }

  /** Where the plot itself is on the page: its left end and its width. */
  get box() {
    const left = this.#element.getBoundingClientRect().left + barge.Timeline.LEFT;
    return { left, width: this.#width };
  }

  /** How far a place on the page is from the plot's left end to its right one. */
  share(x) {
    const { left, width } = this.box;
    return (x - left) / width;
  }

  /** The second at a place on the page. */
  second(x) {
    return this.from + this.share(x) * (this.to - this.from);
  }

  /** Show a stretch, kept inside the call; drawn with the next frame. */
  show(from, to) {
    const all = this.#data.duration_s;
    const length = Math.min(Math.max(to - from, barge.Timeline.#LEAST_S), all);
    this.from = Math.min(Math.max(from, 0), all - length);
    this.to = this.from + length;
    this.redraw();
  }

  /** `factor` under 1 looks closer; the second `at` stays where it is. */
  zoom(factor, at = (this.from + this.to) / 2) {
    const least = barge.Timeline.#LEAST_S / (this.to - this.from);
    const by = Math.max(factor, least);
    const from = at - (at - this.from) * by;
    this.show(from, from + (this.to - this.from) * by);
  }

  redraw() {
    if (this.#waiting) return;
    this.#waiting = true;
    requestAnimationFrame(() => {
      this.#waiting = false;
      this.#draw();
    });
  }

  /** Where a second is, in pixels from the left of the timeline; null: out of sight. */
  place(second) {
    if (second < this.from || second > this.to) return null;
    const share = (second - this.from) / (this.to - this.from);
    return barge.Timeline.LEFT + share * this.#width;
  }

  /** Measured once and not while one zooms: to measure makes the browser lay out the page. */
  #resize() {
    const margins = barge.Timeline.LEFT + barge.Timeline.RIGHT;
    this.#width = Math.max(this.#element.clientWidth - margins, 50);
    this.#draw();
  }

  #draw() {
    const { from, to } = this;
    const width = this.#width;
    const lanes = this.#rows.length * barge.Timeline.#LANE_PX;
    const waves = this.#wave ? 2 * barge.Timeline.#WAVE_PX : 0;
    const { shapes, annotations } = barge.shading(this.#data.overlaps, from, to, width);
    const share = lanes / Math.max(lanes + waves, 1);
    const traces = [...this.#bars(width), this.#points(width)];
    const layout = {
      ...barge.layout(), shapes, annotations,
      height: lanes + waves + barge.Timeline.#TOP + barge.Timeline.#BOTTOM,
      width: width + barge.Timeline.LEFT + barge.Timeline.RIGHT,
      margin: { l: barge.Timeline.LEFT, r: barge.Timeline.RIGHT, t: barge.Timeline.#TOP, b: barge.Timeline.#BOTTOM },
      dragmode: false, hovermode: "closest", showlegend: false, barmode: "overlay", bargap: 0.2,
      xaxis: { ...barge.axis(), range: [from, to], ...barge.ticks(from, to, width), anchor: "y" },
      yaxis: {
        ...barge.axis(), domain: [0, share], range: [this.#rows.length - 0.5, -0.5], showgrid: false,
        zeroline: false, tickvals: this.#rows.map((_, n) => n), ticktext: this.#rows.map((row) => row.name),
      },
    };
    if (this.#wave) {
      ["caller", "agent"].forEach((side, channel) => {
        traces.push(this.#waveform(side, channel, width));
        const top = 1 - (channel * (1 - share)) / 2;
        const peak = this.#wave.peaks[channel] * 1.05;
        layout[`yaxis${channel + 2}`] = {
          ...barge.axis(), domain: [top - (1 - share) / 2 + 0.005, top - 0.005], range: [-peak, peak],
          tickvals: [0], ticktext: [`<b>${side}</b>`], showgrid: false,
          tickfont: { color: barge.colour(side), size: 12 },
        };
      });
    }
    Plotly.react(this.#plot, traces, layout, barge.config);
    this.overview.frame(from, to, width);
    this.#element.dispatchEvent(new Event("drawn"));
  }

  #waveform(side, channel, width) {
    const margin = (this.to - this.from) * 0.02;
    const outline = this.#wave.outline(channel, this.from - margin, this.to + margin, width);
    return {
      ...outline, type: "scatter", mode: "lines", yaxis: `y${channel + 2}`, fill: "toself",
      fillcolor: barge.colour(side), line: { color: barge.colour(side), width: 1 }, hoverinfo: "skip",
    };
  }

  /** The lanes' stretches; those too short to be seen apart are joined. */
  #bars(width) {
    const pixel = (this.to - this.from) / width;
    const bars = { x: [], y: [], base: [], text: [], hovertext: [], colours: [] };
    this.#rows.forEach((row, number) => {
      let last = null; // the index of the lane's latest bar
      for (const [begin, end, kind, label] of row.stretches) {
        if (end < this.from || begin > this.to) continue;
        const colour = barge.colour(barge.Timeline.#COLOURS[kind] ?? "total");
        const seen = Math.max(begin, this.from);
        const length = Math.max(Math.min(end, this.to) - seen, pixel);
        if (last !== null && length < 2 * pixel && seen - bars.base[last] - bars.x[last] < pixel) {
          bars.x[last] = Math.max(bars.x[last], seen + length - bars.base[last]);
          bars.text[last] = "";
          continue;
        }
        last = bars.x.length;
        const letters = Math.floor((length / pixel - 8) / 6.4);
        bars.x.push(length);
        bars.base.push(seen);
        bars.y.push(number);
        bars.text.push(barge.plain(letters < 3 ? "" : label.length > letters ? `${label.slice(0, letters - 1)}…` : label));
        bars.hovertext.push(barge.plain(`${row.name}: ${label.slice(0, 200)}  ${barge.time(begin)} – ${barge.time(end)}`));
        bars.colours.push(colour);
      }
    });
    const { colours, ...drawn } = bars;
    return [{
      ...drawn, type: "bar", orientation: "h", hoverinfo: "text", textposition: "inside",
      insidetextanchor: "start", constraintext: "none", textangle: 0,
      textfont: { size: 11, color: barge.colour("ink") }, cliponaxis: true,
      marker: { color: colours.map((colour) => barge.clear(colour, 0.45)), line: { color: colours, width: 1 } },
    }];
  }

  /** The marks; of one kind no more than one for a few pixels. */
  #points(width) {
    const apart = ((this.to - this.from) / width) * 7;
    const row = new Map(this.#rows.map(({ name }, number) => [name, number]));
    const latest = {};
    this.#marks = [];
    this.#data.marks.forEach(([at, kind, label], number) => {
      if (at < this.from || at > this.to) return;
      if (number !== this.chosen && at - (latest[kind] ?? -Infinity) < apart) return;
      latest[kind] = at;
      const lane = row.get(barge.Timeline.#LANE_OF[kind]) ?? row.get("events") ?? 0;
      this.#marks.push({ at, kind, label, number, lane });
    });
    const looks = this.#marks.map(({ kind }) => barge.Timeline.#SYMBOLS[kind]);
    return {
      type: "scatter", mode: "markers", x: this.#marks.map(({ at }) => at),
      y: this.#marks.map(({ lane }) => lane), hoverinfo: "text",
      hovertext: this.#marks.map(({ at, label }) => barge.plain(`${barge.time(at, 3)}  ${label}`)),
      marker: {
        symbol: looks.map(([symbol]) => symbol), color: looks.map(([, colour]) => barge.colour(colour)),
        size: this.#marks.map(({ number }) => (number === this.chosen ? 16 : 11)),
        line: { color: barge.colour("paper"), width: 1 }, opacity: 1,
      },
    };
  }

  /** The number of the mark under a finger; null: none. */
  #markAt(event) {
    const REACH_PX = event.pointerType === "touch" ? 18 : 10;
    const box = this.#element.getBoundingClientRect();
    const top = box.top + barge.Timeline.#TOP + (this.#wave ? 2 * barge.Timeline.#WAVE_PX : 0);
    let best = null;
    let least = REACH_PX;
    for (const { at, lane, number } of this.#marks) {
      const across = Math.abs(event.clientX - box.left - this.place(at));
      const down = Math.abs(event.clientY - top - (lane + 0.5) * barge.Timeline.#LANE_PX);
      const far = Math.max(across, down - barge.Timeline.#LANE_PX / 2 + REACH_PX / 2);
      if (far < least) [best, least] = [number, far];
    }
    return best;
  }
};
