// Areas of the picture that a page shows: those that are talked about are drawn, and a new one is marked by dragging.
import { icon, make } from "../dom.js";

const AREA = /^area ([\d.]+)% ([\d.]+)% ([\d.]+)% ([\d.]+)%$/;
const SMALLEST = 0.005;

/** Make the picture of the page ready for the talk in `host`; what it returns undoes that. */
export function areas(host) {
  const picture = document.querySelector(".file-picture img, .viewer__picture img");
  const where = host.querySelector("input[name=where]");
  if (!picture) return () => {};
  let stage = picture.closest(".talk-stage");
  if (!stage) {
    stage = make("span", { class: "talk-stage" });
    picture.before(stage);
    stage.append(picture);
  }
  // Taken away with the talk that drew them: the talk that comes in its place draws its own first.
  const own = [];
  for (const thread of host.querySelectorAll("[data-where]")) own.push(draw(stage, thread));
  const button = where && make("button", { type: "button", class: "button button--small" }, icon("maximize"), "Mark an area");
  where?.after(" ", button);
  const stop = new AbortController();
  button?.addEventListener("click", () => own.push(begin(stage, where, host, stop.signal)));
  return () => {
    stop.abort();
    button?.remove();
    for (const each of own) each?.remove();
  };
}

function put(box, [x, y, w, h]) {
  Object.assign(box.style, { left: `${x}%`, top: `${y}%`, width: `${w}%`, height: `${h}%` });
}

function draw(stage, thread) {
  const found = AREA.exec(thread.dataset.where);
  if (!found) return null;
  const link = make("a", { class: "talk-area", href: `#thread-${thread.dataset.thread}`, "aria-label": `Talk on ${thread.dataset.where}` });
  put(link, found.slice(1).map(Number));
  stage.append(link);
  return link;
}

/** The next drag over the picture marks an area; Escape gives it up. */
function begin(stage, where, host, signal) {
  const over = new AbortController();
  const listen = (target, name, act) => target.addEventListener(name, act, { signal: over.signal });
  signal.addEventListener("abort", () => over.abort());
  stage.classList.add("is-marking");
  over.signal.addEventListener("abort", () => stage.classList.remove("is-marking"));
  stage.scrollIntoView({ block: "nearest" });
  let from = null;
  const box = make("span", { class: "talk-area" });
  const at = (event) => {
    const frame = stage.getBoundingClientRect();
    const share = (value) => Math.min(Math.max(value, 0), 1);
    return [share((event.clientX - frame.left) / frame.width), share((event.clientY - frame.top) / frame.height)];
  };
  const area = (event) => {
    const to = at(event);
    const [x, y] = [Math.min(from[0], to[0]), Math.min(from[1], to[1])];
    return [x, y, Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1])].map((value) => Number((value * 100).toFixed(1)));
  };
  listen(stage, "pointerdown", (event) => {
    event.preventDefault();
    from = at(event);
    stage.setPointerCapture(event.pointerId);
    stage.append(box);
  });
  listen(stage, "pointermove", (event) => from && put(box, area(event)));
  listen(stage, "pointerup", (event) => {
    if (!from) return;
    const [x, y, w, h] = area(event);
    over.abort();
    if (w < SMALLEST * 100 || h < SMALLEST * 100) return box.remove();
    where.value = `area ${x}% ${y}% ${w}% ${h}%`;
    host.querySelector("form.talk__begin textarea").focus();
  });
  listen(document, "keydown", (event) => {
    if (event.key !== "Escape") return;
    box.remove();
    over.abort();
  });
  return box;
}
