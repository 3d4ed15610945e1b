// <report-editor data-field="id">: puts blocks where the cursor stands, shows the preview on Ctrl + Enter, and asks
// before a page with unsaved text is left.

class ReportEditor extends HTMLElement {
  connectedCallback() {
    this.field = document.getElementById(this.dataset.field);
    this.start = this.field.value;
    for (const button of this.querySelectorAll("[data-insert]")) {
      button.hidden = false;
      button.addEventListener("click", () => this.insert(button.closest(".report-sample").querySelector("code").textContent));
    }
    this.field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      this.querySelector("[hx-post]").click();
    });
    this.onLeave = (event) => {
      if (!this.sent && this.field.value !== this.start) event.preventDefault();
    };
    this.field.form.addEventListener("submit", () => (this.sent = true));
    addEventListener("beforeunload", this.onLeave);
  }

  disconnectedCallback() {
    removeEventListener("beforeunload", this.onLeave);
  }

  /** A block needs an empty line before and behind it, whatever stands there. */
  insert(text) {
    const { selectionStart: at, value } = this.field;
    const before = value.slice(0, at).replace(/\n*$/, at ? "\n\n" : "");
    const after = value.slice(at).replace(/^\n*/, "\n");
    this.field.value = before + text + after;
    const spot = before.length + text.length;
    this.field.focus();
    this.field.setSelectionRange(spot, spot);
    this.querySelector(".report-samples").open = false;
  }
}

customElements.define("report-editor", ReportEditor);
