"use strict";

// --- small helpers for the DOM: text only, never markup

const $ = (id) => document.getElementById(id);

function make(tag, props = {}, ...children) {
  const e = document.createElement(tag);
  for (const [k, v] of Object.entries(props)) {
    if (k in e) e[k] = v; else e.setAttribute(k, v);
  }
  e.append(...children);
  return e;
}
function text(id, s) { // a live region speaks only when it changes
  const shown = visible(s);
  if ($(id).textContent !== shown) $(id).textContent = shown;
}

// fill makes parent hold children, and keeps what is there: only what differs is written, so that neither a selection nor the focus is lost
// because something beside it goes on. What has data-of stands for the same thing as what had it before, wherever it stands now; all else is
// paired in order. What is clicked is said by onclick, which comes along; whether a details is open is the person's.
function fill(parent, children) {
  const old = [...parent.childNodes];
  const nodes = children.map((c) => {
    const made = typeof c === "string" ? new Text(c) : c;
    const i = old.findIndex((o) => o.nodeName === made.nodeName && of(o) === of(made));
    return i < 0 ? made : become(old.splice(i, 1)[0], made);
  });
  for (const o of old) o.remove();
  arrange(parent, nodes);
}
function of(node) { return node.dataset ? node.dataset.of : undefined; }
function become(node, made) {
  if (node.nodeType === Node.TEXT_NODE) {
    if (node.data !== made.data) node.data = made.data;
    return node;
  }
  for (const { name } of [...node.attributes]) if (name !== "open" && !made.hasAttribute(name)) node.removeAttribute(name);
  for (const { name, value } of made.attributes) if (node.getAttribute(name) !== value) node.setAttribute(name, value);
  node.onclick = made.onclick;
  node.words = made.words;
  fill(node, [...made.childNodes]);
  return node;
}
// arrange puts nodes in order. What holds the focus or the selection is not moved, since it would lose them: others are moved around it.
function arrange(parent, nodes) {
  const anchor = document.getSelection().anchorNode;
  const fixed = nodes.find((n) => n.contains(document.activeElement)) || nodes.find((n) => n.contains(anchor));
  let at = parent.firstChild;
  for (const n of nodes) {
    while (n === fixed && at !== n) {
      const later = at;
      at = at.nextSibling;
      parent.append(later);
    }
    if (n === at) at = at.nextSibling;
    else parent.insertBefore(n, at);
  }
}

// visible shows the characters that turn the order of a line around: a note could look like another one.
function visible(s) { return String(s).replace(/[\u202a-\u202e\u2066-\u2069]/g, (c) => "[U+" + c.charCodeAt(0).toString(16).toUpperCase() + "]"); }
// theirs is a text that somebody wrote; its direction ends with it.
function theirs(s, props = {}) { return make("bdi", props, visible(s)); }

// row makes a row of a table that is stacked where there is no room; the names of the columns then stand beside the cells. The roles
// are said, since a row that is shown as a block is no row to a screen reader.
function row(names, cells, props = {}) {
  return make("tr", { role: "row", ...props }, ...cells.map((c, i) => {
    const td = c instanceof HTMLTableCellElement ? c : make("td", {}, ...(Array.isArray(c) ? c : [c]));
    td.setAttribute("role", td.tagName === "TH" ? "rowheader" : "cell");
    if (names[i]) {
      td.dataset.label = names[i];
      const all = make("div", {}, ...td.childNodes);
      td.append(all);
    }
    return td;
  }));
}
for (const t of document.querySelectorAll("table.stack")) {
  t.setAttribute("role", "table");
  for (const g of t.querySelectorAll("thead, tbody")) g.setAttribute("role", "rowgroup");
  for (const r of t.querySelectorAll("thead tr")) r.setAttribute("role", "row");
  for (const h of t.querySelectorAll("thead th")) h.setAttribute("role", "columnheader");
}
const num = (...children) => make("td", { className: "num" }, ...children);

// keep is fill for what takes long to make: nothing is made while key is the same.
function keep(parent, key, children) {
  if (parent.dataset.key === key) return;
  parent.dataset.key = key;
  fill(parent, children());
}

function count(x) {
  if (x === null || x === undefined) return "?";
  return x.toLocaleString("en", { maximumFractionDigits: x < 10 ? 1 : 0 });
}
function many(n, word) { return count(n) + " " + word + (n === 1 ? "" : "s"); }
function percent(x) { return x.toLocaleString("en", { maximumFractionDigits: 4 }) + " %"; }
// The server's clock counts: a machine whose own is far off would show every end wrong. Little is left alone, so that nothing jumps.
let skew = 0; // milliseconds that the server is ahead
function setClock(t) {
  const off = new Date(t) - Date.now();
  skew = Math.abs(off) > 120000 ? off : 0;
}
function clockNow() { return Date.now() + skew; }
function ago(t) {
  const s = Math.max(0, (clockNow() - new Date(t)) / 1000);
  if (s < 60) return "just now";
  if (s < 3600) return Math.floor(s / 60) + " min ago";
  if (s < 86400) return Math.floor(s / 3600) + " h ago";
  return new Date(t).toLocaleDateString();
}
// clock is a time that goes on: how long ago, or until when.
function clock(t, words) {
  const e = make("time", { dateTime: t, title: new Date(t).toLocaleString() }, words(t));
  e.words = words;
  return e;
}
function clocks() {
  for (const e of document.querySelectorAll("time")) {
    const now = e.words(e.dateTime);
    if (e.textContent !== now) e.textContent = now;
  }
}
function span(s) { return s < 90 ? Math.round(s) + " s" : Math.round(s / 60) + " min"; }
function left(t) {
  const s = (new Date(t) - clockNow()) / 1000;
  if (s <= 0) return "is over";
  if (s < 90) return "ends in " + Math.ceil(s) + " s";
  if (s < 5400) return "ends in " + Math.round(s / 60) + " min";
  if (s < 172800) return "ends in " + Math.round(s / 3600) + " h";
  return "ends in " + Math.round(s / 86400) + " days";
}
// holds reports whether all words of a filter are somewhere in a text.
function holds(filter, ...texts) {
  const all = texts.join(" ").toLowerCase();
  return filter.toLowerCase().split(/\s+/).every((w) => all.includes(w));
}
function arrow(a, b) { return a === b ? b : a + " → " + b; }
function changeRows(list) {
  const names = ["Setting", "Now", "Then"];
  if (!list.length) return [row([], [make("td", { colSpan: 3 }, "No setting differs.")])];
  return list.map((c) => row(names, [make("code", {}, theirs(c.path)), c.old ? make("del", {}, theirs(c.old)) : "–", c.new ? make("ins", {}, theirs(c.new)) : "–"], { "data-of": c.path }));
}

// speak tells screen readers, so seldom that they can keep up.
let spokenAt = 0, spoken = "", speaking = 0;
function speak(s) {
  if (s === spoken) return;
  spoken = s;
  clearTimeout(speaking);
  speaking = setTimeout(() => { spokenAt = Date.now(); text("spoken", spoken); }, Math.max(600, spokenAt + 8000 - Date.now()));
}
