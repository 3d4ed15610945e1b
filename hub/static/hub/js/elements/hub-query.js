// <hub-query>: in its text box, Ctrl or ⌘ and Enter send the form.

class HubQuery extends HTMLElement {
  connectedCallback() {
    if (this.bound) return;
    this.bound = true;
    this.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      event.target.form?.requestSubmit();
    });
  }
}

customElements.define("hub-query", HubQuery);
