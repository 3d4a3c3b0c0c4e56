// The page: two phones, one stream of events.
import { el, read, write } from "./dom.js";
import { Phone } from "./phone.js";
import { currentLanguage, switchLanguage, word } from "./words.js";

const people = new Map();
const everybody = () => [...people.values()];
const FIRST = {
  client: { first_name: "Анна", last_name: "Петрова", language_code: "ru" },
  contractor: { first_name: "Иван", last_name: "Буров", language_code: "ru" },
};
const phones = ["client", "contractor"].map((role) => new Phone(document.getElementById(`place-${role}`), role, everybody));

function translate() {
  document.documentElement.lang = currentLanguage();
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = word(element.dataset.word);
  const language = document.querySelector(".language");
  language.textContent = currentLanguage() === "ru" ? "English" : "Русский";
  language.lang = currentLanguage() === "ru" ? "en" : "ru";
  document.querySelector(".steps ol").replaceChildren(...word("steps").map((text) => el("li", {}, el("span", {}, text))));
  for (const phone of phones) phone.translate();
}

function show(role) {
  for (const phone of phones) {
    const isShown = phone.role === role;
    phone.place.classList.toggle("is-shown", isShown);
    document.querySelector(`[data-tab="${phone.role}"]`).setAttribute("aria-selected", String(isShown));
    if (isShown) { phone.unread = 0; phone.onUnread(); phone.follow(true); }
  }
}

for (const phone of phones) {
  const tab = document.querySelector(`[data-tab="${phone.role}"]`);
  phone.onUnread = () => { tab.querySelector("i").textContent = phone.unread || ""; };
  tab.addEventListener("click", () => show(phone.role));
}
document.querySelector(".language").addEventListener("click", () => { switchLanguage(); translate(); });

async function personFor(phone, taken) {
  const wanted = Phone.remembered(phone.role);
  if (people.has(wanted) && wanted !== taken) return wanted;
  const free = everybody().filter((person) => person.id !== taken);
  const position = phone.role === "client" ? 0 : free.length - 1;
  if (people.size > 1 && free.length) return free[position].id;
  const created = await write("/people", FIRST[phone.role]);
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
  for (const person of await read("/people")) people.set(person.id, person);
  const client = await personFor(phones[0], null);
  await phones[0].choose(client);
  await phones[1].choose(await personFor(phones[1], client));
  listen();
  document.body.dataset.ready = "yes";
}

open();
