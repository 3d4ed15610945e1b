// <hub-menu>: a <details> that behaves as a menu: Escape and a click elsewhere close it, arrows move inside.

class HubMenu extends HTMLElement {
  connectedCallback() {
    this.addEventListener("keydown", (event) => this.onKey(event));
    this.addEventListener("focusout", (event) => {
      const to = event.relatedTarget;
      // A press on words inside of the menu moves the focus to what lies around it.
      if (to && !this.contains(to) && !to.contains(this)) this.close();
    });
    this.onOutside = (event) => {
      if (!this.contains(event.target)) this.close();
    };
    document.addEventListener("pointerdown", this.onOutside);
  }

  disconnectedCallback() {
    document.removeEventListener("pointerdown", this.onOutside);
  }

  get details() {
    return this.querySelector("details");
  }

  get items() {
    return [...this.querySelectorAll(".menu :is(a, button, input):not([type=hidden], :disabled)")].filter(
      (item) => item.offsetParent !== null,
    );
  }

  close({ focus = false } = {}) {
    if (!this.details?.open) return;
    this.details.open = false;
    if (focus) this.querySelector("summary")?.focus();
  }

  onKey(event) {
    if (event.key === "Escape" && this.details?.open) {
      event.stopPropagation();
      this.close({ focus: true });
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      this.move(event.key === "ArrowDown" ? 1 : -1);
    }
  }

  move(step) {
    this.details.open = true;
    const items = this.items;
    const at = items.indexOf(document.activeElement);
    const next = at < 0 ? (step > 0 ? 0 : items.length - 1) : (at + step + items.length) % items.length;
    items[next]?.focus();
  }
}

customElements.define("hub-menu", HubMenu);
