// One phone: a person, the chat with the bot, the keyboards.
import { bubble, clock, dayName, roubles, waiting } from "./bubbles.js";
import { el, read, recall, remember, upload, write } from "./dom.js";
import { ask, attachSheet, commandSheet, moreSheet, placeSheet } from "./sheets.js";
import { word } from "./words.js";

const MOST_LETTERS = 4096, ANSWER_MS = 15000, TOAST_MS = 3500, TYPING_MS = 5000;

export class Phone {
  constructor(place, role, everybody) {
    this.place = place; this.role = role; this.everybody = everybody;
    this.messages = new Map(); this.waiting = new Map(); this.unread = 0; this.missed = 0; this.isKeyboardShown = true; this.unsent = [];
    place.append(document.getElementById("phone").content.cloneNode(true));
    place.dataset.testid = `phone-${role}`;
    this.actions = {
      tap: (message, button, element) => this.tap(message, button, element),
      pay: (message) => this.pay(message), say: (text) => this.say(text), deepLink: (url) => this.deepLink(url), grown: () => this.follow(),
    };
    this.listen();
    this.translate();
  }

  part(selector) { return this.place.querySelector(selector); }

  listen() {
    const on = (selector, event, act) => this.part(selector).addEventListener(event, act);
    on(".person", "change", (event) => this.choose(Number(event.target.value)));
    on(".new", "click", () => this.askNewPerson());
    on(".more", "click", () => moreSheet(this, this.person));
    on(".start", "click", () => this.begin());
    on(".attach", "click", () => attachSheet(this));
    on(".menu", "click", async () => commandSheet(this, (await read(`/people/${this.id}/screen`)).commands));
    on(".keys", "click", () => { this.isKeyboardShown = !this.isKeyboardShown; this.drawKeyboard(); });
    on(".down", "click", () => { this.goToEnd(); this.part(".chat").focus({ preventScroll: true }); });
    on(".pinned", "click", () => this.element(this.pinned)?.scrollIntoView({ block: "center" }));
    on(".chat", "scroll", () => { if (this.isAtEnd()) this.missed = 0; this.drawDown(); });
    on(".composer", "submit", (event) => { event.preventDefault(); this.sendInput(); });
    on(".input", "keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); this.sendInput(); }
    });
    on(".input", "input", (event) => { event.target.style.height = "auto"; event.target.style.height = `${event.target.scrollHeight}px`; });
    on(".file", "change", (event) => { const file = event.target.files[0]; event.target.value = ""; if (file) this.photo(file); });
    on(".paper", "change", (event) => { const file = event.target.files[0]; event.target.value = ""; if (file) this.document(file); });
    setInterval(() => this.drawTime(), 15000);
  }

  translate() {
    this.part(".role").textContent = word(this.role);
    const labels = { ".person": "person", ".new": "newPerson", ".more": "more", ".attach": "attach", ".menu": "menu", ".keys": "keys", ".send": "send", ".down": "down" };
    for (const [selector, name] of Object.entries(labels)) {
      this.part(selector).setAttribute("aria-label", word(name));
      this.part(selector).title = word(name);
    }
    this.place.setAttribute("aria-label", word(this.role));
    this.part(".chat").setAttribute("aria-label", word(this.role));
    this.part(".input").setAttribute("aria-label", word("input"));
    if (this.person) this.draw();
  }

  async choose(id) {
    this.id = id;
    this.unsent = [];
    remember(`phone-${this.role}`, id);
    await this.load();
  }

  async load() {
    if (!this.id) return;
    const id = this.id, screen = await read(`/people/${id}/screen`);
    if (id !== this.id) return;
    this.person = screen.person; this.keyboard = screen.keyboard; this.pinned = screen.pinned_message_id;
    this.messages = new Map(screen.messages.map((message) => [message.message_id, message]));
    this.draw();
  }

  draw() {
    this.drawChat(); this.drawPerson(); this.drawKeyboard(); this.drawPinned();
    this.follow(true);
  }

  drawPeople() {
    const select = this.part(".person");
    select.replaceChildren(...this.everybody().map((person) =>
      el("option", { value: person.id, selected: person.id === this.id }, [person.first_name, person.last_name].filter(Boolean).join(" "))));
  }

  drawPerson() {
    this.drawPeople();
    const { has_started: started, has_blocked: blocked, is_offline: offline } = this.person;
    this.part(".start").hidden = started && !blocked;
    this.part(".start").textContent = word(blocked ? "blockedStart" : "start");
    this.part(".composer").hidden = !started || blocked;
    this.part(".input").placeholder = this.keyboard?.input_field_placeholder || word("input");
    const activity = this.part(".activity");
    activity.classList.remove("is-typing");
    activity.textContent = offline ? word("isOffline") : blocked ? word("isBlocked") : word("bot");
    this.drawTime();
  }

  drawTime() { this.part(".status time").textContent = clock(new Date()); }

  drawDown() {
    const down = this.part(".down");
    down.hidden = this.isAtEnd();
    down.querySelector("i").textContent = this.missed || "";
    down.setAttribute("aria-label", this.missed ? `${word("down")}, ${word("missed")}: ${this.missed}` : word("down"));
  }

  drawChat() {
    const chat = this.part(".chat"), drawn = [];
    let day = "";
    for (const message of [...this.messages.values()].sort((a, b) => a.message_id - b.message_id)) {
      const name = dayName(message.date);
      if (name !== day) drawn.push(el("div", { class: "day" }, name));
      day = name;
      drawn.push(bubble(message, this.actions));
    }
    if (!drawn.length) {
      const about = word(this.role === "client" ? "welcome" : "welcomeContractor");
      const first = word(this.role === "contractor" ? "beginHere" : "beginThen");
      drawn.push(el("div", { class: "welcome" }, el("b", {}, word("welcomeTitle")), about, el("em", {}, first)));
    }
    chat.replaceChildren(...drawn, ...this.unsent.map((text) => waiting(text)));
  }

  drawKeyboard() {
    const shown = this.person?.has_started && !this.person.has_blocked && this.keyboard;
    const keys = this.part(".keyboard");
    this.part(".keys").hidden = !shown;
    this.part(".keys").setAttribute("aria-expanded", String(Boolean(shown && this.isKeyboardShown)));
    keys.hidden = !shown || !this.isKeyboardShown;
    keys.replaceChildren(...(shown ? this.keyboard.keyboard : []).map((row) =>
      el("div", { class: "row" }, ...row.map((key) => el("button", { type: "button", "data-testid": "reply-button", onclick: () => this.press(key) }, key.text)))));
    this.follow();
  }

  drawPinned() {
    const message = this.messages.get(this.pinned);
    this.part(".pinned").hidden = !message;
    this.part(".pinned").textContent = message ? `${word("pinned")}: ${message.text || "…"}` : "";
  }

  element(messageId) { return this.part(`[data-message-id="${messageId}"]`); }
  goToEnd() { this.missed = 0; this.follow(true); this.drawDown(); }
  isAtEnd() { const chat = this.part(".chat"); return chat.scrollHeight - chat.scrollTop - chat.clientHeight < 90; }
  follow(always = false) {
    const chat = this.part(".chat");
    if (always || this.wasAtEnd) { chat.scrollTop = chat.scrollHeight; this.wasAtEnd = true; }
  }

  happened(event) {
    this.wasAtEnd = this.isAtEnd();
    const act = { message: this.arrived, edit: this.changed, deleted: this.removed, answer: this.answered, keyboard: this.keyed,
      typing: this.typed, pinned: this.pinnedNow, person: this.becameOther }[event.kind];
    act?.call(this, event);
  }

  arrived({ message }) {
    if (this.messages.has(message.message_id)) { this.changed({ message }); return; }
    const last = [...this.messages.values()].at(-1);
    this.messages.set(message.message_id, message);
    this.part(".welcome")?.remove();
    const chat = this.part(".chat"), name = dayName(message.date);
    if (!last || dayName(last.date) !== name) chat.append(el("div", { class: "day" }, name));
    const drawn = bubble(message, this.actions);
    drawn.classList.add("is-new");
    chat.append(drawn);
    if (message.from === "bot" && !this.wasAtEnd) this.missed += 1;
    this.follow(message.from === "person");
    this.drawDown();
    if (message.from === "bot") { this.stopTyping(); this.noteUnread(); }
  }

  changed({ message }) {
    this.messages.set(message.message_id, message);
    const old = this.element(message.message_id);
    if (!old) return;
    const focused = old.contains(document.activeElement) && document.activeElement.dataset.callback;
    const drawn = bubble(message, this.actions);
    drawn.classList.add("is-changed");
    old.replaceWith(drawn);
    if (focused) (drawn.querySelector(`[data-callback="${CSS.escape(focused)}"]`) || drawn.querySelector("button, a"))?.focus({ preventScroll: true });
    this.follow(); this.drawPinned(); this.noteUnread();
  }

  removed({ message_id: id }) { this.messages.delete(id); this.element(id)?.remove(); }
  keyed({ keyboard }) { this.keyboard = keyboard; this.isKeyboardShown = true; this.drawKeyboard(); this.drawPerson(); }
  pinnedNow({ message_id: id }) { this.pinned = id; this.drawPinned(); }
  becameOther({ person }) {
    this.person = person; this.drawPerson(); this.drawKeyboard();
    if (person.is_offline || !this.unsent.length) return;
    this.unsent = [];
    for (const one of this.place.querySelectorAll(".is-unsent")) one.remove();
  }

  typed() {
    const activity = this.part(".activity");
    activity.textContent = word("typing"); activity.classList.add("is-typing");
    clearTimeout(this.typingTimer);
    this.typingTimer = setTimeout(() => this.stopTyping(), TYPING_MS);
  }

  stopTyping() { clearTimeout(this.typingTimer); this.drawPerson(); }
  noteUnread() { if (this.place.offsetParent === null) { this.unread += 1; this.onUnread?.(); } }

  answered({ callback_query_id: query, text, show_alert: isAlert, url }) {
    this.waiting.get(query)?.();
    if (!this.waiting.has(query)) this.waiting.set(query, "early");
    if (url) window.open(url, "_blank", "noopener");
    if (!text) return;
    if (isAlert) ask(this, text); else this.toast(text);
  }

  toast(text) {
    const toast = this.part(".toast");
    toast.textContent = text; toast.hidden = false;
    clearTimeout(this.toastTimer);
    this.toastTimer = setTimeout(() => { toast.hidden = true; }, TOAST_MS);
  }

  async attempt(promise) {
    try {
      const answer = await promise;
      if (answer?.queued) this.toast(word("queued"));
      return answer;
    } catch (error) {
      const isSilent = !error.status;
      this.toast(error.status === 409 ? word("gone") : isSilent ? word("noServerTap") : `${word("failed")}: ${error.message}`);
      return null;
    }
  }

  async tap(message, button, element) {
    if (element.classList.contains("is-waiting")) return;
    element.classList.add("is-waiting");
    const rest = () => element.classList.remove("is-waiting");
    const sent = await this.attempt(write(`/people/${this.id}/tap`, { message_id: message.message_id, data: button.callback_data }));
    const query = sent?.callback_query_id;
    if (!query || this.waiting.get(query) === "early") { rest(); return; }
    this.waiting.set(query, rest);
    setTimeout(rest, ANSWER_MS);
  }

  async pay(message) {
    const email = el("input", { type: "email", placeholder: word("emailIfAsked"), "aria-label": word("emailIfAsked"), "data-testid": "pay-email" });
    const sum = roubles(message.invoice.total_amount);
    const filled = await ask(this, `${message.invoice.title}: ${sum}. ${word("trainingCard")}`, { fields: [email], yes: `${word("pay")} ${sum}`, no: word("cancel") });
    if (!filled) return;
    const said = await this.attempt(write(`/people/${this.id}/pay`, { message_id: message.message_id, email: filled[0] || null }));
    if (said && !said.ok) ask(this, said.error_message);
  }

  press(key) {
    if (key.request_location) placeSheet(this);
    else if (key.request_contact) this.shareContact();
    else this.say(key.text);
  }

  async begin() {
    if (this.person.has_blocked) await this.act("unblock");
    await this.say("/start");
    this.person = { ...this.person, has_started: true, has_blocked: false };
    this.drawPerson(); this.drawKeyboard();
  }

  async say(text) {
    const sent = await this.attempt(write(`/people/${this.id}/text`, { text }));
    if (sent?.queued) { this.unsent.push(text); this.part(".chat").append(waiting(text)); this.follow(true); }
    return sent;
  }

  act(name) { return this.attempt(write(`/people/${this.id}/${name}`)); }
  sendPlace(latitude, longitude) { return this.attempt(write(`/people/${this.id}/location`, { latitude, longitude })); }
  otherContact() { return this.attempt(write(`/people/${this.id}/contact`, { phone_number: "+79031112233", user_id: null })); }
  samplePhoto() { return this.attempt(upload(`/people/${this.id}/photo`, new FormData())); }
  photo(file) { const form = new FormData(); form.append("file", file); return this.attempt(upload(`/people/${this.id}/photo`, form)); }

  document(file) { const form = new FormData(); form.append("file", file); return this.attempt(upload(`/people/${this.id}/document`, form)); }
  voice() { return this.attempt(upload(`/people/${this.id}/voice`, new FormData())); }

  async shareContact() {
    const agreed = await ask(this, `${word("shareNumber")}\n${this.person.phone_number}`, { yes: word("share"), no: word("cancel") });
    if (agreed) await this.attempt(write(`/people/${this.id}/contact`));
  }

  // What is too long for one message goes in several; what did not go comes back into the field.
  async sendInput() {
    const input = this.part(".input"), letters = [...input.value.trim()];
    if (!letters.length) return;
    input.value = ""; input.style.height = "auto";
    while (letters.length) {
      const piece = letters.splice(0, MOST_LETTERS).join("");
      if (!piece.trim() || await this.say(piece)) continue;
      input.value = [piece, ...letters].join("");
      input.dispatchEvent(new Event("input"));
      this.toast(word("noServer"));
      return;
    }
  }

  deepLink(url) {
    const found = /^(?:https?:\/\/t\.me\/|tg:\/\/resolve\?domain=)drillflow_local_bot(?:[?&]start=([\w-]+))?/.exec(url);
    if (found) this.say(`/start ${found[1] || ""}`.trim());
    return Boolean(found);
  }

  async askNewPerson() {
    const name = el("input", { placeholder: word("name"), maxlength: "60", "data-testid": "new-name" });
    const language = el("select", { "aria-label": word("languageOf") }, el("option", { value: "ru" }, "Русский"), el("option", { value: "en" }, "English"));
    const answer = await ask(this, word("newPerson"), { fields: [name, language], yes: word("create"), no: word("cancel") });
    if (!answer?.[0]) return;
    const [first, ...rest] = answer[0].split(/\s+/);
    const created = await this.attempt(write("/people", { first_name: first, last_name: rest.join(" ") || null, language_code: answer[1] }));
    if (created) await this.choose(created.id);
  }

  static remembered(role) { return Number(new URLSearchParams(location.search).get(role) || recall(`phone-${role}`)) || null; }
}
