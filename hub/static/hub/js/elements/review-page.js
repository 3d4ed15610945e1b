// <review-page>: files changed. n and p walk files and threads, marks fold what was looked at, the list of files leads to
// those that are loaded already without leaving the page.
import { isWriting } from "../dom.js";

class ReviewPage extends HTMLElement {
  connectedCallback() {
    if (this.onLetter) return;
    this.onLetter = (event) => this.onKey(event);
    document.addEventListener("keydown", this.onLetter);
    this.addEventListener("click", (event) => this.onClick(event));
    this.addEventListener("htmx:beforeSwap", (event) => this.onAnswer(event));
    this.onOutside = (event) => this.closeReview(event);
    document.addEventListener("pointerdown", this.onOutside);
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.onLetter);
    document.removeEventListener("pointerdown", this.onOutside);
    this.onLetter = null;
  }

  get stops() {
    const all = this.querySelectorAll(".review__files > .review-file, .review__files .thread");
    return [...all].filter((stop) => stop.getClientRects().length);
  }

  onKey(event) {
    if (event.key === "Escape") this.closeReview(event);
    if (event.metaKey || event.ctrlKey || event.altKey || isWriting(event.target)) return;
    const step = { n: 1, p: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const stops = this.stops;
    const edge = this.top + 8;
    const at = stops.indexOf(document.activeElement?.closest?.(".is-reached"));
    const near = stops.findIndex((stop) => stop.getBoundingClientRect().top >= edge - 6);
    const before = near < 0 ? stops.length - 1 : near - 1;
    const next = at >= 0 ? at + step : step > 0 ? before + 1 : before;
    this.go(stops[Math.min(Math.max(next, 0), stops.length - 1)]);
  }

  get top() {
    return this.querySelector(".review__bar").offsetHeight;
  }

  go(stop) {
    if (!stop) return;
    for (const each of this.querySelectorAll(".is-reached")) each.classList.remove("is-reached");
    stop.classList.add("is-reached");
    stop.scrollIntoView({ block: "start" });
    stop.querySelector("summary.diff-file__head, summary.thread__head")?.focus({ preventScroll: true });
  }

  onClick(event) {
    const link = event.target.closest("a[data-file]");
    const stop = link && this.querySelector(`#file-${link.dataset.file}`);
    if (!stop || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    this.querySelector(".review-tree__toggle").checked = false;
    history.replaceState(null, "", `#file-${link.dataset.file}`);
    this.go(stop);
  }

  /** A file that was just marked folds; one whose mark was taken away opens. */
  onAnswer(event) {
    const form = event.target.closest(".review-file__viewed");
    if (!form || event.detail.isError) return;
    const wasViewed = form.querySelector("[data-viewed]")?.getAttribute("aria-pressed") === "true";
    const file = this.querySelector(`#${CSS.escape(form.dataset.of ?? "")}`);
    const fold = file?.querySelector(":scope > details");
    if (fold) fold.open = wasViewed;
    this.querySelector(`[data-file="${file?.id.slice(5)}"]`)?.classList.toggle("is-viewed", !wasViewed);
  }

  closeReview(event) {
    const box = this.querySelector(".review-send[open]");
    if (!box || (event.type === "pointerdown" && box.contains(event.target))) return;
    box.open = false;
    if (event.type === "keydown") box.querySelector("summary").focus();
  }
}

customElements.define("review-page", ReviewPage);
