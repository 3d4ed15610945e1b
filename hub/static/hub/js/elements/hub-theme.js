// <hub-theme>: changes between light, dark and the system's choice at once; the server remembers it.

class HubTheme extends HTMLElement {
  connectedCallback() {
    this.addEventListener("submit", (event) => this.onSubmit(event));
  }

  async onSubmit(event) {
    const choice = event.submitter?.value;
    if (!choice) return;
    event.preventDefault();
    this.show(choice);
    const body = new FormData(event.target, event.submitter);
    await fetch(event.target.action, { method: "POST", body, headers: { "HX-Request": "true" } });
  }

  show(choice) {
    const root = document.documentElement;
    if (choice === "system") delete root.dataset.theme;
    else root.dataset.theme = choice;
    const meta = document.querySelector('meta[name="color-scheme"]');
    if (meta) meta.content = choice === "system" ? "light dark" : choice;
    for (const button of document.querySelectorAll("hub-theme button")) {
      button.setAttribute("aria-pressed", String(button.value === choice));
    }
    document.dispatchEvent(new CustomEvent("hub:theme"));
  }
}

customElements.define("hub-theme", HubTheme);
