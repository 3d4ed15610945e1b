// <hub-swipe>: two pictures side by side become one over the other, with a slider between them.

class HubSwipe extends HTMLElement {
  connectedCallback() {
    this.button = this.querySelector("button");
    this.label = this.querySelector(".swipe__label");
    this.range = this.querySelector("input");
    this.newer = this.querySelector(".swipe__side--new img");
    if (!this.button || !this.newer) return;
    this.button.hidden = false;
    this.button.addEventListener("click", () => this.swipe(this.button.getAttribute("aria-pressed") !== "true"));
    this.range.addEventListener("input", () => this.draw());
  }

  swipe(on) {
    this.button.setAttribute("aria-pressed", String(on));
    this.label.hidden = !on;
    this.classList.toggle("swipe--over", on);
    this.draw();
  }

  draw() {
    const over = this.classList.contains("swipe--over");
    this.newer.style.clipPath = over ? `inset(0 0 0 ${this.range.value}%)` : "";
  }
}

customElements.define("hub-swipe", HubSwipe);
