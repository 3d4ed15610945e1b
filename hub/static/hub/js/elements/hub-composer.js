// <hub-composer data-home="…/composer" data-draft="…" data-topic="12">: a box for Markdown with tabs to write and to look,
// tools, completion of @people and #numbers, and a draft kept in this browser until it is sent.
import { icon, make } from "../dom.js";
import { Completion } from "./hub-composer-completion.js";
import { tools } from "./hub-composer-tools.js";

const AFTER_MS = 400;
const KEPT_MS = 30 * 24 * 3600 * 1000;

class HubComposer extends HTMLElement {
  connectedCallback() {
    this.area = this.querySelector("textarea");
    if (!this.area || this.bar) return;
    this.form = this.closest("form");
    this.drawBar();
    this.key = this.dataset.draft && `cairn-draft:${this.dataset.draft}`;
    this.first = this.area.value;
    if (this.key) this.recall();
    new Completion(this, this.area);
    this.area.addEventListener("input", () => this.later());
    this.area.addEventListener("keydown", (event) => this.onKey(event));
    this.form?.addEventListener("htmx:afterRequest", (event) => this.onAnswer(event));
    // Sent by the browser itself the page goes: what was sent is no draft any more. HTMX says when it has arrived.
    this.form?.addEventListener("submit", () => this.remember(!this.form.hasAttribute("hx-post")));
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
  }

  drawBar() {
    this.write = make("button", { type: "button", class: "composer__tab", "aria-pressed": "true" }, "Write");
    this.look = make("button", { type: "button", class: "composer__tab", "aria-pressed": "false" }, "Preview");
    this.tools = tools(this.area);
    this.bar = make("div", { class: "composer__bar" }, make("div", { class: "composer__tabs" }, this.write, this.look), this.tools);
    this.shown = make("div", { class: "composer__preview", hidden: true, "aria-live": "polite" });
    this.note = make("p", { class: "composer__note", role: "status" });
    this.prepend(this.bar);
    this.area.after(this.shown, this.note);
    this.write.addEventListener("click", () => this.show(false));
    this.look.addEventListener("click", () => this.show(true));
  }

  async show(preview) {
    this.write.setAttribute("aria-pressed", String(!preview));
    this.look.setAttribute("aria-pressed", String(preview));
    this.area.hidden = this.tools.hidden = preview;
    this.shown.hidden = !preview;
    if (!preview) return this.area.focus();
    // The same height, so that nothing jumps.
    const body = new URLSearchParams({ body: this.area.value });
    this.shown.replaceChildren(make("p", { class: "quiet" }, icon("loader-circle"), " Drawing …"));
    try {
      const headers = { "HX-Request": "true", ...JSON.parse(document.body.getAttribute("hx-headers") ?? "{}") };
      const answer = await fetch(`${this.dataset.home}/preview`, { method: "POST", body, headers });
      const text = await answer.text();
      if (!answer.ok) throw new Error(answer.headers.get("Content-Type")?.startsWith("text/plain") ? text : "");
      // The server's sanitiser made this HTML; it is the same that the page will show.
      this.shown.replaceChildren(document.createRange().createContextualFragment(text));
    } catch (error) {
      this.shown.replaceChildren(make("p", { class: "quiet" }, error.message || "The hub did not answer. Your text is kept."));
    }
    return undefined;
  }

  onKey(event) {
    if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) {
      event.preventDefault();
      // The plain button, not the one that also closes.
      this.form?.requestSubmit(this.form.querySelector("button.button--primary"));
    }
  }

  onAnswer(event) {
    if (event.detail.elt !== this.form || !event.detail.successful) return;
    this.area.value = this.first = "";
    this.forget();
    this.note.textContent = "";
    this.show(false);
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.remember(), AFTER_MS);
  }

  recall() {
    let kept = null;
    try {
      kept = JSON.parse(localStorage.getItem(this.key));
    } catch {
      return;
    }
    if (this.dataset.unsaved !== undefined || typeof kept?.text !== "string") return;
    if (kept.sent || Date.now() - kept.at > KEPT_MS) return this.forget();
    if (this.area.value.trim() && this.area.value !== kept.text) return;
    this.area.value = kept.text;
    const drop = make("button", { type: "button", class: "button button--quiet button--small" }, "Discard it");
    drop.addEventListener("click", () => {
      this.area.value = this.first;
      this.forget();
      this.note.replaceChildren();
      this.area.focus();
    });
    this.note.replaceChildren("Your draft, kept in this browser. ", drop);
  }

  remember(sent = false) {
    clearTimeout(this.timer);
    if (!this.key) return;
    if (this.area.value === this.first || !this.area.value.trim()) return this.forget();
    try {
      localStorage.setItem(this.key, JSON.stringify({ text: this.area.value, at: Date.now(), sent }));
    } catch {
      // Storage is switched off or full: nothing is kept.
    }
  }

  forget() {
    try {
      localStorage.removeItem(this.key);
    } catch {
      // Storage is switched off.
    }
  }
}

customElements.define("hub-composer", HubComposer);
