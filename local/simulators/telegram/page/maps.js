// A map in a few strokes: rivers, roads and the towns that the page knows. No tiles from elsewhere.
import { currentLanguage, TOWNS } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 340, HEIGHT = 190;
// A degree of longitude is shorter here than one of latitude.
const STRETCH = 0.56;

function draw(tag, attributes, text = "") {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  return made;
}

/** A sketch around a point, `span` degrees of latitude high; `spot` turns a click into degrees. */
export function sketch(center, span) {
  const scale = HEIGHT / span;
  const x = (longitude) => WIDTH / 2 + (longitude - center.longitude) * scale * STRETCH;
  const y = (latitude) => HEIGHT / 2 - (latitude - center.latitude) * scale;
  const svg = draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "sketch", preserveAspectRatio: "xMidYMid slice", "aria-hidden": "true" });
  // Lines of the whole degree grid drift with the place, so that two places look different.
  for (let step = -6; step <= 6; step += 1) {
    const east = x((Math.round(center.longitude / span * 3) + step) * span / 3);
    const north = y((Math.round(center.latitude / span * 3) + step) * span / 3);
    svg.append(draw("path", { class: "road", d: `M${east - 26} 0 L${east + 26} ${HEIGHT}` }));
    svg.append(draw("path", { class: "road", d: `M0 ${north + 9} L${WIDTH} ${north - 9}` }));
  }
  const bend = Math.sin(center.latitude * 40 + center.longitude * 23) * 46;
  svg.append(draw("path", { class: "river", d: `M-5 ${HEIGHT * 0.8 + bend / 3} C 90 ${HEIGHT * 0.5 + bend}, 200 ${HEIGHT * 0.95 - bend}, 345 ${HEIGHT * 0.3 + bend / 2}` }));
  for (const [ru, en, latitude, longitude] of TOWNS) {
    const name = currentLanguage() === "ru" ? ru : en;
    if (x(longitude) < 0 || x(longitude) > WIDTH || y(latitude) < 8 || y(latitude) > HEIGHT) continue;
    const isRight = x(longitude) > WIDTH - 90;
    svg.append(draw("circle", { class: "town", cx: x(longitude), cy: y(latitude), r: 4 }));
    svg.append(draw("text", { x: x(longitude) + (isRight ? -8 : 8), y: y(latitude) + 4, "text-anchor": isRight ? "end" : "start" }, name));
  }
  const needle = draw("path", { class: "needle", d: "M0 0 C-4 -9 -11 -13 -11 -21 a11 11 0 0 1 22 0 c0 8 -7 12 -11 21z" });
  svg.append(needle);
  const point = (latitude, longitude) => {
    const isThere = Number.isFinite(latitude) && Number.isFinite(longitude);
    needle.setAttribute("transform", `translate(${isThere ? x(longitude) : -99} ${isThere ? y(latitude) : -99})`);
  };
  const spot = (event) => {
    const box = svg.getBoundingClientRect(), zoom = Math.max(box.width / WIDTH, box.height / HEIGHT);
    const right = (event.clientX - box.left - box.width / 2) / zoom, down = (event.clientY - box.top - box.height / 2) / zoom;
    return { latitude: center.latitude - down / scale, longitude: center.longitude + right / scale / STRETCH };
  };
  return { svg, point, spot };
}
