// <hub-time>: keeps the relative words of the <time> inside it true while the page stays open.

const SPANS = [
  [31536000, "year"],
  [2592000, "month"],
  [604800, "week"],
  [86400, "day"],
  [3600, "hour"],
  [60, "minute"],
];
const shown = new Set();
let timer = null;

function words(date) {
  const seconds = (Date.now() - date) / 1000;
  for (const [length, unit] of SPANS) {
    const count = Math.floor(Math.abs(seconds) / length);
    if (count) {
      const span = `${count} ${unit}${count > 1 ? "s" : ""}`;
      return seconds > 0 ? `${span} ago` : `in ${span}`;
    }
  }
  return "just now";
}

function refresh() {
  if (document.hidden) return;
  for (const element of shown) element.refresh();
}

class HubTime extends HTMLElement {
  connectedCallback() {
    shown.add(this);
    timer ??= setInterval(refresh, 30_000);
  }

  disconnectedCallback() {
    shown.delete(this);
    if (shown.size === 0) {
      clearInterval(timer);
      timer = null;
    }
  }

  refresh() {
    const time = this.querySelector("time");
    const date = Date.parse(time?.dateTime ?? "");
    if (Number.isNaN(date)) return;
    const text = words(date);
    if (time.textContent !== text) time.textContent = text;
  }
}

document.addEventListener("visibilitychange", refresh);
customElements.define("hub-time", HubTime);
