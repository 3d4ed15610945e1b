// <run-live>: what it holds, and the state and facts beside it, are renewed while the run goes on: soon after something
// came, ever later while nothing does, not at all in a hidden tab. The hub answers 304 to who knows everything.
import { Looks } from "./chart-looks.js";

const LATE_MS = 30_000;

class RunLive extends HTMLElement {
  connectedCallback() {
    this.looks = new Looks(() => this.look(), LATE_MS);
  }

  disconnectedCallback() {
    this.looks.stop();
  }

  /** Returns whether something new was there and whether the run is done. */
  async look() {
    const address = this.address;
    if (!address) return { changed: false, done: true };
    const answer = await ask(address);
    // What was asked for may have been left meanwhile, by a word in the search box.
    if (!answer || address !== this.address) return { changed: false, done: false };
    const changed = answer.headers.get("ETag") !== this.tag;
    if (changed) await this.renew(answer);
    return { changed, done: !this.address };
  }

  /** The hub leaves it out once the run has ended. */
  get address() {
    return this.querySelector("[data-src]")?.dataset.src;
  }

  async renew(answer) {
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    this.tag = answer.headers.get("ETag");
    for (const part of fresh.body.children) {
      const old = document.getElementById(part.id);
      if (old && !part.isEqualNode(old)) exchange(old, document.importNode(part, true));
    }
  }
}

/** What is scrolled and focused stays so; who is at something that cannot be found again is not disturbed. */
function exchange(old, part) {
  const focused = old.contains(document.activeElement) ? spot(document.activeElement) : null;
  if (focused === "") return;
  const { scrollTop: top = 0, scrollLeft: left = 0 } = old.querySelector(".runs-values") ?? {};
  old.replaceWith(part);
  window.htmx?.process(part);
  part.querySelector(".runs-values")?.scrollTo({ top, left, behavior: "instant" });
  if (focused) part.querySelector(focused)?.focus({ preventScroll: true });
}

function spot(active) {
  if (active.matches(".runs-values")) return ".runs-values";
  return active.rel ? `[rel=${active.rel}]` : "";
}

async function ask(address) {
  try {
    const answer = await fetch(address, { headers: { "HX-Request": "true" } });
    return answer.ok ? answer : null;
  } catch {
    return null;
  }
}

customElements.define("run-live", RunLive);
