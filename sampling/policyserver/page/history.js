"use strict";

// --- history: who did what and why, and what differs between any two versions

const few = matchMedia("(max-width: 640px)").matches ? 6 : 12;
let versions = []; // the newest first
let wholeHistory = false;
let picked = false; // somebody has chosen what to compare
for (const id of ["from", "to"]) $(id).addEventListener("input", () => { picked = true; });

let shownHistory = null; // version that was newest when the history was read
let readingHistory = 0;
async function loadHistory() {
  if (shownHistory === status.version) return;
  const number = ++readingHistory, version = status.version;
  shownHistory = version; // or each look would ask a store that is slow
  try {
    const list = await call("GET", "policy/history");
    if (number !== readingHistory) return;
    versions = list;
  } catch (e) {
    if (number === readingHistory) {
      text("history-count", "The history cannot be read: " + e.message);
      setTimeout(() => { if (number === readingHistory) shownHistory = null; }, 5000); // then the next look asks again
    }
    return;
  }
  for (const id of ["from", "to"]) {
    const was = $(id).value;
    fill($(id), versions.map((v) => make("option", { value: v.version, "data-of": v.version }, v.version + (v.note ? " " + visible(v.note).slice(0, 40) : ""))));
    if (picked && versions.some((v) => v.version === was)) $(id).value = was;
    else $(id).selectedIndex = id === "from" ? Math.min(1, versions.length - 1) : 0;
  }
  $("compare").hidden = versions.length < 2;
  showHistory();
}

function showHistory() {
  const filter = $("history-filter").value;
  const found = versions.filter((v) => holds(filter, v.version, v.by, v.note, v.audit));
  const shown = wholeHistory || filter ? found : found.slice(0, few);
  $("history-all").hidden = filter !== "" || versions.length <= few;
  text("history-all", wholeHistory ? "Show the newest" : "Show all");
  text("history-count", shown.length < versions.length ? shown.length + " of " + versions.length + " versions" : many(versions.length, "version"));
  keep($("history").tBodies[0], JSON.stringify([shown, status.publish, status.version]), () => shown.map(historyRow));
}

function historyRow(v) {
  const buttons = make("div", { className: "actions" });
  const before = versions[versions.indexOf(v) + 1];
  if (before) {
    buttons.append(make("button", { type: "button", className: "small", "aria-label": "Changes of " + v.version, onclick: () => compare(before.version, v.version), "data-of": "look" }, "Changes"));
  }
  if (v.version === status.version) {
    buttons.append(make("span", { className: "quiet" }, "runs"));
  } else {
    buttons.append(make("button", { type: "button", className: "small", disabled: !status.publish, "aria-label": "Roll back to " + v.version, onclick: () => rollBack(v.version), "data-of": "back" }, "Roll back"));
  }
  const line = v.audit ? make("details", {}, make("summary", { "aria-label": "Log line of " + v.version }, "Log line"), theirs(v.audit)) : "–";
  return row(["Version", "When and who", "Why", "", ""], [make("th", { scope: "row" }, v.version), [clock(v.at, ago), make("br"), theirs(v.by, { className: "quiet" })], theirs(v.note || "–"), line, buttons], { "data-of": v.version });
}

function rollBack(version) {
  change.rollback = version; // what else is prepared goes on top of it
  edited();
  $("preview").scrollIntoView({ block: "nearest" });
}

async function compare(from, to) {
  $("from").value = from;
  $("to").value = to;
  try {
    const c = await call("GET", "policy/compare?from=" + encodeURIComponent(from) + "&to=" + encodeURIComponent(to));
    text("comparison-title", "From " + from + " to " + to);
    fill($("comparison").tBodies[0], changeRows(c.changes));
    text("compared-document", visible(c.document));
    $("compared").hidden = false;
    $("compared").scrollIntoView({ block: "nearest" });
    speak(c.changes.length + " settings differ between " + from + " and " + to);
  } catch (e) { failed(e); }
}

$("compare").addEventListener("submit", (e) => { e.preventDefault(); compare($("from").value, $("to").value); });
$("compare-close").addEventListener("click", () => { $("compared").hidden = true; $("compare-go").focus(); });
$("history-filter").addEventListener("input", () => { if (status) showHistory(); });
$("history-all").addEventListener("click", () => { wholeHistory = !wholeHistory; showHistory(); });
