// Going to another state of a runs table without leaving the page: the part is fetched and replaced, the address follows,
// and what was scrolled, picked and focused stays. Whatever fails is left to the browser, which goes there by itself.

const STAYING = /^(eye|paint|open|width|move|left|right|pin|hide|show):/;

/** The links and buttons of `table` lead on inside the page. */
export function goInside(table) {
  table.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    if (new URL(link.href).pathname !== table.dataset.here || link.target) return;
    event.preventDefault();
    go(table, link.href);
  });
  table.addEventListener("submit", (event) => {
    const { target: form, submitter } = event;
    const action = new URL(submitter?.getAttribute("formaction") ?? form.getAttribute("action"), location.href);
    if (form.method !== "get" || action.pathname !== table.dataset.here || event.defaultPrevented) return;
    event.preventDefault();
    go(table, `${action.pathname}?${new URLSearchParams(new FormData(form, submitter))}`);
  });
}

/** Do what a button of the form of the state would: `action` as in tracking/table_actions.py. */
export function act(table, action) {
  const asked = new URLSearchParams(new FormData(table.querySelector("#runs-state")));
  asked.set("do", action);
  return go(table, `${table.dataset.here}?${asked}`, { replace: STAYING.test(action) });
}

/** Show the table at this address. `replace`: the step is too small for the browser's way back. */
export async function go(table, address, { replace = STAYING.test(new URL(address, location.href).searchParams.get("do") ?? ""), record = true } = {}) {
  table.ariaBusy = "true";
  let answer;
  let fresh;
  try {
    answer = await fetch(address, { headers: { "HX-Request": "true" } });
    fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("runs-table");
  } catch {
    fresh = null;
  }
  if (!fresh) return location.assign(address);
  if (!table.isConnected) return;
  if (record && answer.url !== location.href) history[replace ? "replaceState" : "pushState"]({ runs: true }, "", answer.url);
  exchange(table, document.importNode(fresh, true));
  carryAlong(answer.url);
}

/** Tabs that show the same state lead to it. */
function carryAlong(address) {
  const asked = new URLSearchParams(new URL(address).search);
  for (const edge of ["after", "before"]) asked.delete(edge);
  for (const link of document.querySelectorAll("a[data-keeps-state]")) link.search = asked;
}

function exchange(table, fresh) {
  const box = table.querySelector(".table-box");
  const scrolled = { top: box?.scrollTop ?? 0, left: box?.scrollLeft ?? 0 };
  const samePage = sameRows(table, fresh);
  const picked = new Set([...table.querySelectorAll("input[name=run]:checked")].map((each) => each.value));
  const focused = spot(table);
  table.replaceWith(fresh);
  window.htmx?.process(fresh);
  for (const each of fresh.querySelectorAll("input[name=run]")) each.checked = picked.has(each.value);
  fresh.querySelector(".table-box")?.scrollTo({ ...scrolled, ...(samePage ? {} : { top: 0 }), behavior: "instant" });
  if (focused) fresh.querySelector(focused)?.focus({ preventScroll: true });
  fresh.dispatchEvent(new Event("change"));
}

function sameRows(one, other) {
  const first = (table) => table.querySelector("tbody input[name=run]")?.value;
  return first(one) === first(other);
}

/** How to find again what is focused. */
function spot(table) {
  const active = document.activeElement;
  if (!table.contains(active)) return "";
  const head = active.closest("th[data-key]");
  if (head) return `th[data-key="${CSS.escape(head.dataset.key)}"] ${active.matches("a") ? "a" : ".runs__more"}`;
  if (active.id) return `#${CSS.escape(active.id)}`;
  if (active.name && active.value) return `[name="${active.name}"][value="${CSS.escape(active.value)}"]`;
  return active.rel ? `[rel=${active.rel}]` : "";
}

addEventListener("popstate", () => {
  const table = document.querySelector("runs-table");
  if (table && location.pathname === table.dataset.here) go(table, location.href, { record: false });
});
