// The palette of a run: eight colours and the usual one, hung below the button that opens it.
import { make } from "../dom.js";

const COLOURS = 8;

/** Let somebody choose; `chosen` is told the colour, 1 to 8, or 0 for the usual one. */
export function openPalette(button, chosen) {
  const palette = make("div", { class: "menu runs-palette", role: "menu", popover: "auto", "aria-label": button.ariaLabel });
  for (let colour = 1; colour <= COLOURS; colour += 1) {
    palette.append(item(colour, make("span", { class: `swatch swatch--${colour}` }), `Colour ${colour}`));
  }
  palette.append(item(0, "Usual"));
  palette.addEventListener("click", ({ target }) => {
    const colour = target.closest("[data-colour]")?.dataset.colour;
    if (colour === undefined) return;
    palette.hidePopover();
    chosen(colour);
  });
  palette.addEventListener("keydown", (event) => walk(palette, event));
  palette.addEventListener("toggle", (event) => {
    if (event.newState !== "closed") return;
    if (palette.contains(document.activeElement) || document.activeElement === document.body) button.focus();
    palette.remove();
  });
  document.body.append(palette);
  palette.showPopover();
  const at = button.getBoundingClientRect();
  palette.style.left = `${Math.max(8, Math.min(at.left, innerWidth - palette.offsetWidth - 8))}px`;
  palette.style.top = `${Math.max(8, Math.min(at.bottom + 4, innerHeight - palette.offsetHeight - 8))}px`;
  palette.firstElementChild.focus();
}

function item(colour, inside, label) {
  return make("button", { type: "button", role: "menuitem", tabindex: "-1", "data-colour": colour, "aria-label": label }, inside);
}

function walk(palette, event) {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const items = [...palette.children];
  items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus();
}
