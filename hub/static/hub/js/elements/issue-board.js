// <issue-board>: cards move between columns by the pointer, or by keys: space takes one up, arrows move it, space puts it
// down, Escape puts it back. The server says what became of it and draws the columns anew; without this, menus do the same.

class IssueBoard extends HTMLElement {
  connectedCallback() {
    if (this.bound) return;
    this.bound = true;
    const grips = this.querySelectorAll("[data-grip]");
    if (grips.length === 0) return;
    for (const grip of grips) grip.hidden = false;
    for (const card of this.cards) card.draggable = true;
    this.addEventListener("dragstart", (event) => this.take(event.target.closest?.("[data-card]"), event));
    this.addEventListener("dragover", (event) => this.over(event));
    this.addEventListener("drop", (event) => {
      event.preventDefault();
      this.dropped = true;
    });
    this.addEventListener("dragend", () => (this.dropped ? this.put() : this.back()));
    this.addEventListener("keydown", (event) => this.onKey(event));
  }

  get cards() {
    return [...this.querySelectorAll("[data-card]")];
  }

  get lists() {
    return [...this.querySelectorAll("[data-cards]")];
  }

  tell(words) {
    this.querySelector("[data-told]").textContent = words;
  }

  take(card, event) {
    if (!card) return;
    this.card = card;
    this.home = { list: card.parentElement, next: card.nextElementSibling };
    this.dropped = false;
    card.classList.add("is-taken");
    if (event?.dataTransfer) {
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", card.dataset.card);
    }
  }

  over(event) {
    const list = event.target.closest?.("[data-column]")?.querySelector("[data-cards]");
    if (!this.card || !list) return;
    event.preventDefault();
    const below = [...list.children].find((other) => {
      const box = other.getBoundingClientRect();
      return other !== this.card && event.clientY < box.top + box.height / 2;
    });
    if (below !== this.card.nextElementSibling || list !== this.card.parentElement) list.insertBefore(this.card, below ?? null);
  }

  onKey(event) {
    const grip = event.target.closest?.("[data-grip]");
    if (!grip) return;
    if (!this.card) {
      if (event.key !== " " && event.key !== "Enter") return;
      event.preventDefault();
      this.take(grip.closest("[data-card]"));
      return this.tell(`Taken up. ${this.place()}`);
    }
    const steps = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
    if (event.key in steps) this.step(...steps[event.key]);
    else if (event.key === " " || event.key === "Enter") this.put();
    else if (event.key === "Escape" || event.key === "Tab") this.back();
    else return;
    if (event.key === "Tab") return;
    event.preventDefault();
    grip.focus(); // What moves in the page loses it.
  }

  step(across, down) {
    const lists = this.lists;
    const at = lists.indexOf(this.card.parentElement);
    const list = lists[at + across];
    if (!list) return;
    const others = [...list.children].filter((each) => each !== this.card);
    const row = [...this.card.parentElement.children].indexOf(this.card);
    list.insertBefore(this.card, others[Math.max(0, row + down)] ?? null);
    this.card.scrollIntoView({ block: "nearest", inline: "nearest" });
    this.tell(this.place());
  }

  place() {
    const list = this.card.parentElement;
    const name = list.closest("[data-column]").querySelector("h2").textContent;
    return `${name}, place ${[...list.children].indexOf(this.card) + 1} of ${list.children.length}`;
  }

  back() {
    const { card, home } = this;
    if (!card) return;
    this.card = null;
    card.classList.remove("is-taken");
    home.list.insertBefore(card, home.next);
    this.tell("Put back where it was.");
  }

  async put() {
    const { card, home } = this;
    if (!card) return;
    const { nextElementSibling: next, parentElement: list } = card;
    card.classList.remove("is-taken");
    if (list === home.list && next === home.next) {
      this.card = null;
      return this.tell("Put down where it was.");
    }
    const words = this.place();
    const form = card.querySelector("form");
    const body = new FormData(form);
    body.set("column", list.closest("[data-column]").dataset.column);
    body.set("before", next?.dataset.card ?? "");
    const key = card.contains(document.activeElement) ? card.dataset.card : "";
    const fault = await this.send(form.action, body, key, words);
    if (!fault) return;
    this.back();
    document.body.dispatchEvent(new CustomEvent("hub:toast", { detail: { kind: "bad", text: fault } }));
    this.tell(fault);
  }

  /** The words of what went wrong, or nothing. `key` is the card that has the focus. */
  async send(address, body, key, words) {
    try {
      const answer = await fetch(address, { method: "POST", body, headers: { "HX-Request": "true" } });
      const text = await answer.text();
      if (!answer.ok) return answer.headers.get("Content-Type")?.startsWith("text/plain") ? text : "The card was not moved. Reload the page.";
      const fresh = new DOMParser().parseFromString(text, "text/html").querySelector("issue-board");
      if (!fresh) return "The card was not moved. Reload the page.";
      this.card = null;
      const node = document.importNode(fresh, true);
      this.replaceWith(node);
      node.tell(`Put down: ${words}`);
      if (key) node.querySelector(`[data-card="${key}"] [data-grip]`)?.focus();
      return "";
    } catch {
      return "The hub does not answer; the card is where it was.";
    }
  }
}

customElements.define("issue-board", IssueBoard);
