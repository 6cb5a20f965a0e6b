"use strict";

const $ = (id) => document.getElementById(id);
let token = document.querySelector("meta[name=krunk-token]").content;
let key = ""; // operator key, in memory only
let status = null; // last answer of policy/status
let change = fresh(); // what is to be published
let draft = null; // what the server made of it
let drafting = 0; // number of the newest draft request
let timer = 0;
let invalid = ""; // why what stands in the share's field cannot be published
let base = null; // version on the screen when the change was begun, or when the person has looked at it again
let unseen = null; // what somebody else published since then, until the person has looked at the new difference
let mine = ""; // version that this page published last

function fresh() { return { clients: null, connect: [], end: [], rollback: "", enabled: null }; }
function isEmpty(c) { return c.clients === null && !c.connect.length && !c.end.length && !c.rollback && c.enabled === null; }

// The key may come in the address's fragment, which is never sent; it is taken off the address at once.
if (location.hash.startsWith("#key=")) {
  key = decodeURIComponent(location.hash.slice(5));
  history.replaceState(null, "", location.pathname + location.search);
}
$("key").value = key;
$("key").addEventListener("input", (e) => {
  key = e.target.value;
  clearTimeout(timer);
  timer = setTimeout(async () => {
    if (!status) await poll();
    if (!isEmpty(change)) makeDraft(); else alarm(wrong);
  }, 400);
});

// What is prepared survives a reload of the page, in this tab; the key does not.
const kept = "krunk-change";
function save() {
  try {
    if (isEmpty(change)) sessionStorage.removeItem(kept);
    else sessionStorage.setItem(kept, JSON.stringify({ change, base, note: $("note").value }));
  } catch { /* a browser that keeps nothing */ }
}
function restore() {
  try {
    const was = JSON.parse(sessionStorage.getItem(kept));
    if (!was || isEmpty({ ...fresh(), ...was.change })) return;
    change = { ...fresh(), ...was.change };
    base = was.base;
    $("note").value = was.note || "";
  } catch { /* what is not ours */ }
}

// renewToken takes the token of a server that was restarted.
async function renewToken() {
  const answer = await fetch(location.pathname, { cache: "no-store", headers: key ? { Authorization: "Bearer " + key } : {}, signal: AbortSignal.timeout(15000) });
  const meta = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("meta[name=krunk-token]");
  if (!meta || meta.content === token) return false;
  token = meta.content;
  return true;
}

async function call(method, path, body, again = true) {
  const h = { "Krunk-Token": token };
  if (key) h.Authorization = "Bearer " + key;
  const answer = await fetch(path, { method, body, headers: h, cache: "no-store", signal: AbortSignal.timeout(15000) });
  const text = await answer.text();
  let json = null;
  try { json = JSON.parse(text); } catch { /* an answer that is not ours, such as a proxy's */ }
  if (!answer.ok) {
    const e = new Error((json && json.error) || text.slice(0, 300) || "the server answered " + answer.status);
    e.status = answer.status;
    e.problems = (json && json.problems) || [];
    if (json && json.reload && again && await renewToken()) return call(method, path, body, false);
    throw e;
  }
  return json;
}

// --- small helpers for the DOM: text only, never markup

function make(tag, props = {}, ...children) {
  const e = document.createElement(tag);
  for (const [k, v] of Object.entries(props)) {
    if (k in e) e[k] = v; else e.setAttribute(k, v);
  }
  e.append(...children);
  return e;
}
function text(id, s) { if ($(id).textContent !== s) $(id).textContent = s; } // a live region speaks only when it changes
function fill(parent, children) { parent.replaceChildren(...children); }
function count(x) {
  if (x === null || x === undefined) return "?";
  return x.toLocaleString("en", { maximumFractionDigits: x < 10 ? 1 : 0 });
}
function ago(t) {
  const s = Math.max(0, (Date.now() - new Date(t)) / 1000);
  if (s < 60) return "just now";
  if (s < 3600) return Math.floor(s / 60) + " min ago";
  if (s < 86400) return Math.floor(s / 3600) + " h ago";
  return new Date(t).toLocaleDateString();
}
function span(s) { return s < 90 ? Math.round(s) + " s" : Math.round(s / 60) + " min"; }
function left(t) {
  const s = (new Date(t) - Date.now()) / 1000;
  if (s <= 0) return "is over";
  if (s < 90) return "ends in " + Math.ceil(s) + " s";
  if (s < 5400) return "ends in " + Math.round(s / 60) + " min";
  if (s < 172800) return "ends in " + Math.round(s / 3600) + " h";
  return "ends in " + Math.round(s / 86400) + " days";
}
function say(s) { text("said", s); }
// speak tells screen readers, so seldom that they can keep up.
let spokenAt = 0, spoken = "", speaking = 0;
function speak(s) {
  if (s === spoken) return;
  spoken = s;
  clearTimeout(speaking);
  speaking = setTimeout(() => { spokenAt = Date.now(); text("spoken", spoken); }, Math.max(600, spokenAt + 8000 - Date.now()));
}
function alarm(s) { text("alert", s); }

// condition shows what is wrong for as long as it is.
let wrong = "";
function condition(s) {
  if (s !== wrong) alarm(s);
  wrong = s;
}

// --- the change and its draft

function edited() {
  say("");
  clearTimeout(timer);
  draft = null;
  if (isEmpty(change)) { base = null; unseen = null; alarm(wrong); }
  else if (base === null && status) base = status.version;
  save();
  show();
  if (!isEmpty(change)) timer = setTimeout(makeDraft, 150);
}

// makeDraft asks what the change would do to the version on the screen, and to no other.
async function makeDraft() {
  const number = ++drafting;
  try {
    const made = await call("POST", "policy/draft?replaces=" + encodeURIComponent(base || "0.0"), JSON.stringify(body()));
    if (number !== drafting || isEmpty(change)) return;
    draft = made;
    fill($("problems"), []);
    alarm(unseen ? unseen : wrong); // what is wrong with the server stands as long as it is
  } catch (e) {
    if (number !== drafting) return;
    draft = null;
    failed(e);
    if (e.status === 409) setTimeout(poll, 20); // it brings the new version, and the difference to that
  }
  show();
}

// rebase puts the change on top of a version that somebody else published. Nothing of it can be published before the person has
// looked at the new difference.
async function rebase() {
  if (isEmpty(change) || base === status.version) return;
  if (base !== null && status.version !== mine) {
    unseen = (status.by || "Somebody else") + " published " + status.version + (status.note ? " (" + status.note + ")" : "") + " meanwhile. Below is your change on top of that; look at it again.";
  }
  base = status.version;
  save();
  await makeDraft();
}

function body() {
  const c = { note: $("note").value.trim() };
  if (change.clients !== null) c.clients = change.clients;
  if (change.enabled !== null) c.enabled = change.enabled;
  if (change.connect.length) c.connect = change.connect;
  if (change.end.length) c.end = change.end;
  if (change.rollback) c.rollback = change.rollback;
  return c;
}

function failed(e) {
  fill($("problems"), (e.problems || []).map((p) => make("li", {}, (p.path ? p.path + ": " : "") + p.what + (p.write ? "; " + p.write : ""))));
  alarm(e.message);
  if (e.status === 403) $("keybox").hidden = false;
}

function published(done) {
  mine = done.version;
  alarm("");
  say("Published " + done.version + ": " + done.effect.text.replaceAll("->", "→") + (done.unstored ? " Served from memory, the store refuses it: " + done.unstored : ""));
}

async function publish() {
  if (invalid || unseen) return;
  clearTimeout(timer);
  $("publish").disabled = true;
  await makeDraft(); // with the note and the time of now
  if (!draft || unseen) return;
  $("publish").disabled = true;
  const made = draft;
  try {
    const done = await call("PUT", "policy?replaces=" + encodeURIComponent(made.replaces), made.document);
    change = fresh();
    draft = null;
    base = null;
    drafting++;
    $("note").value = "";
    save();
    published(done);
    await poll();
    if (document.activeElement === document.body) $("said").focus();
  } catch (e) {
    failed(e);
    if (e.status === 409) await poll();
  }
  show();
}

// kill asks for one thing alone, and the server sees to it that nothing keeps it. What is being prepared stays.
async function kill(note) {
  try {
    published(await call("POST", "policy/kill", JSON.stringify({ note })));
  } catch (e) {
    failed(e);
  }
  await poll();
}

// restart starts reporting again over the version on the screen.
async function restart(note, version) {
  try {
    const made = await call("POST", "policy/draft?replaces=" + encodeURIComponent(version), JSON.stringify({ enabled: true, note }));
    published(await call("PUT", "policy?restart=1&replaces=" + encodeURIComponent(made.replaces), made.document));
  } catch (e) {
    failed(e);
    if (e.status === 409) alarm("Somebody else published meanwhile, so reporting was not started. Look at what runs now.");
  }
  await poll();
}

function discard() {
  change = fresh();
  draft = null;
  base = null;
  unseen = null;
  drafting++;
  save();
  clearTimeout(timer);
  fill($("problems"), []);
  alarm("");
  say("");
  show();
}

// --- showing

function show() {
  const pending = !isEmpty(change);
  $("nothing").hidden = pending;
  $("pending").hidden = !draft;
  $("preview").classList.toggle("live", pending);
  $("publish").disabled = !draft || !status || !status.publish || invalid !== "" || unseen !== null;
  $("seen").hidden = !draft || unseen === null;
  text("invalid", invalid);
  $("discard").disabled = !pending;
  if (status) {
    const share = change.clients !== null ? change.clients : status.clients;
    if (document.activeElement !== $("share")) $("share").value = String(share);
    if (Number($("slider").value) !== Math.round(share)) $("slider").value = String(Math.round(share));
    $("slider").setAttribute("aria-valuetext", share + " percent");
  }
  if (draft) showDraft();
}

function tile(name, before, after, extra) {
  return make("div", {}, make("dt", {}, name), make("dd", {}, count(before) + " → " + count(after), make("small", {}, extra)));
}

function showDraft() {
  const e = draft.effect;
  const tiles = [tile("Clients that report", e.before.clients, e.after.clients, "of " + count(e.clients) + " connected")];
  if (e.after.records === null) tiles.push(make("div", {}, make("dt", {}, "Records per second"), make("dd", {}, "?", make("small", {}, "the game does not feed volumes"))));
  else tiles.push(tile("Records per second", e.before.records, e.after.records, "predicted from what clients would record"));
  fill($("effect"), tiles);
  const rows = draft.changes.map((c) => make("tr", {}, make("td", {}, make("code", {}, c.path)), make("td", {}, c.old ? make("del", {}, c.old) : "–"), make("td", {}, c.new ? make("ins", {}, c.new) : "–")));
  if (!rows.length) rows.push(make("tr", {}, make("td", { colSpan: 3 }, "No setting changes.")));
  fill($("diff").tBodies[0], rows);
  $("bychannel").hidden = !e.channels.length;
  fill($("bychannel").tBodies[0], e.channels.slice(0, 12).map((c) => make("tr", {},
    make("td", {}, make("code", {}, c.channel)),
    make("td", {}, c.oldSend === c.newSend ? c.newSend : c.oldSend + " → " + c.newSend),
    make("td", { className: "num" }, count(c.before.clients) + " → " + count(c.after.clients)),
    make("td", { className: "num" }, c.after.records === null ? "–" : count(c.before.records) + " → " + count(c.after.records)))));
  const notes = draft.warnings.map((w) => (w.path ? w.path + ": " : "") + w.what + (w.write ? "; " + w.write : ""));
  if (draft.ended && draft.ended.length) notes.push("Rules that are over are taken out: " + draft.ended.join(", "));
  fill($("warnings"), notes.map((n) => make("li", {}, n)));
  text("document", draft.document);
  speak("If published: " + e.text.replaceAll("->", "to"));
}

function showStatus() {
  const s = status;
  const when = s.at ? ", published " + ago(s.at) + " by " + s.by : "";
  text("running", s.version ? "Version " + s.version + when + (s.note ? ": " + s.note : "") + (s.expires ? "; " + left(s.expires) + ", then clients report as they were compiled" : "") : "No policy was published yet; clients run their compiled default.");
  text("chip", !s.version ? "No policy" : s.enabled ? "Reporting, " + s.clients + " %" : "Killed: only crashes come");
  $("chip").className = "chip " + (s.version && s.enabled ? "on" : "off");
  text("kill", s.enabled ? "Kill switch" : "Start reporting again");
  $("kill").classList.toggle("danger", s.enabled);
  $("kill").disabled = !s.publish;
  text("follow", s.version ? "Clients follow with the next heartbeat on the game's connection; those that ask by HTTP within " + span(s.every * 1.2 + s.maxAge) + ": they ask every " + span(s.every) + ", and caches hold copies for " + span(s.maxAge) + "." : "");
  condition(s.notice ? s.notice : !s.publish ? "This page can only look: the game server did not say who may publish (Options.Authorize)." : s.store ? "The store cannot be read: " + s.store : "");
  text("convergence", s.convergence.text);
  if (!draft) speak(s.convergence.text);
  const c = s.convergence, within = " within " + c.window + " s, by this server";
  text("heard", [c.clients ? count(c.clients) + " clients heard of on the game's connection" : "", c.polls ? count(c.polls) + " that ask by HTTP, as anybody can" : ""].filter(Boolean).join(", ") + (c.clients + c.polls ? within : ""));
  fill($("states"), s.convergence.states.map((g) => make("li", { className: g.rejected ? "rejected" : g.current ? "current" : "" },
    make("div", { className: "line" }, make("span", {}, g.text + (g.polled ? " (by HTTP)" : "")), make("span", {}, count(g.clients) + " clients")),
    make("progress", { max: 1, value: g.share, "aria-label": g.text }))));
  fill($("channels"), s.channels.map((c) => make("option", { value: c })));
  showCounters(s.counters);
  showRules(s.rules);
}

function showCounters(list) {
  $("counters-box").hidden = !list.length;
  const most = Math.max(...list.map((c) => c.rate), 1e-9);
  fill($("counters").tBodies[0], list.map((c) => make("tr", {}, make("td", {}, make("code", {}, c.channel)),
    make("td", {}, make("progress", { max: most, value: c.rate, "aria-label": c.channel + ", events per second" })),
    make("td", { className: "num" }, count(c.rate)), make("td", { className: "num" }, count(c.count)))));
}

let shownRules = "";
function showRules(list) {
  $("norules").hidden = list.length > 0;
  const signature = JSON.stringify([list, change.end, Math.floor(Date.now() / 10000)]);
  if (signature === shownRules || $("rules").contains(document.activeElement)) return;
  shownRules = signature;
  fill($("rules"), list.map((r) => {
    const stop = make("button", { type: "button", className: "small", disabled: !status.publish || change.end.includes(r.id) }, "End");
    stop.setAttribute("aria-label", "End rule " + r.id);
    stop.addEventListener("click", () => { stop.disabled = true; change.end.push(r.id); edited(); $("publish").scrollIntoView({ block: "nearest" }); });
    return make("li", {}, make("div", {}, make("b", {}, r.id), " ", make("span", { className: "quiet" }, r.until ? left(r.until) : "has no end"), make("code", {}, summary(r.text))), stop);
  }));
}

function summary(raw) {
  try {
    const r = JSON.parse(raw), { channels, ...top } = r.set || {};
    const who = JSON.stringify(r.when) === '{"not":{"env":["none"]}}' ? "everyone" : JSON.stringify(r.when);
    const words = (o) => Object.entries(o).map(([k, v]) => k + " " + v).join(", ");
    const parts = Object.entries(channels || {}).map(([name, set]) => name + ": " + words(set));
    if (Object.keys(top).length) parts.unshift(words(top));
    return parts.join("; ") + " (" + who + ")";
  } catch { return raw; }
}

async function showHistory() {
  const list = await call("GET", "policy/history");
  fill($("history").tBodies[0], list.slice(0, 12).map((v, i) => {
    const back = make("button", { type: "button", className: "small", disabled: !status.publish }, "Roll back");
    back.setAttribute("aria-label", "Roll back to " + v.version);
    back.addEventListener("click", () => { change = fresh(); change.rollback = v.version; edited(); $("preview").scrollIntoView({ block: "nearest" }); });
    return make("tr", { title: v.audit }, make("td", {}, v.version), make("td", {}, ago(v.at), make("br"), make("span", { className: "quiet" }, v.by)), make("td", {}, v.note || "–"), make("td", {}, i === 0 ? "runs" : back));
  }));
}

let shownHistory = null;
async function poll() {
  try {
    status = await call("GET", "policy/status");
    showStatus();
    if (shownHistory !== status.version) {
      shownHistory = status.version;
      await showHistory();
    }
    await rebase();
    show();
    document.body.dataset.ready = status.version || "none";
  } catch (e) {
    condition(e.status === 403 ? e.message : "The server does not answer: " + e.message);
    if (e.status === 403) $("keybox").hidden = false;
  }
}
async function loop() {
  await poll();
  setTimeout(loop, document.hidden ? 10000 : 1500);
}

// --- the confirmation

function confirmFirst(title, words, yes, then) {
  text("c-title", title);
  text("c-text", words);
  text("c-yes", yes);
  $("c-note").value = "";
  $("c-yes").onclick = () => { $("confirm").close(); then($("c-note").value.trim()); };
  $("confirm").showModal();
  $("c-note").focus();
}
$("c-no").addEventListener("click", () => $("confirm").close());

$("kill").addEventListener("click", () => {
  const on = !status || status.enabled; // as long as nothing is known it is the emergency that counts
  const version = (status && status.version) || "0.0";
  const then = (note) => on ? kill(note || "kill switch") : restart(note || "reporting again", version);
  if (on) confirmFirst("Stop all reporting?", "Every client stops sending anything but crashes, and drops what it has queued. You can start it again here.", "Stop all reporting", then);
  else confirmFirst("Start reporting again?", "Clients report as the policy says: " + status.clients + " % of them.", "Start reporting", then);
});

// --- controls

$("slider").addEventListener("input", (e) => setShare(Number(e.target.value)));
$("share").addEventListener("input", (e) => {
  const good = e.target.value !== "" && e.target.validity.valid;
  invalid = good ? "" : "The share has to be a number from 0 to 100 with at most 4 decimals.";
  if (good) return setShare(Number(e.target.value));
  clearTimeout(timer);
  draft = null;
  drafting++;
  show();
});
$("share").addEventListener("blur", () => { if (invalid) { invalid = ""; edited(); } }); // the field shows what holds again
function setShare(x) {
  invalid = "";
  change.clients = status && x === status.clients ? null : x;
  if (document.activeElement === $("slider")) $("share").value = String(x);
  edited();
}
$("connect").addEventListener("submit", (e) => {
  e.preventDefault();
  const name = $("channel").value.trim();
  change.connect = change.connect.filter((c) => c.channel !== name);
  change.connect.push({ channel: name, level: $("level").value, for: $("for").value });
  $("channel").value = "";
  edited();
});
$("publish").addEventListener("click", () => publish());
$("discard").addEventListener("click", discard);
$("note").addEventListener("input", save);
$("seen").addEventListener("click", () => {
  unseen = null;
  alarm(wrong);
  show();
  $("publish").focus();
});
restore();
loop();
