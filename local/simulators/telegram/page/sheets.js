// What slides up from below or asks in the middle: attachments, places, commands, questions.
import { el } from "./dom.js";
import { sketch } from "./maps.js";
import { TOWNS, currentLanguage, word } from "./words.js";

/** Only `part` of the phone answers until `close` is called: neither Tab nor a finger leaves it. */
function cover(phone, part, close) {
  const device = phone.part(".device");
  const others = [...device.children].filter((one) => one !== part && !one.inert && !one.matches(".toast"));
  for (const one of others) one.inert = true;
  device.classList.add("is-covered");
  device.onclick = (event) => { if (event.target === device) close(); };
  return () => {
    for (const one of others) one.inert = false;
    device.classList.toggle("is-covered", Boolean(device.querySelector(":scope > [inert]")));
    device.onclick = null;
  };
}

export function openSheet(phone, title, items) {
  const sheet = phone.part(".sheet");
  phone.closeSheet?.();
  const opener = document.activeElement;
  const close = () => {
    uncover(); phone.closeSheet = null;
    sheet.hidden = true; sheet.replaceChildren();
    opener?.focus?.({ preventScroll: true });
  };
  const uncover = cover(phone, sheet, close);
  phone.closeSheet = close;
  sheet.setAttribute("aria-label", title);
  sheet.replaceChildren(el("h2", {}, title), ...items(close),
    el("button", { type: "button", class: "no", onclick: close }, word("close")));
  sheet.hidden = false;
  sheet.scrollTop = 0;
  sheet.onkeydown = (event) => { if (event.key === "Escape") close(); else walk(event, sheet); };
  sheet.querySelector("button, input")?.focus({ preventScroll: true });
}

// Arrows go from line to line, as in any menu.
function walk(event, sheet) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || event.target.matches("input")) return;
  const lines = [...sheet.querySelectorAll("button")];
  lines[(lines.indexOf(event.target) + step + lines.length) % lines.length].focus();
  event.preventDefault();
}

const item = (sign, text, act, note = "") => el("button", { type: "button", onclick: act, "data-testid": "sheet-item" },
  el("span", { "aria-hidden": "true" }, sign), el("span", {}, text, note && el("small", {}, note)));

export function attachSheet(phone) {
  openSheet(phone, word("attach"), (close) => [
    item("📷", word("photoOwn"), () => { close(); phone.part(".file").click(); }),
    item("🖼", word("photoSample"), () => { close(); phone.samplePhoto(); }),
    item("📄", word("document"), () => { close(); phone.part(".paper").click(); }),
    item("🎤", word("voiceSample"), () => { close(); phone.voice(); }),
    item("📍", word("location"), () => { close(); placeSheet(phone); }),
    item("☎️", word("contactOwn"), () => { close(); phone.shareContact(); }),
    item("👤", word("contactOther"), () => { close(); phone.otherContact(); }),
  ]);
}

const MAP_CENTER = { latitude: 55.95, longitude: 36.85 }, MAP_SPAN = 2.5;

export function placeSheet(phone) {
  openSheet(phone, word("where"), (close) => {
    const degrees = (label, value, testid) => el("input", { inputmode: "decimal", value, "data-testid": testid, "aria-label": word(label) });
    const latitude = degrees("latitude", "55.9063", "latitude"), longitude = degrees("longitude", "36.8602", "longitude");
    const fault = el("p", { class: "fault", role: "alert" });
    const number = (field) => (field.value.trim() ? Number(field.value.trim().replace(",", ".")) : NaN);
    const map = sketch(MAP_CENTER, MAP_SPAN);
    const mark = () => map.point(number(latitude), number(longitude));
    map.svg.addEventListener("click", (event) => {
      const found = map.spot(event);
      latitude.value = found.latitude.toFixed(4); longitude.value = found.longitude.toFixed(4);
      mark();
    });
    for (const field of [latitude, longitude]) field.addEventListener("input", mark);
    const send = () => {
      const isPlace = Math.abs(number(latitude)) <= 90 && Math.abs(number(longitude)) <= 180;
      if (!isPlace) { fault.textContent = word("wrongPlace"); latitude.focus(); return; }
      close(); phone.sendPlace(number(latitude), number(longitude));
    };
    for (const field of [latitude, longitude]) field.addEventListener("keydown", (event) => { if (event.key === "Enter") send(); });
    mark();
    const towns = TOWNS.map(([ru, en, lat, lon]) => el("button", { type: "button", class: "town", "data-testid": "sheet-item",
      onclick: () => { close(); phone.sendPlace(lat, lon); } }, el("span", { "aria-hidden": "true" }, "📍"), currentLanguage() === "ru" ? ru : en));
    return [el("div", { class: "towns" }, ...towns), el("div", { class: "map is-live", "data-testid": "map" }, map.svg), el("small", { class: "hint" }, word("pickOnMap")),
      el("div", { class: "pair" }, el("label", {}, word("latitude"), latitude), el("label", {}, word("longitude"), longitude)), fault,
      el("button", { type: "button", class: "go", onclick: send }, word("sendPlace"))];
  });
}

export function commandSheet(phone, commands) {
  openSheet(phone, word("menu"), (close) => commands.length
    ? commands.map((command) => item("/", command.command, () => { close(); phone.say(`/${command.command}`); }, command.description))
    : [el("p", {}, word("noCommands"))]);
}

export function moreSheet(phone, person) {
  const { is_offline: isOff, has_blocked: hasBlocked } = person;
  openSheet(phone, word("more"), (close) => [
    item("❓", word("howTo"), () => { close(); howSheet(phone); }, word("noteHow")),
    item(isOff ? "📶" : "✈️", word(isOff ? "online" : "offline"), () => { close(); phone.act(isOff ? "online" : "offline"); }, word(isOff ? "noteOnline" : "noteOffline")),
    item(hasBlocked ? "🔓" : "🚫", word(hasBlocked ? "unblock" : "block"), () => { close(); phone.act(hasBlocked ? "unblock" : "block"); }, word(hasBlocked ? "noteUnblock" : "noteBlock")),
  ]);
}

export function howSheet(phone) {
  openSheet(phone, word("howTo"), () => [el("ol", { class: "how" }, ...word("steps").map((text) => el("li", {}, text)))]);
}

/** Ask in the middle of the phone; resolves with true, or with the fields' values, or null. */
export function ask(phone, text, { fields = [], yes = word("ok"), no = "" } = {}) {
  const dialog = phone.part(".alert");
  phone.closeAsk?.();
  const opener = document.activeElement;
  return new Promise((resolve) => {
    const done = (answer) => { phone.closeAsk = null; dialog.close(); uncover(); opener?.focus?.({ preventScroll: true }); resolve(answer); };
    const uncover = cover(phone, dialog, () => done(null));
    const values = () => (fields.length ? fields.map((field) => field.value.trim()) : true);
    phone.closeAsk = () => done(null);
    dialog.setAttribute("aria-label", text.split("\n")[0]);
    dialog.replaceChildren(el("p", { dir: "auto" }, text), ...fields, el("div", { class: "choice" },
      no && el("button", { type: "button", onclick: () => done(null) }, no),
      el("button", { type: "button", "data-testid": "alert-yes", onclick: () => done(values()) }, yes)));
    dialog.show();
    dialog.onkeydown = (event) => {
      if (event.key === "Escape") done(null);
      if (event.key === "Enter" && event.target.matches("input")) { event.preventDefault(); done(values()); }
    };
    (fields[0] || dialog.querySelector("[data-testid=alert-yes]")).focus();
  });
}
