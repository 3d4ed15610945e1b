// Widths and pinned columns of a runs table, as rules of one style sheet: rows that are replaced need not be touched.

const LEAST = 48;
const MOST = 1200;
let sheet;

/** Put the widths and pins that the heads of `table` name into force; `widths` may hold newer ones by key. */
export function layOut(table, widths = new Map()) {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  }
  const heads = [...table.querySelectorAll("thead th")];
  const widthOf = (head) => widths.get(head.dataset.key) ?? Number(head.dataset.width ?? 0);
  const sized = heads.map((head, place) => (widthOf(head) ? width(place, widthOf(head)) : ""));
  sheet.replaceSync(sized.join("\n"));
  let left = 0;
  const pins = heads.map((head, place) => {
    if (place && !("pinned" in head.dataset)) return "";
    const rule = place ? pin(place, left) : "";
    left += head.getBoundingClientRect().width;
    return rule;
  });
  // Pinned columns may not fill a narrow window: then they scroll with the others.
  const room = table.querySelector(".table-box")?.clientWidth ?? 0;
  sheet.replaceSync([...sized, ...(left < room * 0.7 ? pins : [])].join("\n"));
}

/** A width in pixels that a column can have. */
export function bounded(pixels) {
  return Math.round(Math.min(Math.max(pixels, LEAST), MOST));
}

function cells(place) {
  return `.runs tr > :is(th, td):nth-child(${place + 1})`;
}

function width(place, pixels) {
  const inner = place ? "" : `${cells(place)} .runs__name { width: auto; }`;
  return `${cells(place)} { width: ${pixels}px; min-width: ${pixels}px; max-width: ${pixels}px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; } ${inner}`;
}

function pin(place, left) {
  return `${cells(place)} { position: sticky; left: ${left}px; z-index: 1; } .runs thead > tr > :nth-child(${place + 1}) { z-index: 3; }`;
}
