// <run-log data-src="/…" data-follows>: a log that stands at its end, wraps long lines on demand and takes in what is
// added while the run goes on. It asks less and less often while nothing comes, and not at all while nobody looks.
import { make } from "../dom.js";

const SOON_MS = 2_000;
const LATE_MS = 30_000;
const MOST_LINES = 5_000;
const NEAR_PX = 40;

class RunLog extends HTMLElement {
  connectedCallback() {
    this.box = this.querySelector(".run-log__lines");
    if (!this.box || this.wrap) return;
    this.addTools();
    if (!location.hash) {
      this.toEnd();
      this.code.lastElementChild?.scrollIntoView({ block: "nearest" });
    }
    this.onHash = () => this.mark();
    window.addEventListener("hashchange", this.onHash);
    this.mark();
    this.wait = SOON_MS;
    if (this.dataset.follows !== undefined) this.later();
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
    window.removeEventListener("hashchange", this.onHash);
  }

  addTools() {
    const tools = this.querySelector(".run-log__tools");
    this.wrap = make("input", { type: "checkbox" });
    this.wrap.addEventListener("change", () => this.classList.toggle("run-log--wrapped", this.wrap.checked));
    tools.append(make("label", { class: "run-log__tool" }, this.wrap, "Wrap lines"));
    if (this.dataset.follows === undefined) return;
    this.follow = make("input", { type: "checkbox", checked: true });
    this.follow.addEventListener("change", () => {
      clearTimeout(this.timer);
      this.wait = SOON_MS;
      if (this.follow.checked) this.look();
      this.say();
    });
    tools.append(make("label", { class: "run-log__tool" }, this.follow, "Follow"));
    this.say();
  }

  say(words) {
    const state = this.querySelector(".run-log__state");
    if (state) state.textContent = words ?? (this.follow.checked ? "Following the run." : "Not following.");
  }

  get code() {
    return this.box.querySelector("code");
  }

  toEnd() {
    this.box.scrollTop = this.box.scrollHeight;
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.look(), this.wait);
  }

  async look() {
    let done = false;
    if (!document.hidden) {
      const part = await this.ask();
      const grown = part ? this.take(part) : false;
      done = part !== null && part.dataset.done !== undefined && part.dataset.more === undefined;
      this.wait = grown ? SOON_MS : Math.min(this.wait * 1.5, LATE_MS);
    }
    if (done) this.say("The run has ended: this is all.");
    else if (this.isConnected && this.follow.checked) this.later();
  }

  async ask() {
    const { next, seen, line } = this.code.dataset;
    try {
      const answer = await fetch(`${this.dataset.src}?${new URLSearchParams({ after: next, seen, line })}`);
      if (!answer.ok) return null;
      // The lines are safe HTML of the server's own making; a document made so runs nothing and loads nothing.
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      return page.querySelector("code");
    } catch {
      return null;
    }
  }

  /** Put lines below those shown; the last of those is replaced when it had not ended. Says whether anything came. */
  take(part) {
    const code = this.code;
    const again = part.dataset.again !== undefined;
    const shown = code.dataset.open === undefined ? undefined : code.lastElementChild?.textContent;
    const same = part.dataset.next === code.dataset.next && shown === part.lastElementChild?.textContent;
    if (same && !again) return false;
    const atEnd = this.box.scrollTop + this.box.clientHeight >= this.box.scrollHeight - NEAR_PX;
    if (again) code.replaceChildren();
    else if (code.dataset.open !== undefined) code.lastElementChild.remove();
    code.append(...part.children);
    for (const name of ["next", "seen", "line"]) code.dataset[name] = part.dataset[name];
    if (part.dataset.open !== undefined) code.dataset.open = "";
    else delete code.dataset.open;
    while (code.childElementCount > MOST_LINES) code.firstElementChild.remove();
    if (atEnd) this.toEnd();
    return true;
  }

  /** #L12 shows that line. */
  mark() {
    for (const line of this.querySelectorAll(".is-marked")) line.classList.remove("is-marked");
    const line = /^#L\d+$/.test(location.hash) ? document.getElementById(location.hash.slice(1)) : null;
    line?.classList.add("is-marked");
    line?.scrollIntoView({ block: "center" });
  }
}

customElements.define("run-log", RunLog);
