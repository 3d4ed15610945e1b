// <hub-lineage>: a drawn graph of links; the one that is pointed at or focused shows what it comes from and led to.

class HubLineage extends HTMLElement {
  connectedCallback() {
    this.onEnter = (event) => this.show(event.target.closest?.("[data-node]"));
    this.onLeave = () => this.show(null);
    for (const kind of ["mouseover", "focusin"]) this.addEventListener(kind, this.onEnter);
    for (const kind of ["mouseleave", "focusout"]) this.addEventListener(kind, this.onLeave);
    this.addEventListener("keydown", (event) => this.onKey(event));
  }

  get lines() {
    return [...this.querySelectorAll("[data-source]")];
  }

  // Every node on a way through this one, in one direction.
  reached(name, from, to) {
    const found = new Set([name]);
    const waiting = [name];
    while (waiting.length) {
      const at = waiting.pop();
      for (const line of this.lines) {
        if (line.dataset[from] !== at || found.has(line.dataset[to])) continue;
        found.add(line.dataset[to]);
        waiting.push(line.dataset[to]);
      }
    }
    return found;
  }

  show(node) {
    const name = node?.dataset.node;
    const before = name && this.reached(name, "result", "source");
    const after = name && this.reached(name, "source", "result");
    this.classList.toggle("is-traced", Boolean(name));
    for (const each of this.querySelectorAll("[data-node]")) {
      each.classList.toggle("is-on-way", Boolean(name) && (before.has(each.dataset.node) || after.has(each.dataset.node)));
    }
    for (const line of this.lines) {
      const { source, result } = line.dataset;
      const on = Boolean(name) && ((before.has(source) && before.has(result)) || (after.has(source) && after.has(result)));
      line.classList.toggle("is-on-way", on);
    }
  }

  // Arrows go along the lines: right to what was made, left to what it was made of, up and down within a column.
  onKey(event) {
    const node = event.target.closest?.("a[data-node]");
    const step = { ArrowRight: ["source", "result"], ArrowLeft: ["result", "source"] }[event.key];
    if (!node || (!step && !["ArrowUp", "ArrowDown"].includes(event.key))) return;
    const next = step ? this.along(node, ...step) : this.beside(node, event.key === "ArrowDown" ? 1 : -1);
    if (!next) return;
    event.preventDefault();
    next.focus();
  }

  along(node, from, to) {
    const names = this.lines.filter((line) => line.dataset[from] === node.dataset.node).map((line) => line.dataset[to]);
    return names.map((name) => this.querySelector(`a[data-node="${name}"]`)).find(Boolean);
  }

  beside(node, step) {
    const x = node.querySelector("rect").getAttribute("x");
    const column = [...this.querySelectorAll("a[data-node]")].filter((each) => each.querySelector("rect").getAttribute("x") === x);
    return column[column.indexOf(node) + step];
  }
}

customElements.define("hub-lineage", HubLineage);
