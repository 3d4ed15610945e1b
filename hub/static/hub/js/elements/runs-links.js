// <runs-links data-base="/owner/name/experiments">: takes over the links that MLflow's client prints. They end in
// #/experiments/1/runs/…, which the browser brings along to this page and no server ever sees.

class RunsLinks extends HTMLElement {
  connectedCallback() {
    const found = /^#\/experiments\/(\d+)(?:\/runs\/([0-9a-f]{32}))?/.exec(location.hash);
    if (!found) return;
    const [, number, run] = found;
    location.replace(`${this.dataset.base}/${number}${run ? `/runs/${run}` : ""}`);
  }
}

customElements.define("runs-links", RunsLinks);
