// <prompt-rows data-most="20">: rows of values for a prompt; adds and removes rows. Without it one pastes CSV.
class PromptRows extends HTMLElement {
  connectedCallback() {
    this.more = document.createElement("button");
    this.more.type = "button";
    this.more.className = "button button--small";
    this.more.textContent = "Add a row";
    this.more.addEventListener("click", () => this.add());
    this.nextElementSibling.append(this.more);
    this.rows.forEach((row) => this.equip(row));
    this.tell();
  }

  disconnectedCallback() {
    this.more?.remove();
  }

  get rows() {
    return [...this.querySelectorAll(":scope > .playground-row")];
  }

  add() {
    const row = this.rows.at(-1).cloneNode(true);
    row.querySelector(".playground-row__end").replaceChildren();
    row.querySelectorAll("textarea").forEach((field) => (field.value = ""));
    this.append(row);
    this.equip(row);
    this.tell();
    row.querySelector("textarea").focus();
  }

  equip(row) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button--small button--quiet";
    button.textContent = "Remove";
    button.addEventListener("click", () => this.drop(row));
    row.querySelector(".playground-row__end").append(button);
  }

  drop(row) {
    const rows = this.rows;
    const next = rows[rows.indexOf(row) + 1] ?? rows[rows.indexOf(row) - 1];
    row.remove();
    this.tell();
    next.querySelector("textarea").focus();
  }

  tell() {
    const rows = this.rows;
    rows.forEach((row, at) => {
      row.setAttribute("aria-label", `Row ${at + 1}`);
      const button = row.querySelector(".playground-row__end button");
      button.setAttribute("aria-label", `Remove row ${at + 1}`);
      button.hidden = rows.length === 1;
    });
    this.more.disabled = rows.length >= Number(this.dataset.most);
  }
}

customElements.define("prompt-rows", PromptRows);
