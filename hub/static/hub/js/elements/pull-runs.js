// <pull-runs>: the choice of two runs to compare takes effect at once; without scripts a button sends it.

class PullRuns extends HTMLElement {
  connectedCallback() {
    const form = this.querySelector("form");
    if (!form || this.ready) return;
    this.ready = true;
    form.querySelector("button").hidden = true;
    form.addEventListener("change", () => form.requestSubmit());
  }
}

customElements.define("pull-runs", PullRuns);
