// Numbers of lines in a change as places (file, side, line), and the rows between two of them.
import { make } from "../dom.js";

const PLACE = /^(\d+)([LR])(\d+)$/;

/** What the link of a number stands for: `…?comment=3R12`; null for another link. */
export function placeOf(link) {
  const match = PLACE.exec(new URL(link.href).searchParams.get("comment") ?? "");
  return match && { file: match[1], side: match[2], line: Number(match[3]) };
}

/** The link of a row on the side, and in the table, of another link. */
export function sibling(row, link) {
  if (row.closest("table") !== link.closest("table")) return undefined;
  const side = placeOf(link)?.side;
  return [...row.querySelectorAll("a.diff-talk")].find((each) => placeOf(each)?.side === side);
}

/** The link `step` rows further on the same side. */
export function neighbour(link, step) {
  const side = placeOf(link)?.side;
  const links = [...link.closest("table").querySelectorAll("a.diff-talk")].filter((each) => placeOf(each)?.side === side);
  return links[links.indexOf(link) + step];
}

/** Mark the rows between two numbers below `root`, and no others; none without numbers. */
export function pick(root, from, to) {
  for (const row of root.querySelectorAll("tr.is-picked")) row.classList.remove("is-picked");
  if (!from || !to) return;
  const rows = [...from.closest("table").rows];
  const [first, last] = [rows.indexOf(from.closest("tr")), rows.indexOf(to.closest("tr"))].sort((a, b) => a - b);
  for (const row of rows.slice(first, last + 1)) if (sibling(row, from)) row.classList.add("is-picked");
}

/** The cell below a row that holds talk of a side, made when there is none. */
export function cellBelow(row, side) {
  const split = row.closest("table").classList.contains("diff-table--split");
  let below = row.nextElementSibling;
  if (!below?.classList.contains("diff-below")) {
    below = make("tr", { class: "diff-below" });
    for (let count = 0; count < (split ? 2 : 1); count += 1) below.append(make("td", { colspan: split ? 2 : 3 }));
    row.after(below);
  }
  return below.cells[split && side === "R" ? 1 : 0];
}

/** One number of each table is reached by Tab, the others by arrows. */
export function rove(root) {
  for (const table of root.querySelectorAll("table.diff-table--review")) {
    const links = [...table.querySelectorAll("a.diff-talk")];
    const kept = links.find((link) => link.tabIndex === 0 && link.dataset.roved) ?? links[0];
    for (const link of links) {
      link.tabIndex = link === kept ? 0 : -1;
      link.dataset.roved = "1";
    }
  }
}
