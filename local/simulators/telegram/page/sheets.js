// What slides up from below or asks in the middle: attachments, places, commands, questions.
import { el } from "./dom.js";
import { currentLanguage, TOWNS, word } from "./words.js";

export function openSheet(phone, title, items) {
  const sheet = phone.part(".sheet");
  const opener = document.activeElement;
  const close = () => { sheet.hidden = true; sheet.replaceChildren(); opener?.focus?.({ preventScroll: true }); };
  sheet.replaceChildren(el("h3", {}, title), ...items(close),
    el("button", { type: "button", class: "no", onclick: close }, word("cancel")));
  sheet.hidden = false;
  sheet.onkeydown = (event) => { if (event.key === "Escape") close(); };
  sheet.querySelector("button, input")?.focus({ preventScroll: true });
}

const item = (sign, text, act, note = "") => el("button", { type: "button", onclick: act, "data-testid": "sheet-item" },
  el("span", { "aria-hidden": "true" }, sign), text, note && el("small", {}, note));

export function attachSheet(phone) {
  openSheet(phone, word("attach"), (close) => [
    item("📷", word("photoOwn"), () => { close(); phone.part(".file").click(); }),
    item("🖼", word("photoSample"), () => { close(); phone.samplePhoto(); }),
    item("📍", word("location"), () => { close(); placeSheet(phone); }),
    item("☎️", word("contactOwn"), () => { close(); phone.shareContact(); }),
    item("👤", word("contactOther"), () => { close(); phone.otherContact(); }),
  ]);
}

export function placeSheet(phone) {
  openSheet(phone, word("where"), (close) => {
    const latitude = el("input", { inputmode: "decimal", value: "55.9063", "data-testid": "latitude" });
    const longitude = el("input", { inputmode: "decimal", value: "36.8602", "data-testid": "longitude" });
    const towns = TOWNS.map(([ru, en, lat, lon]) => item("📍", currentLanguage() === "ru" ? ru : en,
      () => { close(); phone.sendPlace(lat, lon); }, `${lat}, ${lon}`));
    const number = (field) => Number(field.value.trim().replace(",", "."));
    return [...towns,
      el("div", { class: "pair" }, el("label", {}, word("latitude"), latitude), el("label", {}, word("longitude"), longitude)),
      el("button", { type: "button", class: "go", onclick: () => { close(); phone.sendPlace(number(latitude), number(longitude)); } }, word("sendPlace"))];
  });
}

export function commandSheet(phone, commands) {
  openSheet(phone, word("menu"), (close) => commands.length
    ? commands.map((command) => item("/", command.command, () => { close(); phone.say(`/${command.command}`); }, command.description))
    : [el("p", {}, word("noCommands"))]);
}

export function moreSheet(phone, person) {
  openSheet(phone, word("more"), (close) => [
    item(person.is_offline ? "📶" : "✈️", word(person.is_offline ? "online" : "offline"), () => { close(); phone.act(person.is_offline ? "online" : "offline"); }),
    item(person.has_blocked ? "🔓" : "🚫", word(person.has_blocked ? "unblock" : "block"), () => { close(); phone.act(person.has_blocked ? "unblock" : "block"); }),
  ]);
}

/** Ask in the middle of the phone; resolves with true, or with the fields' values, or null. */
export function ask(phone, text, { fields = [], yes = word("ok"), no = "" } = {}) {
  const dialog = phone.part(".alert");
  if (dialog.open) dialog.close();
  return new Promise((resolve) => {
    const done = (answer) => { dialog.onclose = null; dialog.close(); resolve(answer); };
    const values = () => (fields.length ? fields.map((field) => field.value.trim()) : true);
    dialog.onclose = () => resolve(null);
    dialog.replaceChildren(el("p", {}, text), ...fields, el("div", { class: "choice" },
      no && el("button", { type: "button", onclick: () => done(null) }, no),
      el("button", { type: "button", "data-testid": "alert-yes", onclick: () => done(values()) }, yes)));
    dialog.show();
    dialog.onkeydown = (event) => { if (event.key === "Escape") done(null); if (event.key === "Enter" && fields.length) done(values()); };
    (fields[0] || dialog.querySelector("[data-testid=alert-yes]")).focus();
  });
}
