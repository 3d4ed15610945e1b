// What a conversation does beyond links and forms: quotes go into the box, links are copied, and a link to a comment that
// is folded away unfolds it.
import { insert } from "./hub-composer-tools.js";

const MOST_QUOTED = 20_000;

document.addEventListener("click", (event) => {
  const item = event.target.closest?.(".said__menu .menu__item");
  if (item) item.closest("details").open = false;
  const quote = event.target.closest?.("[data-quote]");
  if (quote) return onQuote(event, quote);
  const link = event.target.closest?.("[data-copy-link]");
  if (link) return onCopy(event, link);
  return undefined;
});

async function onQuote(event, link) {
  // In a thread, the box of that thread; else the one below the conversation.
  const area = (link.closest(".thread, .said-group")?.querySelector("form textarea") ?? document.querySelector("#reply textarea"));
  if (!area) return;
  event.preventDefault();
  const marked = String(document.getSelection()).trim();
  const inside = marked && link.closest(".said")?.contains(document.getSelection().anchorNode);
  let text = inside ? marked : "";
  if (!text) {
    const answer = await fetch(link.dataset.quote).catch(() => null);
    if (!answer?.ok) return;
    text = (await answer.text()).slice(0, MOST_QUOTED);
  }
  const name = link.closest(".said")?.querySelector(".said__name")?.textContent;
  const quoted = text.trim().split("\n").map((line) => `> ${line}`.trimEnd()).join("\n");
  area.focus();
  area.setSelectionRange(area.value.length, area.value.length);
  insert(area, `${area.value.trim() ? "\n\n" : ""}${name ? `> @${name} said:\n>\n` : ""}${quoted}\n\n`);
  area.scrollIntoView({ block: "center" });
}

async function onCopy(event, link) {
  if (!navigator.clipboard) return;
  event.preventDefault();
  const anchor = link.closest(".said")?.id;
  const address = new URL(`${location.pathname}#${anchor}`, location.href).href;
  await navigator.clipboard.writeText(address).catch(() => null);
  document.body.dispatchEvent(new CustomEvent("hub:toast", { detail: { kind: "good", text: "The link is copied." } }));
}

// A fragment never reaches the server: a comment that is folded away is asked for by its own address.
function unfold() {
  const wanted = /^#comment-(\d+)$/.exec(location.hash);
  const home = document.querySelector(".conversation__fold [hx-get]")?.getAttribute("hx-get");
  const asked = new URLSearchParams(location.search).has("comment");
  if (!wanted || !home || asked || document.getElementById(location.hash.slice(1))) return;
  location.replace(`${home.replace(/\/topics\/.*$/, "")}/comments/${wanted[1]}`);
}
addEventListener("hashchange", unfold);
unfold();
