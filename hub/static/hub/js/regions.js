// Regions of a picture: drawn with a pointer, and shown as frames over it. Numbers are parts of its width and height.
import { make } from "./dom.js";

const LEAST = 0.01; // Less was a click, not a region.
const part = (value) => Math.min(1, Math.max(0, value));

/** The layer over a picture in which regions lie; made when there is none. */
export function layerOver(image) {
  if (image.parentElement.classList.contains("mark-frame")) return image.nextElementSibling;
  const frame = make("span", { class: "mark-frame" });
  image.replaceWith(frame);
  const layer = make("span", { class: "mark-layer" });
  frame.append(image, layer);
  return layer;
}

function place(box, { x, y, w, h }) {
  for (const [side, value] of Object.entries({ left: x, top: y, width: w, height: h })) box.style.setProperty(side, `${value * 100}%`);
}

/** A frame around a region that leads to what was said about it. */
export function showRegion(image, region, href, label) {
  const box = make("a", { class: "mark-region-box", href, "aria-label": label });
  place(box, region);
  layerOver(image).append(box);
  return box;
}

/** Lets a region be drawn; resolves with it, or with null when that was given up (Escape, or only a click). */
export function drawRegion(image) {
  const layer = layerOver(image);
  layer.classList.add("is-drawing");
  const box = make("span", { class: "mark-region-box is-new" });
  let from = null;
  const at = (event) => {
    const edge = layer.getBoundingClientRect();
    return { x: part((event.clientX - edge.left) / edge.width), y: part((event.clientY - edge.top) / edge.height) };
  };
  const between = (to) => ({
    x: Math.min(from.x, to.x),
    y: Math.min(from.y, to.y),
    w: Math.abs(from.x - to.x),
    h: Math.abs(from.y - to.y),
  });
  return new Promise((resolve) => {
    const listening = new AbortController();
    const end = (region) => {
      listening.abort();
      layer.classList.remove("is-drawing");
      box.remove();
      resolve(region);
    };
    const on = (target, name, act) => target.addEventListener(name, act, { signal: listening.signal });
    on(layer, "pointerdown", (event) => {
      event.preventDefault();
      layer.setPointerCapture(event.pointerId);
      from = at(event);
      layer.append(box);
      place(box, { ...from, w: 0, h: 0 });
    });
    on(layer, "pointermove", (event) => from && place(box, between(at(event))));
    on(layer, "pointerup", (event) => {
      const region = from && between(at(event));
      end(region && region.w > LEAST && region.h > LEAST ? region : null);
    });
    on(layer, "pointercancel", () => end(null));
    on(document, "keydown", (event) => event.key === "Escape" && end(null));
  });
}
