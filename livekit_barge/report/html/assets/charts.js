// The plots of all calls: how long the clocks took, what became of overlaps, a sweep's front.
"use strict";

/** Called by the page's data. */
function bargeBatch(data) {
  const many = data.groups.length > 1;
  for (const clock of ["time_to_yield", "detection", "cancellation"]) {
    barge.plot(clock, () => barge.spread(data.groups, clock, many));
  }
  barge.plot("outcomes", () => barge.outcomes(data.groups));
  data.sweeps.forEach((sweep, number) => barge.plot(`sweep-${number}`, () => barge.front(sweep)));
  barge.painted(() => barge.ready(document.body));
}

// A line's colour and dash: the two together tell nine groups apart, without colour as well.
barge.LINES = ["caller", "agent", "yielded", "false_stop", "late", "held", "missed", "total"];
barge.DASHES = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot"];

barge.plot = (id, make) => {
  const element = document.getElementById(id);
  if (!element) return;
  barge.whenever(element, () => {
    const { traces, layout } = make();
    Plotly.react(element, traces, {
      ...barge.layout(), margin: { l: 46, r: 14, t: 10, b: 40 }, dragmode: false,
      width: element.clientWidth, height: element.clientHeight, ...layout,
    }, barge.config);
  });
};

/** For each group a stair: of its barge-ins, the share that was over within so many milliseconds. */
barge.spread = (groups, clock, many) => {
  const traces = groups.filter(({ clocks }) => clocks[clock].of).map(({ name, clocks }, number) => {
    const { reached_s: reached, of } = clocks[clock];
    const x = [0, ...reached.map((seconds) => seconds * 1000)];
    const y = [0, ...reached.map((_, rank) => ((rank + 1) / of) * 100)];
    return {
      type: "scatter", mode: reached.length > 60 ? "lines" : "lines+markers", x, y, name: barge.plain(name),
      line: {
        shape: "hv", width: 2, color: barge.colour(barge.LINES[number % barge.LINES.length]),
        dash: barge.DASHES[number % barge.DASHES.length],
      },
      marker: { size: x.map((_, rank) => (rank ? 5 : 0)) },
      hovertemplate: `%{y:.0f} % of ${of} within %{x:.0f} ms<extra>${barge.plain(name).replace(/%/g, "&#37;")}</extra>`,
    };
  });
  const longest = Math.max(0, ...traces.flatMap(({ x }) => x));
  return {
    traces,
    layout: {
      xaxis: { ...barge.axis(), title: { text: "ms", font: { size: 11 } }, range: [0, longest * 1.05 || 1000] },
      yaxis: { ...barge.axis(), range: [0, 103], ticksuffix: " %", dtick: 25 },
      showlegend: many, legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0, font: { size: 11 } },
      margin: { l: 46, r: 14, t: many ? 26 : 10, b: 40 },
      annotations: traces.length ? [] : [barge.nothing("no such figure: it needs a decision's stamp")],
    },
  };
};

barge.outcomes = (groups) => {
  const names = groups.map(({ name }) => barge.plain(name));
  const kinds = Object.keys(groups[0]?.outcomes ?? {}).filter((kind) => groups.some(({ outcomes }) => outcomes[kind]));
  const traces = kinds.map((kind) => {
    const counts = groups.map(({ outcomes }) => outcomes[kind]);
    return {
      type: "bar", orientation: "h", name: kind.replace("_", " "), x: counts, y: names,
      text: counts.map((count) => (count ? `${count} ${kind.replace("_", " ")}` : "")),
      textposition: "inside", insidetextanchor: "middle", textangle: 0, constraintext: "inside",
      textfont: { color: "#14171b" }, hovertemplate: `%{x} ${kind.replace("_", " ")}<extra>%{y}</extra>`,
      marker: { color: barge.colour(kind), line: { color: barge.colour("paper"), width: 1.5 } },
    };
  });
  return {
    traces,
    layout: {
      barmode: "stack", uniformtext: { minsize: 10, mode: "hide" }, showlegend: false, bargap: 0.35,
      xaxis: { ...barge.axis(), title: { text: "overlaps", font: { size: 11 } } },
      yaxis: { ...barge.axis(), automargin: true, autorange: "reversed", showgrid: false },
      annotations: traces.length ? [] : [barge.nothing("no overlaps")],
    },
  };
};

barge.front = ({ points }) => {
  const drawn = points.filter((point) => point.time_to_yield_p50_s !== null && point.false_stop_rate !== null);
  const front = drawn.filter((point) => point.on_front)
    .sort((one, other) => one.time_to_yield_p50_s - other.time_to_yield_p50_s);
  const place = (some) => ({
    x: some.map((point) => point.time_to_yield_p50_s * 1000), y: some.map((point) => point.false_stop_rate * 100),
    hovertext: some.map(barge.knobs), hoverinfo: "text", type: "scatter",
    cliponaxis: false, // a point at 0 % is whole
  });
  return {
    traces: [
      { ...place(drawn.filter((point) => !point.on_front)), mode: "markers", marker: { color: barge.colour("total"), size: 8, opacity: 0.7 } },
      {
        ...place(front), mode: "lines+markers+text", text: front.map(({ name }) => barge.plain(name ?? "")),
        textposition: "top right", line: { color: barge.colour("caller"), width: 2, shape: "hv" },
        marker: { color: barge.colour("caller"), size: 11, symbol: "diamond", line: { color: barge.colour("paper"), width: 1 } },
      },
    ],
    layout: {
      showlegend: false, hovermode: "closest",
      xaxis: { ...barge.axis(), title: { text: "time to yield, p50 (ms)", font: { size: 12 } } },
      yaxis: { ...barge.axis(), title: { text: "false stops", font: { size: 12 } }, ticksuffix: " %", rangemode: "tozero", automargin: true },
      annotations: drawn.length ? [] : [barge.nothing("no point has both figures")],
    },
  };
};

barge.knobs = ({ name, knobs, time_to_yield_p50_s: time, false_stop_rate: stops }) =>
  [
    name ?? "", `${Math.round(time * 1000)} ms, ${(stops * 100).toFixed(1)} % false stops`,
    ...Object.entries(knobs).map(([knob, value]) => `${knob} = ${value}`),
  ].filter(Boolean).map(barge.plain).join("<br>");

barge.nothing = (text) => ({
  text, xref: "paper", yref: "paper", x: 0.5, y: 0.5, showarrow: false, font: { color: barge.colour("soft") },
});
