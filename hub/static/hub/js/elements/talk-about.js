// <talk-about data-count>: the talk about what a page shows, inside the fold it was fetched into. Says how much there is,
// unfolds for a link into it, marks the lines that are talked about, and takes a marked line as the place of a new one.
import { icon, make } from "../dom.js";
import { areas } from "./talk-area.js";

const LINES = /^#L(\d+)(?:-L(\d+))?$/;

class TalkAbout extends HTMLElement {
  connectedCallback() {
    this.fold = this.closest("details.talk");
    this.marks = [];
    const count = this.fold?.querySelector(".talk__count");
    if (count) {
      count.textContent = this.dataset.count;
      count.hidden = this.dataset.count === "0";
      if (this.dataset.count !== "0") this.fold.open = true;
    }
    this.onHash = () => this.follow();
    // A click on a line's number changes the address without an event; it has happened when this runs.
    this.onClick = (event) => event.target.closest?.("hub-lines") && setTimeout(this.onHash);
    addEventListener("hashchange", this.onHash);
    document.addEventListener("click", this.onClick);
    for (const thread of this.querySelectorAll("[data-line]")) this.mark(thread);
    this.stopAreas = areas(this);
    this.follow();
    const thread = /^#(thread|comment)-\d+$/.test(location.hash) && document.getElementById(location.hash.slice(1));
    if (thread) thread.scrollIntoView({ block: "center" });
  }

  disconnectedCallback() {
    removeEventListener("hashchange", this.onHash);
    document.removeEventListener("click", this.onClick);
    for (const mark of this.marks) mark.remove();
    this.stopAreas();
    this.offer?.remove();
  }

  /** A link from a line to what is said about it. */
  mark(thread) {
    const line = document.getElementById(`L${thread.dataset.line}`);
    if (!line) return;
    const words = `Talk on line ${thread.dataset.line}`;
    const link = make("a", { class: "talk-mark", href: `#thread-${thread.dataset.thread}`, "aria-label": words }, icon("message-square"));
    link.addEventListener("click", () => this.fold && (this.fold.open = true));
    line.append(link);
    this.marks.push(link);
  }

  /** The lines that are marked can be talked about: a button beside the last of them. */
  follow() {
    this.offer?.remove();
    const found = LINES.exec(location.hash);
    const where = this.querySelector("input[name=where]");
    if (!found || !where) return;
    const [first, last] = [Number(found[1]), Number(found[2] ?? found[1])];
    const line = document.getElementById(`L${last}`);
    if (!line) return;
    const words = first === last ? `line ${first}` : `lines ${first}-${last}`;
    this.offer = make("button", { type: "button", class: "talk-mark", "aria-label": `Talk about ${words}` }, icon("plus"), "Talk");
    this.offer.addEventListener("click", (event) => {
      event.stopPropagation();
      if (this.fold) this.fold.open = true;
      where.value = words;
      const area = this.querySelector("form.talk__begin textarea");
      area.scrollIntoView({ block: "center" });
      area.focus();
    });
    line.append(this.offer);
  }
}

customElements.define("talk-about", TalkAbout);
