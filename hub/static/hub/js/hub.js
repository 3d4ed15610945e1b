// The entry of every page: custom elements start themselves wherever their tag appears, also in parts swapped in later.
import "./elements/hub-bell.js";
import "./elements/hub-confirm.js";
import "./elements/hub-copy.js";
import "./elements/hub-filter.js";
import "./elements/hub-marks.js";
import "./elements/hub-menu.js";
import "./elements/hub-palette.js";
import "./elements/hub-shortcuts.js";
import "./elements/hub-snippets.js";
import "./elements/hub-theme.js";
import "./elements/hub-time.js";
import "./elements/hub-toasts.js";
import "./elements/hub-chart.js";
