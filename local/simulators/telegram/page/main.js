// The page: two phones, one stream of events.
import { el, read, write } from "./dom.js";
import { Phone } from "./phone.js";
import { howSheet } from "./sheets.js";
import { currentLanguage, switchLanguage, word } from "./words.js";

const people = new Map();
const everybody = () => [...people.values()];
const FIRST = {
  ru: { client: ["Анна", "Петрова"], contractor: ["Иван", "Буров"] },
  en: { client: ["Anna", "Petrova"], contractor: ["Ivan", "Burov"] },
};
const phones = ["client", "contractor"].map((role) => new Phone(document.getElementById(`place-${role}`), role, everybody));

function translate() {
  document.documentElement.lang = currentLanguage();
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = word(element.dataset.word);
  const language = document.querySelector(".language");
  language.textContent = currentLanguage() === "ru" ? "English" : "Русский";
  language.lang = currentLanguage() === "ru" ? "en" : "ru";
  document.title = `DrillFlow · ${word("title")}`;
  document.querySelector(".tabs").setAttribute("aria-label", word("switcher"));
  document.querySelector(".steps ol").replaceChildren(...word("steps").map((text) => el("li", {}, el("span", {}, text))));
  for (const phone of phones) phone.translate();
}

function show(role) {
  for (const phone of phones) {
    const isShown = phone.role === role;
    phone.place.classList.toggle("is-shown", isShown);
    document.querySelector(`[data-tab="${phone.role}"]`).setAttribute("aria-pressed", String(isShown));
    if (isShown) { phone.unread = 0; phone.onUnread(); phone.goToEnd(); }
  }
}

for (const phone of phones) {
  const tab = document.querySelector(`[data-tab="${phone.role}"]`);
  phone.onUnread = () => { tab.querySelector("i").textContent = phone.unread || ""; };
  tab.addEventListener("click", () => show(phone.role));
}
document.querySelector(".language").addEventListener("click", async () => {
  switchLanguage();
  translate();
  for (const phone of phones) await followLanguage(phone);
});

document.querySelector(".how-to").addEventListener("click", () => howSheet(phones.find((phone) => phone.place.classList.contains("is-shown"))));

// Somebody who has not met the bot yet meets it in the page's language; a met one has chosen his own.
async function followLanguage(phone) {
  const { person } = phone;
  if (!person) return;
  if (person.has_started) { phone.toast(word("botLanguage")); return; }
  const { id, first_name, last_name, username, phone_number } = person;
  const told = { id, first_name, last_name, username, phone_number, language_code: currentLanguage() };
  await phone.attempt(write("/people", Object.fromEntries(Object.entries(told).filter(([, value]) => value != null))));
}

async function personFor(phone, taken) {
  const wanted = Phone.remembered(phone.role);
  if (people.has(wanted) && wanted !== taken) return wanted;
  const free = everybody().filter((person) => person.id !== taken);
  const position = phone.role === "client" ? 0 : free.length - 1;
  if (people.size > 1 && free.length) return free[position].id;
  const [first, last] = FIRST[currentLanguage()][phone.role];
  const created = await write("/people", { first_name: first, last_name: last, language_code: currentLanguage() });
  people.set(created.id, created);
  return created.id;
}

async function loadAll() {
  for (const person of await read("/people")) people.set(person.id, person);
  for (const phone of phones) await phone.load();
}

function listen() {
  const state = document.querySelector(".link-state");
  const stream = new EventSource("/sim/events");
  stream.onopen = () => { state.textContent = ""; };
  stream.onerror = () => { state.textContent = word("noLink"); };
  stream.onmessage = (message) => {
    const event = JSON.parse(message.data);
    if (event.kind === "reset") { loadAll(); return; }
    if (event.kind === "person") {
      people.set(event.person_id, event.person);
      for (const phone of phones) phone.drawPeople();
    }
    for (const phone of phones) if (phone.id === event.person_id) phone.happened(event);
  };
}

async function open() {
  translate();
  try {
    await meet();
  } catch {
    document.querySelector(".link-state").textContent = word("noLink");
    setTimeout(open, 2000);
  }
}

async function meet() {
  for (const person of await read("/people")) people.set(person.id, person);
  const client = await personFor(phones[0], null);
  await phones[0].choose(client);
  await phones[1].choose(await personFor(phones[1], client));
  listen();
  document.body.dataset.ready = "yes";
}

open();
