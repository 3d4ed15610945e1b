// <issue-picks>: a list whose rows can be ticked. x ticks the row that j and k have reached, shift and a click reach to
// the one before, a box in the head ticks all. What can be done to those picked shows only while some are.

class IssuePicks extends HTMLElement {
  connectedCallback() {
    if (this.bound) return;
    this.bound = true;
    this.every = this.querySelector("[data-every]");
    this.bulk = this.querySelector("[data-bulk]");
    if (!this.every || !this.bulk) return;
    this.every.hidden = false;
    this.every.addEventListener("change", () => {
      for (const box of this.boxes) box.checked = this.every.checked;
    });
    this.addEventListener("click", (event) => this.onClick(event));
    this.addEventListener("change", () => this.count());
    this.onKey = (event) => this.key(event);
    document.addEventListener("keydown", this.onKey);
    this.count();
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.onKey);
    this.bound = false;
  }

  get boxes() {
    return [...this.querySelectorAll("input[name=topic]")];
  }

  onClick(event) {
    const box = event.target.closest?.("input[name=topic]");
    if (!box) return;
    const boxes = this.boxes;
    const [from, to] = [boxes.indexOf(this.last), boxes.indexOf(box)].sort((one, other) => one - other);
    if (event.shiftKey && from >= 0) for (const each of boxes.slice(from, to + 1)) each.checked = box.checked;
    this.last = box;
    this.count();
  }

  key(event) {
    if (event.defaultPrevented || event.altKey || event.metaKey || event.ctrlKey) return;
    if (event.target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]")) return;
    if (event.key === "Escape" && this.boxes.some((box) => box.checked)) {
      for (const box of this.boxes) box.checked = false;
      this.count();
    }
    if (event.key !== "x") return;
    const box = this.querySelector("[data-row].is-reached input[name=topic]");
    if (!box) return;
    event.preventDefault();
    box.checked = !box.checked;
    this.last = box;
    this.count();
  }

  count() {
    const boxes = this.boxes;
    const picked = boxes.filter((box) => box.checked).length;
    this.classList.toggle("is-picking", picked > 0);
    this.bulk.querySelector("[data-count]").textContent = `${picked} picked`;
    this.every.checked = picked > 0 && picked === boxes.length;
    this.every.indeterminate = picked > 0 && picked < boxes.length;
    const all = this.bulk.querySelector("input[name=all]");
    if (all && picked === 0) all.checked = false;
  }
}

customElements.define("issue-picks", IssuePicks);
