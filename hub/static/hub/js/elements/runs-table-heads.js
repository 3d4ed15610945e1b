// The heads of a runs table: dragging a head moves its column, dragging its edge makes it wider, the button beside the
// words opens a menu. From the button, Alt with an arrow moves the column and Shift with an arrow makes it wider.
import { icon, make } from "../dom.js";
import { act } from "./runs-table-going.js";
import { bounded, layOut } from "./runs-table-layout.js";

const STEP = 24;
const FAR = 6;

/** Make the heads of `table` work by mouse, touch and keyboard. */
export function improveHeads(table) {
  layOut(table);
  for (const head of table.querySelectorAll("thead th")) {
    const edge = make("span", { class: "runs__edge", "aria-hidden": "true" });
    edge.addEventListener("pointerdown", (event) => resize(table, head, event));
    edge.addEventListener("dblclick", () => act(table, `width:0:${head.dataset.key}`));
    head.append(edge);
    if (head.dataset.key === "run_name") continue;
    head.addEventListener("pointerdown", (event) => drag(table, head, event));
    const kind = head.querySelector(".runs__kind")?.textContent;
    const words = `Column ${head.querySelector(".runs__label").textContent.trim()}${kind ? `, ${kind}` : ""}`;
    const more = make("button", { class: "runs__more", type: "button", "aria-haspopup": "menu", "aria-label": words }, "⋮");
    more.addEventListener("click", () => openMenu(table, head));
    more.addEventListener("keydown", (event) => onKey(table, head, event));
    head.append(more);
    head.querySelector("a")?.addEventListener("click", (event) => thenBy(table, head, event));
  }
}

/** With shift, a click orders by this column too. */
function thenBy(table, head, event) {
  if (!event.shiftKey) return;
  event.preventDefault();
  act(table, `then:${head.ariaSort === "ascending" ? "-" : ""}${head.dataset.key}`);
}

function onKey(table, head, event) {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!step || !(event.altKey || event.shiftKey)) return;
  event.preventDefault();
  if (event.altKey) act(table, `${step < 0 ? "left" : "right"}:${head.dataset.key}`);
  else widen(table, head, step * STEP);
}

function widen(table, head, by) {
  act(table, `width:${bounded(head.getBoundingClientRect().width + by)}:${head.dataset.key}`);
}

function resize(table, head, event) {
  event.preventDefault();
  event.stopPropagation();
  const [from, before] = [event.clientX, head.getBoundingClientRect().width];
  let now = before;
  const move = ({ clientX }) => {
    now = bounded(before + clientX - from);
    layOut(table, new Map([[head.dataset.key, now]]));
  };
  follow(move, () => now !== before && act(table, `width:${now}:${head.dataset.key}`));
}

function drag(table, head, event) {
  if (event.button || event.pointerType === "touch" || event.target.closest("button, .runs__edge")) return;
  const others = [...table.querySelectorAll("thead th")].slice(1);
  let target = null;
  const move = ({ clientX }) => {
    if (Math.abs(clientX - event.clientX) < FAR && !target) return;
    head.classList.add("is-dragged");
    target?.classList.remove("is-target");
    target = others.findLast((other) => other.getBoundingClientRect().left <= clientX) ?? others[0];
    target.classList.add("is-target");
  };
  follow(move, () => {
    for (const each of others) each.classList.remove("is-dragged", "is-target");
    if (!target) return;
    // What ends a drag is no click on the link under it.
    head.addEventListener("click", (click) => (click.preventDefault(), click.stopPropagation()), { capture: true, once: true });
    if (target !== head) act(table, `move:${others.indexOf(target)}:${head.dataset.key}`);
  });
  head.addEventListener("dragstart", (start) => start.preventDefault(), { once: true });
}

function follow(move, end) {
  const stop = (event) => {
    removeEventListener("pointermove", move);
    removeEventListener("pointerup", stop);
    removeEventListener("pointercancel", stop);
    if (event.type === "pointerup") end();
  };
  for (const [name, what] of [["pointermove", move], ["pointerup", stop], ["pointercancel", stop]]) addEventListener(name, what);
}

function openMenu(table, head) {
  const key = head.dataset.key;
  const dotted = key.includes(".");
  const entries = [
    head.querySelector("a") && ["arrow-up", "Sort ascending", () => act(table, `sort:${key}`)],
    head.querySelector("a") && ["arrow-down", "Sort descending", () => act(table, `sort:-${key}`)],
    dotted && ["funnel", "Filter by this", () => filterBy(table, key)],
    ["rows-3", "Group by this", () => act(table, `group:${key}`)],
    ["pinned" in head.dataset ? "pin-off" : "pin", "pinned" in head.dataset ? "Unpin" : "Pin to the left", () => act(table, `pin:${key}`)],
    ["arrow-left", "Move left", () => act(table, `left:${key}`)],
    ["arrow-right", "Move right", () => act(table, `right:${key}`)],
    ["maximize-2", "Wider", () => widen(table, head, STEP * 2)],
    ["minimize-2", "Narrower", () => widen(table, head, -STEP * 2)],
    ["eye-off", "Hide column", () => act(table, `hide:${key}`)],
  ].filter(Boolean);
  const menu = make("div", { class: "menu runs-menu", role: "menu", popover: "auto", "aria-label": head.querySelector(".runs__label").textContent.trim() });
  for (const [name, words, action] of entries) {
    const item = make("button", { class: "menu__item", role: "menuitem", type: "button", tabindex: "-1" }, icon(name), ` ${words}`);
    item.addEventListener("click", () => (menu.hidePopover(), action()));
    menu.append(item);
  }
  menu.addEventListener("keydown", (event) => walk(menu, event));
  menu.addEventListener("toggle", (event) => {
    if (event.newState !== "closed") return;
    if (menu.contains(document.activeElement) || document.activeElement === document.body) head.querySelector(".runs__more").focus();
    menu.remove();
  });
  head.append(menu);
  menu.showPopover();
  const at = head.getBoundingClientRect();
  menu.style.left = `${Math.max(8, Math.min(at.left, innerWidth - menu.offsetWidth - 8))}px`;
  menu.style.top = `${Math.max(8, Math.min(at.bottom + 2, innerHeight - menu.offsetHeight - 8))}px`;
  menu.firstElementChild.focus();
}

function walk(menu, event) {
  const items = [...menu.children];
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus();
}

/** The key stands in the filter, and waits for what it is compared with. */
function filterBy(table, key) {
  const input = table.querySelector("#runs-filter");
  const [kind, label] = [key.slice(0, key.indexOf(".")), key.slice(key.indexOf(".") + 1)];
  const name = /^[A-Za-z_]\w*$/.test(label) ? label : `\`${label}\``;
  input.value = `${input.value.trim() ? `${input.value.trim()} and ` : ""}${kind}.${name} `;
  input.focus();
  input.dispatchEvent(new Event("input", { bubbles: true }));
}
