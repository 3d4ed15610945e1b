// When to look for new points: soon after something came, ever later while nothing does, not at all in a hidden tab.

const SOON_MS = 3_000;
const LATE_MS = 60_000;

export class Looks {
  /** `look` is called again and again until it says {done: true}; {changed: true} makes the next look come soon.
   * `late`: the longest that it waits, in milliseconds. */
  constructor(look, late = LATE_MS) {
    this.look = look;
    this.late = late;
    this.wait = SOON_MS;
    this.onShown = () => document.hidden || this.soon();
    document.addEventListener("visibilitychange", this.onShown);
    this.later();
  }

  soon() {
    if (this.done) return;
    this.wait = SOON_MS;
    this.later();
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.now(), this.wait);
  }

  async now() {
    if (document.hidden) return; // `onShown` goes on.
    const { changed, done } = await this.look();
    this.done = done;
    this.wait = changed ? SOON_MS : Math.min(this.wait * 1.5, this.late);
    if (done) this.stop();
    else if (!this.stopped) this.later();
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.timer);
    document.removeEventListener("visibilitychange", this.onShown);
  }
}
