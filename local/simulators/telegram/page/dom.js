// The little that is needed to build elements and to talk to the simulator.
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child != null && child !== false));
  return made;
}

async function answered(response) {
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw Object.assign(new Error(body.error || response.status), { status: response.status, body });
  return body;
}

export const read = (path) => fetch(`/sim${path}`).then(answered);
export const write = (path, body = {}) => fetch(`/sim${path}`, {
  method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
}).then(answered);
export const upload = (path, form) => fetch(`/sim${path}`, { method: "POST", body: form }).then(answered);

export const remember = (name, value) => { try { localStorage.setItem(name, value); } catch { /* private window */ } };
export const recall = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
