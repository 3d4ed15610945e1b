// <hub-confirm data-expects="name">: its form can be sent only when the name has been typed. The server checks it too.

class HubConfirm extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input:not([type=hidden])");
    this.button = this.querySelector("button");
    if (!this.input || !this.button) return;
    this.input.addEventListener("input", () => this.weigh());
    this.weigh();
  }

  weigh() {
    this.button.disabled = this.input.value.trim() !== this.dataset.expects;
  }
}

customElements.define("hub-confirm", HubConfirm);
