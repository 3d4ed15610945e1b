// <review-lines>: comments on lines of a change. Numbers of lines are links (…?comment=3R12); a click opens the box in
// place, a drag or shift takes several lines. By keyboard: arrows walk the numbers, shift marks, Enter or c opens the box.
import { isWriting, make } from "../dom.js";
import { cellBelow, neighbour, pick, placeOf, rove, sibling } from "./review-picking.js";

class ReviewLines extends HTMLElement {
  connectedCallback() {
    if (this.onSwap) return;
    this.onSwap = () => rove(this);
    this.addEventListener("pointerdown", (event) => this.onDown(event));
    this.addEventListener("pointerover", (event) => this.onOver(event));
    this.addEventListener("click", (event) => this.onClick(event));
    this.addEventListener("keydown", (event) => this.onKey(event));
    this.addEventListener("htmx:afterSwap", this.onSwap);
    this.onUp = () => this.finish();
    this.onLetter = (event) => this.onComment(event);
    document.addEventListener("pointerup", this.onUp);
    document.addEventListener("keydown", this.onLetter);
    rove(this);
  }

  disconnectedCallback() {
    document.removeEventListener("pointerup", this.onUp);
    document.removeEventListener("keydown", this.onLetter);
    this.onSwap = null;
  }

  onDown(event) {
    const link = event.target.closest("a.diff-talk");
    if (!link || event.button !== 0 || event.pointerType !== "mouse" || event.shiftKey) return;
    event.preventDefault();
    this.from = this.to = link;
  }

  onOver(event) {
    this.under = event.target.closest("tr") ?? this.under;
    if (!this.from) return;
    const link = this.under && sibling(this.under, this.from);
    if (link) pick(this, this.from, (this.to = link));
  }

  finish() {
    const { from, to } = this;
    this.from = this.to = null;
    if (from && from !== to) {
      this.dragged = true;
      setTimeout(() => (this.dragged = false));
      this.open(from, to);
    }
  }

  onClick(event) {
    const cancel = event.target.closest("[data-say-cancel]");
    const suggest = event.target.closest("[data-suggest]");
    const whole = event.target.closest("[data-say-file]");
    const link = event.target.closest("a.diff-talk");
    if (event.metaKey || event.ctrlKey || !(cancel || suggest || whole || link)) return;
    event.preventDefault();
    if (cancel) this.close(cancel);
    else if (suggest) this.suggest(suggest);
    else if (whole) this.openWhole(whole);
    else if (!this.dragged) this.open(event.shiftKey && this.last ? this.last : link, link);
  }

  onKey(event) {
    const link = event.target.closest("a.diff-talk");
    if (event.key === "Escape" && isWriting(event.target)) {
      const cancel = event.target.closest(".diff-say")?.querySelector("[data-say-cancel]");
      if (cancel && !event.target.value?.trim()) this.close(cancel);
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!link || !step) return;
    event.preventDefault();
    const next = neighbour(link, step);
    if (!next) return;
    link.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
    if (event.shiftKey) pick(this, (this.last ??= link), next);
    else this.last = null;
  }

  onComment(event) {
    if (event.key !== "c" || event.metaKey || event.ctrlKey || event.altKey || isWriting(event.target)) return;
    const focused = document.activeElement?.closest?.("a.diff-talk");
    const link = focused ?? this.under?.querySelector("a.diff-talk");
    if (!link?.isConnected) return;
    event.preventDefault();
    this.open(this.last ?? link, link);
  }

  async open(from, to) {
    const [a, b] = [placeOf(from), placeOf(to)];
    if (!a || !b || a.file !== b.file || a.side !== b.side) return;
    const [first, last] = [Math.min(a.line, b.line), Math.max(a.line, b.line)];
    pick(this, from, to);
    this.last = from;
    const end = a.line > b.line ? from : to;
    const place = `${a.file}${a.side}${first === last ? last : `${first}-${last}`}`;
    await this.load(end.href, place, cellBelow(end.closest("tr"), a.side));
  }

  openWhole(link) {
    const file = link.closest(".review-file");
    link.closest("hub-menu")?.close?.();
    const fold = file.querySelector(":scope > details");
    fold.open = true;
    const holder = file.querySelector(".review-file__talk") ?? make("div", { class: "review-file__talk" });
    if (!holder.isConnected) fold.querySelector("summary").after(holder);
    return this.load(link.href, new URL(link.href).searchParams.get("comment"), holder);
  }

  async load(href, place, cell) {
    const there = this.querySelector(`[data-place="${CSS.escape(place)}"]`);
    if (!there) {
      const url = new URL(href);
      url.searchParams.set("comment", place);
      const holder = make("div", { "data-place": place });
      cell.append(holder);
      const box = make("div");
      holder.append(box);
      await window.htmx.ajax("GET", url.pathname + url.search, { target: box, swap: "outerHTML" });
      if (!holder.querySelector(".diff-say")) return holder.remove();
    }
    return this.querySelector(`[data-place="${CSS.escape(place)}"] textarea`)?.focus();
  }

  close(cancel) {
    const box = cancel.closest(".diff-say");
    const row = box.closest("tr.diff-below");
    (box.closest("[data-place]") ?? box).remove();
    if (row && ![...row.cells].some((cell) => cell.children.length)) row.remove();
    pick(this);
    this.last?.focus();
  }

  suggest(button) {
    const area = button.closest("form").querySelector("textarea");
    const text = button.dataset.suggest.replace(/\n$/, "");
    const fence = "`".repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map((match) => match[0].length + 1)));
    area.setRangeText(`${fence}suggestion\n${text}\n${fence}\n`, area.selectionStart, area.selectionEnd, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
    area.focus();
  }
}

customElements.define("review-lines", ReviewLines);
