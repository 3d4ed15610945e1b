// <hub-copy>: a button that copies the block of code it stands in, or the text in data-text.
import { icon, make } from "../dom.js";

const SHOWN_MS = 1600;

class HubCopy extends HTMLElement {
  connectedCallback() {
    if (this.querySelector("button")) return;
    const label = this.dataset.label ?? "Copy";
    this.button = make("button", { type: "button", class: "copy", "aria-label": label, title: label }, icon("copy"));
    this.button.addEventListener("click", () => this.copy());
    this.append(this.button);
  }

  get text() {
    const code = this.parentElement?.querySelector("code");
    return this.dataset.text ?? code?.textContent ?? "";
  }

  async copy() {
    const done = await write(this.text);
    this.show(done ? "check" : "x", done ? "Copied" : "The browser refused to copy");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.show("copy", this.dataset.label ?? "Copy"), SHOWN_MS);
  }

  show(name, label) {
    this.button.replaceChildren(icon(name));
    this.button.classList.toggle("copy--done", name === "check");
    this.button.setAttribute("aria-label", label);
    this.button.title = label;
  }
}

/** Over plain http the clipboard API is missing: fall back to a selected text area. */
async function write(text) {
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return false;
    }
  }
  const area = make("textarea", { class: "unseen", "aria-hidden": "true", tabindex: "-1" });
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}

customElements.define("hub-copy", HubCopy);
