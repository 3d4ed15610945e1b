// <run-notes data-key="…">: keeps what is being written in this browser, so that a closed tab or a lost line loses
// nothing. A draft that differs from what is saved is offered when the page is opened again.
import { make } from "../dom.js";

const AFTER_MS = 400;
const WEEK_MS = 7 * 24 * 3600 * 1000;

class RunNotes extends HTMLElement {
  connectedCallback() {
    this.area = this.querySelector("textarea");
    if (!this.area || this.saved !== undefined) return;
    this.key = `cairn-notes:${this.dataset.key}`;
    // On a page that was answered in place of saving, what stands in the box is saved nowhere.
    this.saved = this.dataset.unsaved === undefined ? this.area.value : null;
    this.note = make("p", { class: "quiet small", role: "status" });
    this.area.after(this.note);
    if (this.saved === null) this.remember();
    else this.offer(this.recall());
    this.area.addEventListener("input", () => this.later());
    this.querySelector("form").addEventListener("submit", () => this.remember());
    this.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) this.querySelector("form").requestSubmit();
    });
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
  }

  offer(draft) {
    if (!draft || draft.text === this.saved || Date.now() - draft.at > WEEK_MS) return this.forget();
    const take = make("button", { type: "button", class: "button button--small" }, "Restore it");
    const drop = make("button", { type: "button", class: "button button--small button--quiet" }, "Discard it");
    const when = new Date(draft.at).toLocaleString();
    this.box = make("div", { class: "run-notes__draft" }, `This browser kept a draft of ${when} that was not saved. `, take, drop);
    take.addEventListener("click", () => {
      this.area.value = draft.text;
      this.box.remove();
      this.area.focus();
    });
    drop.addEventListener("click", () => {
      this.forget();
      this.box.remove();
      this.area.focus();
    });
    this.prepend(this.box);
    return undefined;
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.note.textContent = this.remember() ? "Draft kept in this browser." : "";
    }, AFTER_MS);
  }

  recall() {
    try {
      const draft = JSON.parse(localStorage.getItem(this.key));
      return typeof draft?.text === "string" && typeof draft.at === "number" ? draft : null;
    } catch {
      return null;
    }
  }

  remember() {
    clearTimeout(this.timer);
    if (this.area.value === this.saved) return this.forget();
    try {
      localStorage.setItem(this.key, JSON.stringify({ text: this.area.value, at: Date.now() }));
      return true;
    } catch {
      // Storage is switched off or full: nothing is kept.
      return false;
    }
  }

  forget() {
    try {
      localStorage.removeItem(this.key);
    } catch {
      // Storage is switched off.
    }
    return false;
  }
}

customElements.define("run-notes", RunNotes);
