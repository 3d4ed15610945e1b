// <talk-marks data-path="…" data-form="…?path=…">: parts of changed data that can be talked about. What the server marked
// with data-talk-cell, -row, -inner (a file of a directory) or -region gets a button, unless data-form is missing; threads
// of the file (data-talk-at: their place) move to what they are about. Without scripts they stand in a list below.
import { icon, make } from "../dom.js";
import { drawRegion, showRegion } from "../regions.js";

const MARKED = "[data-talk-cell], [data-talk-row], [data-talk-inner], [data-talk-region]";
const USUAL = { x: 0.25, y: 0.25, w: 0.5, h: 0.5 };

class TalkMarks extends HTMLElement {
  connectedCallback() {
    this.file ??= this.closest(".review-file") ?? this;
    this.seen ??= new MutationObserver(() => this.later());
    this.seen.observe(this, { childList: true, subtree: true });
    if (!this.onClick) {
      this.onClick = (event) => this.click(event);
      this.addEventListener("click", this.onClick);
    }
    this.arrange(); // At once, so that nothing moves after it was seen.
  }

  disconnectedCallback() {
    this.seen.disconnect();
  }

  /** Data is loaded when it comes into view: look again, once for many changes. */
  later() {
    this.waiting ??= requestAnimationFrame(() => {
      this.waiting = null;
      if (this.isConnected) this.arrange();
    });
  }

  arrange() {
    for (const marked of this.querySelectorAll(MARKED)) if (this.dataset.form) this.offer(marked);
    for (const thread of this.file.querySelectorAll(".thread[data-talk-at]")) this.put(thread);
    const rest = [...this.file.querySelectorAll(":scope > details > .review-file__talk")].at(-1);
    if (rest && !rest.querySelector(".thread, .diff-say")) rest.hidden = true;
  }

  /** Put a button on a part, where it has none. */
  offer(marked) {
    if (marked.dataset.talkReady) return;
    marked.dataset.talkReady = "1";
    const { talkCell, talkNumber, talkRow, talkInner } = marked.dataset;
    const what = talkCell ? `cell ${talkNumber ?? talkCell}` : (talkRow ?? talkInner);
    const button = make("button", { class: "button button--small button--quiet mark-add", type: "button", "aria-label": `Comment on ${what ?? "a region"}`, title: "Comment" }, icon("message-square-plus"));
    if (what === undefined) {
      button.append(" Comment on a region");
      button.title = "Draw it on the picture; by keyboard it is given in numbers";
      return marked.querySelector("figcaption").append(" ", button);
    }
    return (talkCell ? marked.querySelector(".cell-change__head") : marked.querySelector("th")).append(button);
  }

  /** What a thread is about, if that is shown. */
  marked(at) {
    const files = [...this.querySelectorAll("[data-talk-file]")];
    const fits = (item) => at.file === undefined || at.file === item.dataset.talkFile || at.file.startsWith(`${item.dataset.talkFile}/`);
    for (const item of files.filter(fits)) {
      const found = [...item.querySelectorAll(MARKED)].find(({ dataset }) => {
        if (at.cell !== undefined) return dataset.talkCell === at.cell;
        if (at.row !== undefined) return dataset.talkRow === at.row;
        if (at.w !== undefined) return dataset.talkRegion !== undefined;
        return dataset.talkInner !== undefined && `${item.dataset.talkFile}/${dataset.talkInner}` === at.file;
      });
      if (found) return found;
    }
    return null;
  }

  put(thread) {
    const at = JSON.parse(thread.dataset.talkAt);
    const marked = this.marked(at);
    if (!marked) return;
    const holder = this.holder(marked);
    if (thread.parentElement !== holder) holder.append(thread);
    const image = at.w !== undefined && marked.querySelector("img");
    if (image && !this.querySelector(`a.mark-region-box[href="#${thread.id}"]`)) {
      showRegion(image, at, `#${thread.id}`, "What was said about this region");
    }
  }

  /** Where talk about a part stands: a row below a row, else below the part. */
  holder(marked) {
    const there = this.below?.get(marked);
    if (there?.isConnected) return there;
    let holder = make("div", { class: "mark-below" });
    if (marked.tagName === "TR") {
      const cell = make("td", { colspan: marked.cells.length }, holder);
      marked.after(make("tr", { class: "mark-below-row" }, cell));
    } else if (marked.dataset.talkRegion === undefined) marked.append(holder);
    else (marked.closest("hub-swipe") ?? marked).after(holder);
    this.below ??= new WeakMap();
    this.below.set(marked, holder);
    return holder;
  }

  async click(event) {
    const button = event.target.closest(".mark-add");
    if (!button) return;
    const marked = button.closest(MARKED);
    const region = marked.dataset.talkRegion === undefined ? null : await this.region(marked, event);
    if (region !== undefined) this.open(marked, region);
  }

  /** The region to talk about; undefined when it was given up. A key presses with no pointer: then numbers are asked. */
  async region(marked, event) {
    if (event.detail === 0) return USUAL;
    marked.querySelector(".mark-hint")?.remove();
    const hint = make("span", { class: "mark-hint", role: "status" }, "Draw a region on the picture.");
    marked.querySelector("figcaption").append(" ", hint);
    const drawn = await drawRegion(marked.querySelector("img"));
    hint.remove();
    return drawn ?? undefined;
  }

  async open(marked, region) {
    const url = new URL(this.dataset.form, location.href);
    const item = marked.closest("[data-talk-file]")?.dataset.talkFile ?? this.dataset.path;
    const { talkCell, talkNumber, talkRow, talkInner, talkRegion } = marked.dataset;
    const file = talkInner === undefined ? item : `${item}/${talkInner}`;
    if (file !== this.dataset.path) url.searchParams.set("file", file);
    const words = { cell: talkCell, number: talkNumber, row: talkRow, side: region && talkRegion };
    for (const [word, value] of Object.entries(words)) if (value) url.searchParams.set(word, value);
    for (const [side, value] of Object.entries(region ?? {})) url.searchParams.set(side, (value * 100).toFixed(2));
    const holder = this.holder(marked);
    holder.querySelector(".diff-say")?.remove();
    const box = make("div");
    holder.append(box);
    await window.htmx.ajax("GET", url.pathname + url.search, { target: box, swap: "outerHTML" });
    holder.querySelector("textarea")?.focus();
  }
}

customElements.define("talk-marks", TalkMarks);
