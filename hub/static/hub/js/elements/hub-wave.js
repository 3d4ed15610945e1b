// <hub-wave>: the wave of a sound follows its player, and a click on it plays from there.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 800;

class HubWave extends HTMLElement {
  connectedCallback() {
    this.wave = this.querySelector("svg");
    this.audio = this.querySelector("audio");
    if (!this.wave || !this.audio || this.place) return;
    this.place = document.createElementNS(SVG, "line");
    for (const [name, value] of [["x1", 0], ["x2", 0], ["y1", 0], ["y2", 120]]) this.place.setAttribute(name, value);
    this.wave.append(this.place);
    this.audio.addEventListener("timeupdate", () => this.follow());
    // The player has keys of its own: the wave is for the pointer.
    this.wave.addEventListener("click", (event) => this.jump(event));
  }

  follow() {
    const x = this.audio.duration ? (this.audio.currentTime / this.audio.duration) * WIDTH : 0;
    this.place.setAttribute("x1", x);
    this.place.setAttribute("x2", x);
  }

  jump(event) {
    const box = this.wave.getBoundingClientRect();
    if (!Number.isFinite(this.audio.duration)) return;
    this.audio.currentTime = ((event.clientX - box.left) / box.width) * this.audio.duration;
    this.follow();
  }
}

customElements.define("hub-wave", HubWave);
