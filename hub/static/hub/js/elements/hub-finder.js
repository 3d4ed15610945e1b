// <hub-finder>: a search field and the list it fills: arrows walk the list, Enter opens what is reached, or the first.

class HubFinder extends HTMLElement {
  connectedCallback() {
    if (this.input) return;
    this.input = this.querySelector("input[type=search]");
    this.addEventListener("keydown", (event) => this.onKey(event));
  }

  get links() {
    return [...this.querySelectorAll(".row__link")];
  }

  onKey(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      this.walk(step);
    } else if (event.key === "Enter" && event.target === this.input && this.links.length && this.input.value) {
      event.preventDefault();
      this.links[0].click();
    }
  }

  walk(step) {
    const links = this.links;
    const at = links.indexOf(document.activeElement);
    if (at + step < 0) this.input.focus();
    else links[Math.min(at + step, links.length - 1)]?.focus();
  }
}

customElements.define("hub-finder", HubFinder);
