// The outline of both channels at the grain that a screen can show.
//
// The page brings coarse bins of the whole call; fine ones lie in tiles, scripts that are loaded
// when somebody looks so closely. Of each, every four bins are joined to one, and again, so that
// any stretch of time is at most a few thousand bins.
"use strict";

barge.Wave = class {
  static #JOIN = 4;
  static #KEPT_TILES = 12;

  /** `wave` is the page's; `arrived` is called when a tile has come. */
  constructor(wave, arrived) {
    this.#wave = wave;
    this.#arrived = arrived;
    this.#perTile = Math.round(wave.tile_s / wave.fine_s);
  }

  #wave;
  #arrived;
  #perTile;
  #levels = []; // coarse ones, the finest first
  #tiles = new Map(); // number → levels, or null while it is on its way
  peaks = [1, 1]; // of each channel

  /** Unpack the coarse bins. */
  async open() {
    const bytes = await barge.Wave.#unpack(this.#wave.coarse);
    this.#levels = this.#pyramid(barge.Wave.#level(bytes, this.#wave.coarse_s), Infinity);
    this.peaks = this.#levels[0].least.map((least, channel) => {
      let peak = 0;
      for (const value of least) peak = Math.max(peak, -value);
      for (const value of this.#levels[0].greatest[channel]) peak = Math.max(peak, value);
      return Math.max(barge.Wave.amplitude(peak), 1e-3);
    });
    return this;
  }

  /** A tile's script has been run. */
  async take(number, text) {
    const bytes = await barge.Wave.#unpack(text);
    const finest = barge.Wave.#level(bytes, this.#wave.fine_s);
    this.#tiles.set(number, this.#pyramid(finest, this.#wave.coarse_s));
    this.#arrived();
  }

  /** Of a channel, from one second to another, at most about two bins for each of `pixels`. */
  outline(channel, from, to, pixels) {
    const wanted = (2 * (to - from)) / pixels;
    const fine = wanted < this.#wave.coarse_s ? this.#fine(channel, from, to, wanted) : null;
    return fine ?? this.#drawn([this.#piece(this.#levels, 0, channel, from, to, wanted)]);
  }

  /** From tiles; null as long as one of them is not there. */
  #fine(channel, from, to, wanted) {
    const { tile_s: length, tiles } = this.#wave;
    const first = Math.max(Math.floor(from / length), 0);
    const last = Math.min(Math.floor(to / length), tiles.length - 1);
    const pieces = [];
    for (let number = first; number <= last; number++) {
      const levels = this.#tiles.get(number);
      if (!levels) this.#load(number);
      else pieces.push(this.#piece(levels, number * length, channel, from, to, wanted));
    }
    return pieces.length && pieces.length === last - first + 1 ? this.#drawn(pieces) : null;
  }

  #load(number) {
    if (this.#tiles.has(number)) return;
    for (const old of this.#tiles.keys()) {
      if (this.#tiles.size < barge.Wave.#KEPT_TILES) break;
      this.#tiles.delete(old);
    }
    this.#tiles.set(number, null);
    const script = document.createElement("script");
    script.src = this.#wave.tiles[number];
    script.onload = script.onerror = () => script.remove();
    document.head.append(script);
  }

  /** The bins of a stretch, from the coarsest level that is fine enough. */
  #piece(levels, begin, channel, from, to, wanted) {
    const level = levels.findLast((each) => each.bin <= wanted) ?? levels[0];
    const first = Math.max(Math.floor((from - begin) / level.bin), 0);
    const last = Math.min(Math.ceil((to - begin) / level.bin), level.count);
    return {
      begin: begin + (first + 0.5) * level.bin,
      bin: level.bin,
      least: level.least[channel].subarray(first, last),
      greatest: level.greatest[channel].subarray(first, last),
    };
  }

  /** Pieces as one closed line: along the greatest values, and back along the least. */
  #drawn(pieces) {
    const count = pieces.reduce((sum, piece) => sum + piece.least.length, 0);
    const x = new Float64Array(2 * count);
    const y = new Float64Array(2 * count);
    let at = 0;
    for (const piece of pieces) {
      for (let bin = 0; bin < piece.least.length; bin++, at++) {
        x[at] = x[2 * count - 1 - at] = piece.begin + bin * piece.bin;
        y[at] = barge.Wave.amplitude(piece.greatest[bin]);
        y[2 * count - 1 - at] = barge.Wave.amplitude(piece.least[bin]);
      }
    }
    return { x, y };
  }

  #pyramid(finest, below) {
    const levels = [finest];
    const join = barge.Wave.#JOIN;
    while (levels.at(-1).count > 1000 && levels.at(-1).bin * join < below) {
      const { least, greatest, bin } = levels.at(-1);
      levels.push({
        bin: bin * join,
        count: Math.ceil(least[0].length / join),
        least: least.map((values) => barge.Wave.#joined(values, Math.min)),
        greatest: greatest.map((values) => barge.Wave.#joined(values, Math.max)),
      });
    }
    return levels;
  }

  static #joined(values, best) {
    const join = barge.Wave.#JOIN;
    const joined = new Int8Array(Math.ceil(values.length / join));
    for (let at = 0; at < joined.length; at++) {
      let value = values[at * join];
      const end = Math.min((at + 1) * join, values.length);
      for (let each = at * join + 1; each < end; each++) value = best(value, values[each]);
      joined[at] = value;
    }
    return joined;
  }

  /** Per channel all least values, then all greatest. */
  static #level(bytes, bin) {
    const count = bytes.length / 4;
    const row = (number) => bytes.subarray(number * count, (number + 1) * count);
    return { bin, count, least: [row(0), row(2)], greatest: [row(1), row(3)] };
  }

  /** What 8 bits of the root mean: −1 to 1. */
  static amplitude(value) {
    return (Math.sign(value) * value * value) / (127 * 127);
  }

  /** base64 of zlib of signed bytes. */
  static async #unpack(text) {
    const letters = atob(text);
    const packed = new Uint8Array(letters.length);
    for (let at = 0; at < packed.length; at++) packed[at] = letters.charCodeAt(at);
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Int8Array(await new Response(stream).arrayBuffer());
  }
};
