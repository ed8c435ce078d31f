// Small helpers for elements.

// h("div.class", {attribute: value, onclick: f}, ...children): texts become text, never HTML.
export function h(name, attributes = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

let sprite = "";

export function useSprite(url) {
  sprite = url;
}

export function icon(name) {
  return svg("svg", { class: "icon", "aria-hidden": "true" }, svg("use", { href: `${sprite}#${name}` }));
}

export function button(text, { symbol = null, hint = null, kind = "", ...attributes } = {}) {
  const label = symbol && hint ? { "aria-label": hint, title: hint } : { title: hint };
  return h("button", { type: "button", class: `btn btn-sm ${kind}`.trim(), ...label, ...attributes }, symbol && icon(symbol), text);
}

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Call once per frame, however often it is asked for.
export function perFrame(work) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      work();
    });
  };
}
