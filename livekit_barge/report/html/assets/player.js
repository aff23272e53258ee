// Plays both sides in step, or either alone.
//
// Each side is a file of its own: from disk, a browser does not let a page take one apart.
"use strict";

barge.Player = class {
  static #APART_S = 0.03; // further apart than this, the agent's is set to the caller's

  /** `files`: the caller's, the agent's; `moved(second)` is called as time goes on. */
  constructor(files, moved) {
    this.#tracks = files.map((file) => {
      const track = new Audio();
      track.preload = "metadata";
      track.src = file;
      return track;
    });
    this.#moved = moved;
    const [leader] = this.#tracks;
    for (const event of ["play", "pause", "seeked", "ended"]) {
      leader.addEventListener(event, () => this.#step());
    }
    leader.addEventListener("ended", () => this.pause());
    for (const track of this.#tracks) {
      track.addEventListener("error", () => this.failed?.(track.error?.message ?? ""));
    }
  }

  #tracks;
  #moved;
  #turning = false;
  failed = null; // called with the reason where a file cannot be played

  get at() { return this.#tracks[0].currentTime; }
  get playing() { return !this.#tracks[0].paused; }
  /** Where each side is. */
  get places() { return this.#tracks.map((track) => track.currentTime); }
  get heard() { return this.#tracks.map((track) => !track.muted); }

  async play() {
    const [leader, follower] = this.#tracks;
    follower.currentTime = leader.currentTime;
    try {
      await Promise.all(this.#tracks.map((track) => track.play()));
    } catch (error) {
      if (error.name !== "AbortError") this.failed?.(error.message); // paused before it began
    }
    this.#turn();
  }

  pause() {
    for (const track of this.#tracks) track.pause();
  }

  seek(second) {
    for (const track of this.#tracks) track.currentTime = Math.max(second, 0);
    this.#moved(Math.max(second, 0));
  }

  /** `both`, `caller` or `agent`. */
  solo(side) {
    this.#tracks[0].muted = side === "agent";
    this.#tracks[1].muted = side === "caller";
  }

  rate(rate) {
    for (const track of this.#tracks) track.playbackRate = rate;
  }

  #step() {
    const [leader, follower] = this.#tracks;
    const apart = Math.abs(leader.currentTime - follower.currentTime);
    if (this.playing && !follower.seeking && apart > barge.Player.#APART_S) {
      follower.currentTime = leader.currentTime;
    }
    this.#moved(leader.currentTime);
  }

  #turn() {
    if (this.#turning) return;
    this.#turning = true;
    const turn = () => {
      this.#turning = this.playing;
      this.#step();
      if (this.playing) requestAnimationFrame(turn);
    };
    requestAnimationFrame(turn);
  }
};
