// <api-try data-verb data-address data-operation>: a form that sends one operation of the API as the reader, and shows
// what came back. What an operation takes stands in the page's JSON, by its name.
import { csrf, make } from "../dom.js";

const MOST_SHOWN = 20000;
const known = JSON.parse(document.getElementById("tried")?.textContent ?? "{}");

class ApiTry extends HTMLElement {
  connectedCallback() {
    const { verb, operation } = this.dataset;
    this.takes = known[operation];
    if (!this.takes || this.firstChild) return;
    const details = make("details", { class: "api-try" }, make("summary", {}, `Try ${verb}`));
    details.addEventListener("toggle", () => details.open && !this.form && details.append(this.draw()));
    this.append(details);
  }

  draw() {
    const { path, query, body } = this.takes;
    this.form = make("form", { class: "form" });
    for (const name of path) this.form.append(this.field(name, true));
    for (const name of query) this.form.append(this.field(`?${name}`, false));
    if (body) {
      const id = `${this.dataset.operation}-body`;
      this.body = make("textarea", { id, class: "input--mono", rows: "8", spellcheck: "false" });
      this.body.value = JSON.stringify(body, null, 2);
      this.form.append(make("div", { class: "field" }, make("label", { for: id }, "Body (JSON)"), this.body));
    }
    this.button = make("button", { class: "button button--primary" }, "Send");
    this.form.append(make("div", { class: "form__actions" }, this.button));
    this.answer = make("div", { class: "api-try__answer", role: "status" });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    return make("div", { class: "stack stack--tight" }, this.form, this.answer);
  }

  field(name, isRequired) {
    const id = `${this.dataset.operation}-${name.replace(/\W/g, "")}`;
    const input = make("input", { id, name, type: "text", class: "input--mono", autocomplete: "off", required: isRequired });
    return make("div", { class: "field" }, make("label", { for: id }, name), input);
  }

  get url() {
    let address = this.dataset.address;
    const query = new URLSearchParams();
    for (const { name, value } of this.form.querySelectorAll("input")) {
      if (name.startsWith("?")) value && query.set(name.slice(1), value);
      // A branch or a path keeps its slashes; nothing else in it may change the address.
      else address = address.replace(`{${name}}`, value.split("/").map(encodeURIComponent).join("/"));
    }
    return query.size ? `${address}?${query}` : address;
  }

  async send() {
    const { verb } = this.dataset;
    const asks = verb !== "GET";
    if (verb === "DELETE" && !confirm(`Really send DELETE ${this.url}?`)) return;
    const headers = { Accept: "application/json", ...(asks ? { "X-CSRFToken": csrf() } : {}) };
    if (this.body) headers["Content-Type"] = "application/json";
    this.button.disabled = true;
    this.answer.replaceChildren("Waiting for the answer");
    try {
      const began = performance.now();
      const reply = await fetch(this.url, { method: verb, headers, body: this.body?.value, redirect: "manual" });
      this.show(reply, await reply.text(), performance.now() - began);
    } catch {
      this.answer.replaceChildren("The hub did not answer. Nothing is known of what it did.");
    } finally {
      this.button.disabled = false;
    }
  }

  show(reply, text, took) {
    let shown = text;
    try {
      shown = JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      // Not JSON: shown as it is.
    }
    const cut = shown.length > MOST_SHOWN ? `${shown.slice(0, MOST_SHOWN)}\n… ${shown.length - MOST_SHOWN} more letters` : shown;
    const kind = reply.ok ? "badge badge--good" : "badge badge--bad";
    const head = make("p", {}, make("span", { class: kind }, String(reply.status)), ` ${reply.statusText} in ${Math.round(took)} ms`);
    this.answer.replaceChildren(head, make("pre", { class: "hl", tabindex: "0" }, cut || "(no body)"));
  }
}

customElements.define("api-try", ApiTry);
