// <hub-marks>: the star and the watch of a repository's head show how one stands to it, and change without a new page.
import { csrf } from "../dom.js";

class HubMarks extends HTMLElement {
  connectedCallback() {
    this.here = (event) => this.show(event.detail);
    document.addEventListener("hub:here", this.here);
    this.addEventListener("submit", (event) => this.send(event));
  }

  disconnectedCallback() {
    document.removeEventListener("hub:here", this.here);
  }

  show({ starred, watch }) {
    if (typeof starred === "boolean") {
      const button = this.querySelector("[data-star] button");
      button.setAttribute("aria-pressed", String(starred));
      button.title = starred ? "You star this" : "Mark this to find it again";
    }
    if (typeof watch !== "string") return;
    for (const item of this.querySelectorAll(".menu__item")) {
      const chosen = (item.dataset.level ?? item.value) === watch;
      if (chosen) item.setAttribute("aria-current", "true");
      else item.removeAttribute("aria-current");
    }
  }

  async send(event) {
    const form = event.target;
    const body = new FormData(form, event.submitter);
    if ("star" in form.dataset) {
      const pressed = form.querySelector("button").getAttribute("aria-pressed");
      // Not known yet: the server turns what is there.
      if (pressed) body.set("on", pressed === "true" ? "0" : "1");
    }
    event.preventDefault();
    try {
      const headers = { Accept: "application/json", "X-CSRFToken": csrf() };
      const answer = await fetch(form.action, { method: "POST", headers, body });
      const told = await answer.json();
      if (!answer.ok) throw new Error(told.message);
      this.show(told);
      this.count(told.count);
      form.closest("details")?.removeAttribute("open");
    } catch (error) {
      const text = `${error.message || "The hub did not answer."} Nothing was changed.`;
      document.body.dispatchEvent(new CustomEvent("hub:toast", { detail: { kind: "bad", text } }));
    }
  }

  count(value) {
    if (typeof value !== "number") return;
    const link = this.querySelector("[data-star] .marks__count");
    link.textContent = String(value);
    link.setAttribute("aria-label", `Stars: ${value}`);
  }
}

customElements.define("hub-marks", HubMarks);
