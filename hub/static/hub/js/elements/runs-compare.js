// <runs-compare>: the table of a comparison. Heads of runs are dragged to another place; the form round the table then
// asks for the runs in their new order. Without a mouse the menu of runs does the same.

class RunsCompare extends HTMLElement {
  connectedCallback() {
    for (const head of this.querySelectorAll("[data-run]")) this.makeDraggable(head);
  }

  makeDraggable(head) {
    const handle = head.querySelector(".compared-run");
    if (!handle) return;
    handle.draggable = true;
    // Links and pictures would be dragged in place of the head.
    for (const link of handle.querySelectorAll("a")) link.draggable = false;
    handle.addEventListener("dragstart", (event) => {
      this.dragged = head.dataset.run;
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", handle.textContent.trim());
      head.classList.add("is-dragged");
    });
    handle.addEventListener("dragend", () => {
      this.dragged = null;
      for (const each of this.querySelectorAll(".is-dragged, .is-target")) each.classList.remove("is-dragged", "is-target");
    });
    head.addEventListener("dragover", (event) => {
      if (!this.dragged || this.dragged === head.dataset.run) return;
      event.preventDefault();
      head.classList.add("is-target");
    });
    head.addEventListener("dragleave", () => head.classList.remove("is-target"));
    head.addEventListener("drop", (event) => {
      event.preventDefault();
      if (this.dragged) this.move(this.dragged, head.dataset.run);
    });
  }

  /** The dragged run takes the place of the other one, which makes room on the side it came from. */
  move(dragged, target) {
    const form = this.closest("form");
    const fields = [...form.querySelectorAll("input[type=hidden][name=run]")];
    const order = fields.map((field) => field.value);
    const [from, to] = [order.indexOf(dragged), order.indexOf(target)];
    if (from < 0 || to < 0 || from === to) return;
    order.splice(to, 0, ...order.splice(from, 1));
    fields.forEach((field, at) => {
      field.value = order[at];
    });
    form.requestSubmit();
  }
}

customElements.define("runs-compare", RunsCompare);
