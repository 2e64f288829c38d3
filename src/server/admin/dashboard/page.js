// What the parts of the page share. Everything that comes from requests, files or services is hostile text: it gets
// into the page by textContent alone.

export const one = (selector, inside = document) => inside.querySelector(selector);

// An element with a class and children, which are elements or text.
export function made(tag, className = "", ...children) {
  const element = document.createElement(tag);
  element.className = className;
  element.append(...children.map((child) => child instanceof Node ? child : harmless(child)));
  return element;
}

export function button(text, label, act) {
  const element = made("button", "", text);
  element.type = "button";
  element.ariaLabel = label;
  element.addEventListener("click", act);
  return element;
}

// Control and direction characters could make text look like what it is not. Lines stay.
export const harmless = (text) => String(text).replace(/(?!\n)[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, "\ufffd");

// Writes only what changed: a selection stays.
export function say(element, text) {
  const shown = harmless(text);
  if (element.textContent !== shown) element.textContent = shown;
}

// Makes `parent` hold one child for each item, in their order. A child stays the same element as long as its item's key
// does, so that focus and scrolling stay too. `update` is called for all.
export function sync(parent, items, key, create, update = () => {}) {
  const wanted = new Set(items.map(key)), there = new Map();
  for (const child of [...parent.children]) {
    if (wanted.has(child.dataset.key) && !there.has(child.dataset.key)) there.set(child.dataset.key, child);
    else child.remove();
  }
  let at = parent.firstElementChild;
  for (const item of items) {
    let child = there.get(key(item));
    if (child) {
      there.delete(key(item));
    } else {
      child = create(item);
      child.dataset.key = key(item);
    }
    update(child, item);
    if (child === at) at = at.nextElementSibling;
    else parent.insertBefore(child, at);
  }
}

// Shows `text` and waits for the answer: true for the button `verb`.
export function confirmed(title, text, verb) {
  const dialog = one("#ask"), [no, yes] = dialog.querySelectorAll("button");
  say(one("h2", dialog), title);
  say(one("p", dialog), text);
  say(yes, verb);
  no.onclick = () => dialog.close("no");
  yes.onclick = () => dialog.close("yes");
  dialog.returnValue = "no";  // of Escape
  dialog.showModal();
  return new Promise((done) => dialog.addEventListener("close", () => done(dialog.returnValue === "yes"), {once: true}));
}

export const clock = (time, fraction = 0) =>
  time.toLocaleTimeString("en-GB", {fractionalSecondDigits: fraction || undefined, hour: "2-digit", minute: "2-digit", second: "2-digit"});

export function bytesText(bytes) {
  if (bytes >= 2 ** 30) return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  return bytes >= 2 ** 20 ? `${(bytes / 2 ** 20).toFixed(1)} MiB` : `${Math.round(bytes / 1024)} KiB`;
}

export const timeText = (ms) => ms >= 1000 ? `${(ms / 1000).toFixed(2)} s` : `${ms.toFixed(1)} ms`;

export function uptimeText(s) {
  const two = (value) => String(Math.floor(value)).padStart(2, "0");
  if (s >= 86400) return `${Math.floor(s / 86400)}d${two(s / 3600 % 24)}h`;
  return s >= 3600 ? `${Math.floor(s / 3600)}h${two(s / 60 % 60)}m` : `${Math.floor(s / 60)}m${two(s % 60)}s`;
}
