// <hub-bell data-url data-seen>: asks, once the page stands, how much is unread and how one stands to the repository
// that is open; tells the page by the event hub:here. A notice about this very page is marked as read.
import { csrf } from "../dom.js";

const AGAIN_MS = 60_000;

class HubBell extends HTMLElement {
  connectedCallback() {
    this.back = () => !document.hidden && Date.now() - this.asked > AGAIN_MS && this.ask();
    this.changed = () => this.ask();
    document.addEventListener("visibilitychange", this.back);
    document.body.addEventListener("hub:inbox", this.changed);
    this.ask();
  }

  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this.back);
    document.body.removeEventListener("hub:inbox", this.changed);
  }

  async ask() {
    this.asked = Date.now();
    const path = encodeURIComponent(location.pathname);
    const told = await this.call(`${this.dataset.url}?path=${path}`);
    if (!told) return;
    this.show(told.unread, told.most);
    document.dispatchEvent(new CustomEvent("hub:here", { detail: told }));
    if (told.here) {
      const body = new URLSearchParams({ path: location.pathname });
      const after = await this.call(this.dataset.seen, { method: "POST", body });
      if (after) this.show(after.unread, told.most);
    }
  }

  /** What the hub answers, or null: a bell that cannot ask says nothing. */
  async call(url, options = {}) {
    const headers = { Accept: "application/json", ...(options.method ? { "X-CSRFToken": csrf() } : {}) };
    try {
      const answer = await fetch(url, { ...options, headers });
      return answer.ok && !answer.redirected ? await answer.json() : null;
    } catch {
      return null;
    }
  }

  show(unread, most) {
    const count = this.querySelector(".bell__count");
    const words = unread >= most ? `${most - 1}+` : String(unread);
    count.textContent = words;
    count.hidden = unread === 0;
    this.querySelector("a").setAttribute("aria-label", unread ? `Notifications: ${words} unread` : "Notifications");
  }
}

customElements.define("hub-bell", HubBell);
