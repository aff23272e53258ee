// A call's page: timeline, player, buttons and keys put together.
"use strict";

/** Called by the page's data. */
async function bargeCall(data) {
  const LEAD_S = 1; // what is heard before an event
  const AROUND_S = 3; // what is seen on each side of it
  const element = document.getElementById("timeline");
  const now = document.getElementById("now");
  const playhead = document.getElementById("playhead");
  const stops = barge.stops(data); // events and barge-ins, in order
  let timeline = null;
  let wave = null;
  let at = 0;
  let chosen = null; // the stop where one is

  if (data.wave) wave = await new barge.Wave(data.wave, () => timeline?.redraw()).open();
  barge.tile = (number, text) => wave.take(number, text);
  timeline = new barge.Timeline(element, document.getElementById("overview"), data, wave, tap);
  const player = data.wave?.sound.length ? new barge.Player(data.wave.sound, moved) : null;

  function movePlayhead() {
    const place = timeline.place(at);
    playhead.hidden = place === null;
    if (place !== null) playhead.style.transform = `translateX(${place}px)`;
  }
  element.addEventListener("drawn", movePlayhead);

  function moved(second) {
    at = second;
    barge.controls?.tell(second);
    const length = timeline.to - timeline.from;
    if (player.playing && (at > timeline.to || at < timeline.from)) {
      timeline.show(at - length * 0.05, at + length * 0.95); // turn the page
    }
    movePlayhead();
  }

  /** Hear what is from a second before on. */
  function hear(second, play = true) {
    at = second;
    if (!player) return void movePlayhead();
    player.seek(Math.max(second - LEAD_S, 0));
    if (play) player.play();
  }

  function choose(stop, play = true) {
    chosen = stop;
    timeline.chosen = stop.mark;
    now.textContent = stop.text;
    for (const each of document.querySelectorAll(".overlap")) {
      each.classList.toggle("chosen", stop.overlap !== null && each.dataset.overlap === String(stop.overlap));
    }
    const half = Math.min((timeline.to - timeline.from) / 2, AROUND_S);
    timeline.show(stop.at - half, stop.at + half);
    hear(stop.at, play);
  }

  function tap(second, mark) {
    if (mark === null) hear(second);
    else choose(stops.find((stop) => stop.mark === mark));
  }

  /** To the next stop after where one is, or the one before; `only` barge-ins. */
  function step(direction, only = false) {
    // One is at a stop from the second before it that is heard until it is over.
    const there = chosen !== null && at > chosen.at - LEAD_S - 0.1 && at < chosen.at + 0.01;
    const here = there ? stops.indexOf(chosen) : null;
    const ahead = stops.filter((stop, number) => {
      const far = here === null ? stop.at - at : number - here;
      return far * direction > 1e-6 && (!only || stop.overlap !== null);
    });
    const stop = direction > 0 ? ahead[0] : ahead.at(-1);
    if (stop) choose(stop, player?.playing ?? false);
    else now.textContent = direction > 0 ? "No further event." : "No earlier event.";
  }

  const actions = {
    previous: () => step(-1),
    next: () => step(1),
    in: () => timeline.zoom(0.5, timeline.place(at) === null ? undefined : at),
    out: () => timeline.zoom(2, timeline.place(at) === null ? undefined : at),
    whole: () => timeline.show(0, data.duration_s),
    bargeIn: () => step(1, true),
    bargeInBefore: () => step(-1, true),
  };
  for (const button of document.querySelectorAll("[data-do]")) {
    button.addEventListener("click", actions[button.dataset.do]);
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest(".hear");
    if (!button) return;
    const second = Number(button.dataset.at);
    const stop = stops.find((each) => each.at === second) ?? { at: second, mark: null, overlap: null, text: `At ${barge.time(second)}` };
    const overlap = button.dataset.overlap;
    choose(overlap === undefined ? stop : stops.find((each) => each.overlap === Number(overlap)) ?? stop);
    if (!player) element.scrollIntoView({ block: "nearest" });
  });
  barge.controls = player && barge.playerControls(player, data.duration_s);
  barge.keys({ ...actions, play: () => barge.controls?.toggle(), solo: (side) => barge.controls?.solo(side) });
  movePlayhead();
  barge.timeline = timeline;
  barge.player = player;
  barge.painted(() => {
    barge.ready(element);
    barge.painted(() => timeline.overview.open()); // a frame later: whoever waits is let in between
  });
}

/** Called by a tile. */
function bargeTile(number, text) {
  barge.tile(number, text);
}

/** Where one can stop: each mark and each barge-in. */
barge.stops = (data) => {
  const marks = data.marks.map(([at, , label], mark) => ({
    at, mark, overlap: null, text: `${barge.time(at, 3)} ${label}`,
  }));
  const overlaps = data.overlaps.filter(({ onset_s: onset }) => onset !== null).map((overlap) => ({
    at: overlap.onset_s, mark: null, overlap: overlap.number - 1,
    text: `Barge-in ${overlap.number} of ${data.overlaps.length} at ${barge.time(overlap.onset_s)}: ` +
      `${overlap.outcome.replace("_", " ")}, ${overlap.clocks}` + (overlap.words ? `, “${overlap.words}”` : ""),
  }));
  return [...marks, ...overlaps].sort((one, other) => one.at - other.at);
};

barge.playerControls = (player, duration) => {
  const play = document.getElementById("play");
  const position = document.getElementById("position");
  const clock = document.getElementById("clock");
  const controls = {
    tell(second) {
      position.value = second;
      position.setAttribute("aria-valuetext", barge.time(second, 1));
      clock.textContent = `${barge.time(second, 1)} / ${barge.time(duration, 0)}`;
      play.textContent = player.playing ? "❚❚ Pause" : "▶ Play";
      play.setAttribute("aria-pressed", String(player.playing));
    },
    toggle: () => (player.playing ? player.pause() : player.play()),
    solo(side) {
      player.solo(side);
      document.querySelector(`[name=solo][value=${side}]`).checked = true;
    },
  };
  play.addEventListener("click", controls.toggle);
  position.addEventListener("input", () => player.seek(Number(position.value)));
  for (const choice of document.querySelectorAll("[name=solo]")) {
    choice.addEventListener("change", () => player.solo(choice.value));
  }
  document.getElementById("rate").addEventListener("change", (event) => player.rate(Number(event.target.value)));
  player.failed = (why) => {
    document.getElementById("now").textContent = `The audio cannot be played here: ${why}`;
  };
  controls.tell(0);
  return controls;
};

barge.keys = (actions) => {
  const keys = {
    ArrowRight: actions.next, n: actions.next, ArrowLeft: actions.previous, p: actions.previous,
    b: actions.bargeIn, B: actions.bargeInBefore, " ": actions.play,
    "+": actions.in, "=": actions.in, "-": actions.out, 0: actions.whole,
    1: () => actions.solo("both"), 2: () => actions.solo("caller"), 3: () => actions.solo("agent"),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    const own = event.target.closest("input, select, textarea, summary, a, button");
    // A slider and a choice have arrows of their own, a button has the space bar.
    if (own && (own.matches("input, select, textarea") || event.key === " ")) return;
    event.preventDefault();
    keys[event.key]();
  });
};
