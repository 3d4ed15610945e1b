// <hub-toasts>: tells in the corner what happened after the page was drawn. Servers send it with the header
// HX-Trigger: {"hub:toast": {"kind": "good", "text": "…"}}; requests of htmx that fail are told by themselves.
import { icon, make } from "../dom.js";

const ICONS = { good: "circle-check", warn: "triangle-alert", bad: "octagon-alert", info: "info" };
const SHOWN_MS = 6000;

class HubToasts extends HTMLElement {
  connectedCallback() {
    document.body.addEventListener("hub:toast", (event) => this.tell(event.detail.kind, event.detail.text));
    document.body.addEventListener("htmx:responseError", (event) => this.tell("bad", reason(event.detail.xhr)));
    document.body.addEventListener("htmx:sendError", () => {
      this.tell("bad", "The hub did not answer. Nothing was changed; check the connection and do it again.");
    });
  }

  tell(kind, text) {
    const close = make("button", { type: "button", class: "copy", "aria-label": "Close" }, icon("x"));
    const body = make("div", { class: "callout__body" }, String(text ?? ""));
    const toast = make("div", { class: `toast callout callout--${kind in ICONS ? kind : "info"}` });
    toast.append(icon(ICONS[kind] ?? ICONS.info), body, close);
    close.addEventListener("click", () => toast.remove());
    this.append(toast);
    if (kind !== "bad") setTimeout(() => toast.remove(), SHOWN_MS);
  }
}

function reason(xhr) {
  if (xhr.getResponseHeader("Content-Type")?.startsWith("text/plain") && xhr.responseText.length < 500) {
    return xhr.responseText;
  }
  if (xhr.status === 401) return "You have been signed out. Sign in and do it again; nothing was changed.";
  if (xhr.status === 403) return "You may not do this here. Nothing was changed.";
  if (xhr.status === 404) return "This is not there any more. Load the page again to see what is.";
  return `The hub answered ${xhr.status}. Load the page again to see what was kept.`;
}

customElements.define("hub-toasts", HubToasts);
