// One message as a bubble with its buttons.
import { el } from "./dom.js";
import { sketch } from "./maps.js";
import { currentLanguage, word } from "./words.js";

// The phones are where the towns are: their clock agrees with the times that the bot writes.
const timeZone = "Europe/Moscow";
const date = (moment) => moment.toLocaleDateString("sv", { timeZone });
export const clock = (moment) => moment.toLocaleTimeString(currentLanguage() === "ru" ? "ru" : "en-GB", { hour: "2-digit", minute: "2-digit", timeZone });

const at = (seconds) => new Date(seconds * 1000);

export function dayName(seconds) {
  const day = at(seconds);
  if (date(day) === date(new Date())) return word("today");
  if (date(day) === date(new Date(Date.now() - 86400000))) return word("yesterday");
  return day.toLocaleDateString(currentLanguage(), { day: "numeric", month: "long", timeZone });
}

export function bubble(message, actions) {
  const inside = [];
  if (message.is_forwarded) inside.push(el("small", { class: "quote" }, word("forwarded")));
  if (message.reply_to) inside.push(el("span", { class: "quote" }, message.reply_to.text || "…"));
  if (message.photo) {
    inside.push(el("a", { class: "photo", href: message.photo.url, target: "_blank" },
      el("img", { src: message.photo.url, alt: message.text || word("photo"), onload: actions.grown })));
  }
  if (message.location) inside.push(map(message));
  if (message.contact) inside.push(contact(message.contact));
  if (message.invoice) inside.push(invoice(message.invoice));
  if (message.successful_payment) inside.push(el("b", { "data-testid": "paid" }, `✅ ${word("paidSum")} ${roubles(message.successful_payment.total_amount)}`));
  if (message.document) inside.push(attachment("📄", message.document.file_name, message.document));
  if (message.voice) inside.push(attachment("🎤", `${word("voice")} · ${message.voice.duration} s`, message.voice));
  if (message.text) {
    const text = el("span", { class: "text", dir: "auto" });
    text.innerHTML = message.html; // Rendered and escaped by the simulator.
    text.addEventListener("click", (event) => openLink(event, actions));
    text.addEventListener("keydown", (event) => { if (event.key === "Enter") openLink(event, actions); });
    inside.push(text);
  }
  const time = message.edited ? `${word("edited")} ${clock(at(message.edit_date))}` : clock(at(message.date));
  inside.push(el("span", { class: "stamp" }, time, message.from === "person" && el("span", { "aria-hidden": "true" }, " ✓✓")));
  if (message.reaction) inside.push(el("span", { class: "reaction" }, message.reaction));
  return el("div", { class: `message from-${message.from}`, "data-testid": "message", "data-message-id": message.message_id, "data-from": message.from },
    el("div", { class: "bubble" }, ...inside), buttons(message, actions));
}

/** A text that is on the phone only: there is no network. */
export const waiting = (text) => el("div", { class: "message from-person is-unsent", "data-testid": "unsent" },
  el("div", { class: "bubble" }, el("span", { class: "text", dir: "auto" }, text), el("span", { class: "stamp" }, el("span", { "aria-hidden": "true" }, "🕓 "), word("unsent"))));

function openLink(event, actions) {
  const command = event.target.closest(".command");
  if (command) { actions.say(command.textContent); return; }
  const link = event.target.closest("a[href]");
  if (link && actions.deepLink(link.href)) event.preventDefault();
}

function map(message) {
  const { latitude, longitude } = message.location;
  const drawn = sketch({ latitude, longitude }, 0.6);
  drawn.point(latitude, longitude);
  const title = message.venue ? [el("b", {}, message.venue.title), el("br"), message.venue.address, el("br")] : [el("b", {}, word("place")), el("br")];
  return el("span", { "data-testid": "location" }, el("span", { class: "map" }, drawn.svg), ...title,
    `${latitude.toFixed(4)}, ${longitude.toFixed(4)}`);
}

function contact(card) {
  const name = [card.first_name, card.last_name].filter(Boolean).join(" ");
  return el("div", { class: "card", "data-testid": "contact" }, el("span", { class: "round", "aria-hidden": "true" }, name.slice(0, 1)),
    el("span", {}, el("b", {}, name), el("small", {}, card.phone_number)));
}

function attachment(sign, name, file) {
  return el("a", { class: "card", href: `/sim/files/${file.file_id}`, target: "_blank", rel: "noopener" },
    el("span", { class: "round", "aria-hidden": "true" }, sign), el("b", {}, name));
}

export const roubles = (kopecks) => `${(kopecks / 100).toLocaleString(currentLanguage(), { minimumFractionDigits: 2 })} ₽`;

function invoice({ title, description }) {
  return el("span", { "data-testid": "invoice" }, el("b", {}, title), el("br"), description);
}

function buttons(message, actions) {
  if (message.invoice) {
    const text = message.is_paid ? `🧾 ${word("isPaid")}` : `${word("pay")} ${roubles(message.invoice.total_amount)}`;
    return el("div", { class: "inline", role: "group" }, el("div", { class: "row" },
      el("button", { type: "button", "data-testid": "pay-button", disabled: Boolean(message.is_paid), onclick: () => actions.pay(message) }, text)));
  }
  if (!message.buttons?.length) return null;
  return el("div", { class: "inline", role: "group" }, ...message.buttons.map((row) =>
    el("div", { class: "row" }, ...row.map((button) => inlineButton(message, button, actions)))));
}

function inlineButton(message, button, actions) {
  const shared = { class: button.style || "", "data-testid": "inline-button" };
  const target = button.url || button.web_app?.url;
  if (target) {
    return el("a", { ...shared, href: target, target: "_blank", rel: "noopener",
      onclick: (event) => { if (actions.deepLink(target)) event.preventDefault(); } }, button.text);
  }
  return el("button", { ...shared, type: "button", "data-callback": button.callback_data,
    onclick: (event) => actions.tap(message, button, event.currentTarget) }, button.text);
}
