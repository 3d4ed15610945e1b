// <inbox-list>: keys of the inbox. x chooses the row that is reached, e puts away, m mutes, u and r mark unread and read:
// the chosen rows, or the one that is reached. A box in the head chooses all of the page.
import { isWriting } from "../dom.js";

const ACTIONS = { e: "done", u: "unread", r: "read", m: "mute", s: "save" };

class InboxList extends HTMLElement {
  connectedCallback() {
    this.listener = (event) => this.onKey(event);
    document.addEventListener("keydown", this.listener);
    this.all = this.querySelector("[data-all]");
    if (this.all) {
      this.all.hidden = false;
      this.all.addEventListener("change", () => this.boxes.forEach((box) => (box.checked = this.all.checked)));
    }
    // The list was drawn anew after something was done: the bell counts again.
    if (InboxList.drawn) document.body.dispatchEvent(new CustomEvent("hub:inbox"));
    InboxList.drawn = true;
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.listener);
  }

  get boxes() {
    return [...this.querySelectorAll("input[name=notice]")];
  }

  get reached() {
    return this.querySelector("[data-row].is-reached input[name=notice]");
  }

  onKey(event) {
    const plain = !event.defaultPrevented && !event.altKey && !event.metaKey && !event.ctrlKey;
    const boxed = event.target instanceof HTMLInputElement && event.target.type === "checkbox";
    if (!plain || (isWriting(event.target) && !boxed) || document.querySelector("hub-shortcuts")?.going) return;
    if (event.key === "x" && this.reached) {
      event.preventDefault();
      this.reached.checked = !this.reached.checked;
      return;
    }
    const button = this.querySelector(`button[name=action][value=${ACTIONS[event.key] ?? "none"}]`);
    if (!button) return;
    if (!this.boxes.some((box) => box.checked) && this.reached) this.reached.checked = true;
    if (!this.boxes.some((box) => box.checked)) return;
    event.preventDefault();
    button.click();
  }
}

customElements.define("inbox-list", InboxList);
