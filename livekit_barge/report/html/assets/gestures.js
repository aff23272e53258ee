// Moving and zooming a stretch of time: mouse, wheel, one finger or two.
//
// A vertical swipe and a plain wheel scroll the page; Ctrl + wheel (a trackpad's pinch) zooms.
"use strict";

/**
 * `view` is the timeline: `from`, `to`, `box`, `second(x)`, `show(from, to)`, `zoom(factor, at)`;
 * `tap(event)` is called where nothing was moved.
 */
barge.gestures = (element, view, tap) => {
  const SLOP_PX = 5; // a finger is never quite still
  const fingers = new Map(); // id → where it is now
  let start = null; // the view and the fingers when they last changed

  const middle = () => {
    const places = [...fingers.values()];
    return places.reduce((sum, place) => sum + place.x, 0) / places.length;
  };
  const spread = () => {
    const [one, other] = fingers.values();
    return other ? Math.max(Math.abs(one.x - other.x), 20) : 1;
  };
  const begin = () => {
    start = { from: view.from, to: view.to, x: middle(), spread: spread(), second: view.second(middle()) };
  };

  // Plotly would lay a cover over the page and take what follows.
  for (const kind of ["mousedown", "touchstart"]) {
    element.addEventListener(kind, (event) => event.stopPropagation(), { capture: true, passive: true });
  }

  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    fingers.set(event.pointerId, { x: event.clientX, moved: false });
    begin();
  });
  element.addEventListener("pointermove", (event) => {
    const finger = fingers.get(event.pointerId);
    if (!finger) return;
    if (!finger.moved && Math.abs(event.clientX - start.x) < SLOP_PX && fingers.size === 1) return;
    if (!finger.moved) element.setPointerCapture(event.pointerId);
    Object.assign(finger, { x: event.clientX, moved: true });
    element.classList.add("moving");
    const scale = start.spread / spread();
    const perPixel = ((start.to - start.from) * scale) / view.box.width;
    const from = start.second - (middle() - view.box.left) * perPixel;
    view.show(from, from + (start.to - start.from) * scale);
  });
  const end = (event) => {
    const finger = fingers.get(event.pointerId);
    if (!finger) return;
    fingers.delete(event.pointerId);
    element.classList.toggle("moving", fingers.size > 0);
    if (fingers.size) begin();
    else if (!finger.moved && event.type === "pointerup") tap(event);
  };
  element.addEventListener("pointerup", end);
  element.addEventListener("pointercancel", end);

  element.addEventListener(
    "wheel",
    (event) => {
      const sideways = event.shiftKey ? event.deltaY : event.deltaX;
      if (event.ctrlKey || event.metaKey) {
        view.zoom(Math.exp(event.deltaY / 300), view.second(event.clientX));
      } else if (Math.abs(sideways) > Math.abs(event.shiftKey ? 0 : event.deltaY)) {
        const step = (sideways / 800) * (view.to - view.from);
        view.show(view.from + step, view.to + step);
      } else return;
      event.preventDefault();
    },
    { passive: false },
  );
};
