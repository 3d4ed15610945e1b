// <hub-lines>: makes line numbers of a file links. A click marks a line, shift and a click a range: #L10 or #L10-L20.

const SPAN = /^#L(\d+)(?:-L(\d+))?$/;

class HubLines extends HTMLElement {
  connectedCallback() {
    this.code = this.querySelector("code");
    if (!this.code || this.onHash) return;
    this.onHash = () => this.mark({ scroll: true });
    this.code.addEventListener("click", (event) => this.onClick(event));
    window.addEventListener("hashchange", this.onHash);
    this.mark({ scroll: true });
  }

  disconnectedCallback() {
    window.removeEventListener("hashchange", this.onHash);
    this.onHash = null;
  }

  /** The number is drawn before the line's text: a click left of the text is a click on it. */
  onClick(event) {
    const line = event.target.closest("code > span");
    if (!line) return;
    const gutter = parseFloat(getComputedStyle(line, "::before").width) + 12;
    const left = this.code.parentElement.getBoundingClientRect().left;
    if (event.clientX - left > gutter) return;
    const number = Number(line.id.slice(1));
    const anchor = event.shiftKey ? (this.range?.[0] ?? number) : number;
    const [first, last] = [Math.min(anchor, number), Math.max(anchor, number)];
    history.replaceState(null, "", first === last ? `#L${first}` : `#L${first}-L${last}`);
    this.mark({ scroll: false });
    if (event.shiftKey) document.getSelection()?.removeAllRanges();
  }

  mark({ scroll }) {
    for (const line of this.querySelectorAll(".is-marked")) line.classList.remove("is-marked");
    const match = SPAN.exec(location.hash);
    this.range = match ? [Number(match[1]), Number(match[2] ?? match[1])] : null;
    if (!this.range) return;
    const [first, last] = this.range;
    for (let number = first; number <= last; number += 1) {
      const line = document.getElementById(`L${number}`);
      if (!line) break;
      line.classList.add("is-marked");
    }
    if (scroll) document.getElementById(`L${first}`)?.scrollIntoView({ block: "center" });
  }
}

customElements.define("hub-lines", HubLines);
