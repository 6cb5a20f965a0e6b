"use strict";

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
let faults = []; // what is wrong with the change

function fresh() { return { clients: null, ramp: [], connect: [], end: [], mute: [], raise: [], unmute: [], pull: [], unpull: [], rollback: "", enabled: null }; }
function isEmpty(c) { return c.clients === null && !c.ramp.length && !c.connect.length && !c.end.length && !c.mute.length && !c.raise.length && !c.unmute.length && !c.pull.length && !c.unpull.length && !c.rollback && c.enabled === null; }

// The key may come in the address's fragment, which is never sent; it is taken off the address at once.
if (location.hash.startsWith("#key=")) {
  key = location.hash.slice(5);
  try { key = decodeURIComponent(key); } catch { /* a key with a bare % */ }
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
    if (isEmpty(change) && !$("note").value) sessionStorage.removeItem(kept);
    else sessionStorage.setItem(kept, JSON.stringify({ change, base, unseen, note: $("note").value }));
  } catch { /* a browser that keeps nothing */ }
}
let restored = false; // and not drafted yet
function restore() {
  try {
    const was = JSON.parse(sessionStorage.getItem(kept));
    if (!was) return;
    $("note").value = was.note || ""; // which may be there before anything is changed
    if (isEmpty({ ...fresh(), ...was.change })) return;
    change = { ...fresh(), ...was.change };
    base = was.base;
    unseen = was.unseen || null;
    restored = true;
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

function say(s) { text("said", s); }
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
  if (!isEmpty(change)) dropped = null;
  if (isEmpty(change)) { base = null; unseen = null; alarm(wrong); }
  else if (base === null && status) base = below(status.version, mine) ? mine : status.version;
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
    faults = [];
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
  if (isEmpty(change) || base === status.version && !restored) return;
  restored = false;
  const gone = base === status.version ? [] : lapse();
  if (base !== null && base !== status.version && status.version !== mine) {
    const words = (status.by || "Somebody else") + " published " + status.version + (status.note ? " (" + status.note + ")" : "") + " meanwhile."
      + (gone.length ? " It has ended " + gone.join(", ") + ", which was taken out of your change." : "");
    if (isEmpty(change)) {
      edited();
      return alarm(words + " Nothing of your change is left to do.");
    }
    unseen = words + " Below is your change on top of that; look at it again.";
  }
  if (isEmpty(change)) return edited();
  base = status.version;
  save();
  await makeDraft();
}

// lapse takes out what was to be ended and is not there any more, and returns what that is.
function lapse() {
  if (change.rollback) return []; // what is there then is in the old version
  const gone = [];
  const there = (ids, list, name, of) => ids.filter((id) => list.some((x) => of(x) === id) || gone.push(name + " " + id) === 0);
  change.end = there(change.end, status.rules, "rule", (x) => x.id);
  change.unmute = there(change.unmute, status.kinds, "what was said about fault", (x) => x.kind);
  change.unpull = there(change.unpull, status.pulls, "request", (x) => x.id);
  return gone;
}

function body() {
  const c = { note: $("note").value.trim() };
  if (change.clients !== null) c.clients = change.clients;
  if (change.ramp.length) c.ramp = change.ramp.map((s) => ({ after: s.after, clients: s.clients }));
  if (change.enabled !== null) c.enabled = change.enabled;
  if (change.connect.length) c.connect = change.connect;
  if (change.end.length) c.end = change.end;
  if (change.mute.length) c.mute = change.mute;
  if (change.raise.length) c.raise = change.raise;
  if (change.unmute.length) c.unmute = change.unmute;
  if (change.pull.length) c.pull = change.pull;
  if (change.unpull.length) c.unpull = change.unpull;
  if (change.rollback) c.rollback = change.rollback;
  return c;
}

// placeWords calls a place of the document by what the person sees of it.
function placeWords(path) { return path.replace(/^ramp\[(\d+)\].*/, (_, n) => "Step " + (Number(n) + 1)).replace(/^kinds\["(.*?)"\].*/, "Fault $1"); }
// faulty reports whether the place of something that is wrong begins like that.
function faulty(path) { return faults.some((p) => p.path && p.path.startsWith(path)); }

function failed(e) {
  faults = e.problems || [];
  const words = faults.map((p) => (p.item ? "Connect " + change.connect[p.item - 1]?.channel + ": " : p.path ? placeWords(p.path) + ": " : "") + p.what + (p.write ? "; " + p.write : ""));
  fill($("problems"), words.map((w) => make("li", {}, theirs(w))));
  alarm(words.length ? "This cannot be published. " + words[0] + (words.length > 1 ? " (and " + (words.length - 1) + " more, beside the button)" : "") : e.message);
  if (e.status === 403) $("keybox").hidden = false;
}

function published(done) {
  mine = done.version;
  seenVersion(mine);
  alarm("");
  say("Published " + done.version + ": " + done.effect.text.replaceAll("->", "→") + (done.unstored ? " Served from memory by this server alone, so throw it on the others too; the store refuses it: " + done.unstored : ""));
}

async function publish() {
  if (invalid || unseen) return;
  clearTimeout(timer);
  $("publish").disabled = true;
  await makeDraft(); // with the note and the time of now
  if (!draft || unseen) return;
  $("publish").disabled = true;
  const made = draft;
  $("main").inert = true; // what is typed while it goes out would be lost; the kill switch stays at hand
  try {
    const done = await call("PUT", "policy?replaces=" + encodeURIComponent(made.replaces), made.document);
    change = fresh();
    stepRows();
    draft = null;
    base = null;
    unseen = null;
    dropped = null;
    drafting++;
    $("note").value = "";
    save();
    published(done);
    soon();
  } catch (e) {
    failed(e);
    if (e.status === 409) await poll();
  } finally {
    $("main").inert = false;
  }
  show();
  if (document.activeElement === document.body) (!$("publish").disabled ? $("publish") : !$("seen").hidden ? $("seen") : $("said")).focus();
}

// kill asks for one thing alone, and the server sees to it that nothing keeps it. What is being prepared stays.
async function kill(note) {
  try {
    published(await call("POST", "policy/kill", JSON.stringify({ note })));
  } catch (e) {
    failed(e);
  }
  soon();
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
  soon();
}

let dropped = null; // what was discarded last, until something else is prepared
function discard() {
  dropped = { change, base };
  invalid = "";
  change = fresh();
  stepRows();
  draft = null;
  base = null;
  unseen = null;
  drafting++;
  faults = [];
  save();
  clearTimeout(timer);
  fill($("problems"), []);
  alarm(wrong);
  say("");
  show();
  $("undo").focus();
}
$("undo").addEventListener("click", () => {
  change = dropped.change;
  base = dropped.base;
  stepRows();
  edited();
  rebase();
  $("discard").focus();
});

// --- showing

function show() {
  const pending = !isEmpty(change);
  $("nothing").hidden = pending;
  $("pending").hidden = !draft;
  $("preview").classList.toggle("live", pending);
  $("publish").disabled = !draft || !status || !status.publish || invalid !== "" || unseen !== null;
  $("seen").hidden = !draft || unseen === null;
  text("invalid", invalid);
  $("share").setAttribute("aria-invalid", String(invalid !== ""));
  $("discard").disabled = !pending;
  $("undo").hidden = dropped === null;
  $("note").setAttribute("aria-invalid", String(faults.some((p) => p.code === "E18")));
  if (status) {
    const share = change.clients !== null ? change.clients : draft ? draft.clients : status.clients;
    if (document.activeElement !== $("share") && !invalid) $("share").value = String(share);
    if (Number($("slider").value) !== Math.round(share)) $("slider").value = String(Math.round(share));
    $("slider").setAttribute("aria-valuetext", share + " percent");
    showRules();
    showKinds();
    showPulls();
    showPlayerButtons();
  }
  showItems();
  if (draft) showDraft();
}

// items are what the change consists of; each can be taken out by itself.
function items() {
  const list = [];
  const add = (words, without, fault) => list.push({ words, without, fault });
  if (change.rollback) add("Back to " + change.rollback, () => { change.rollback = ""; });
  if (change.clients !== null) add("Share of clients " + percent(change.clients) + (change.rollback ? ", in place of that of " + change.rollback : "") + (ramping() && !change.ramp.length ? ", which ends the steps" : ""), () => { change.clients = null; invalid = ""; });
  if (change.ramp.length) add("Rising by itself: " + change.ramp.map((s) => percent(s.clients) + " after " + (s.shown || s.after)).join(", "), () => { change.ramp = []; stepRows(); }, faulty("ramp["));
  change.connect.forEach((c, i) => add(connectWords(c), () => { change.connect.splice(i, 1); }, faults.some((p) => p.item === i + 1)));
  for (const id of change.end) {
    const rule = status && status.rules.find((r) => r.id === id);
    add("End " + (rule ? "“" + rule.what + "” for " + rule.who : "rule " + id), () => { change.end = change.end.filter((x) => x !== id); });
  }
  kindItems(add);
  change.pull.forEach((p, i) => add("Ask player " + p.player + " for their flight log, for a day" + (p.goroutines ? ", with all goroutines" : ""), () => { change.pull.splice(i, 1); }));
  for (const id of change.unpull) add("Ask for flight log " + id + " no longer", () => { change.unpull = change.unpull.filter((x) => x !== id); });
  return list;
}

function connectWords(c) {
  return "Connect " + c.channel + " from " + c.level + " for " + c.for
    + (c.clients === undefined ? "" : ", " + percent(c.clients) + " of the clients") + (c.rate ? ", at most " + c.rate : "") + (c.shared ? ", of all channels together at most " + c.shared : "") + (c.player ? ", for player " + c.player : "");
}

function showItems() {
  const list = items();
  keep($("items"), JSON.stringify(list), () => list.map((item) => {
    const out = make("button", { type: "button", className: "small", "aria-label": "Take out: " + item.words, onclick: () => takeOut(item) }, "Take out");
    return make("li", { className: item.fault ? "bad" : "", "data-of": item.words }, make("span", {}, item.fault ? "⚠ " : "", theirs(item.words)), out);
  }));
}

function takeOut(item) {
  item.without();
  faults = [];
  fill($("problems"), []);
  edited();
  ($("items").querySelector("button") || $("slider")).focus();
}

// warningWords says what to beware of, and of what the person has connected, what to fill in.
function warningWords(w) {
  const made = w.item && change.connect[w.item - 1];
  if (!made) return (w.path ? w.path + ": " : "") + w.what + (w.write ? "; " + w.write : "");
  const field = made.channel === "*" ? "“At most, a client”" : "“All channels, a client”";
  return "Connect " + made.channel + ": " + w.what + (w.code === "W05" ? "; to see more of it, connect it once more and fill in " + field + ", such as 120/m" : w.write ? "; " + w.write : "");
}

function tile(name, before, after, extra) {
  return make("div", {}, make("dt", {}, name), make("dd", {}, count(before) + " → " + count(after), make("small", {}, extra)));
}

function showDraft() {
  const e = draft.effect, why = draft.killed ? ", because the kill switch is thrown" : "";
  const tiles = [tile("Clients that report", e.before.clients, e.after.clients, "of " + count(e.clients) + " connected" + why)];
  if (e.after.records === null) tiles.push(make("div", {}, make("dt", {}, "Records per second"), make("dd", {}, "?", make("small", {}, "the game does not feed volumes"))));
  else tiles.push(tile("Records per second", e.before.records, e.after.records, "predicted from what clients would record"));
  fill($("effect"), tiles);
  showRaises(e.raises || []);
  $("draft-ahead-box").hidden = !draft.ahead || !draft.ahead.list.length;
  if (draft.ahead) keep($("draft-ahead"), JSON.stringify([draft.ahead.now.share, draft.ahead.now.outcome, draft.ahead.list, draft.ahead.more]), () => stairs(draft.ahead));
  fill($("diff").tBodies[0], changeRows(draft.changes));
  $("bychannel-box").hidden = !e.channels.length;
  const names = ["Channel", "Ships from", "Raises from", "Clients", "Records/s"];
  fill($("bychannel").tBodies[0], e.channels.map((c) => row(names, [
    c.channel === "*" ? "all others" : make("code", {}, c.channel), arrow(c.oldSend, c.newSend), arrow(c.oldIssue, c.newIssue),
    num(count(c.before.clients) + " → " + count(c.after.clients)),
    num(c.after.records === null ? "–" : count(c.before.records) + " → " + count(c.after.records))], { "data-of": c.channel })));
  text("bychannel-more", e.more ? "And " + e.more + " more." : "");
  const notes = draft.warnings.map(warningWords);
  if (draft.killed && status.enabled) notes.unshift("This throws the kill switch: every client stops sending anything but crashes.");
  if (draft.ended && draft.ended.length) notes.push("Rules that are over are taken out: " + draft.ended.join(", "));
  fill($("warnings"), notes.map((n) => make("li", {}, theirs(n))));
  text("document", visible(draft.document));
  speak("If published: " + e.text.replaceAll("->", "to") + why);
}

function showStatus() {
  const s = status;
  if (s.version) {
    const parts = ["Version " + s.version];
    if (s.at) parts.push(", published ", clock(s.at, ago), " by ", theirs(s.by));
    if (s.note) parts.push(": ", theirs(s.note));
    if (s.expires) parts.push("; ", clock(s.expires, left), s.runs.default ? ", so clients report as they were compiled" : ", then clients report as they were compiled");
    keep($("running"), JSON.stringify([s.version, s.at, s.by, s.note, s.expires, s.runs.default]), () => parts);
  } else {
    keep($("running"), "none", () => ["No policy was published yet; clients run their compiled default."]);
  }
  const over = Boolean(s.version) && s.enabled && s.runs.default;
  text("chip", !s.version ? "No policy" : over ? "Policy is over: as compiled" : s.enabled ? "Reporting, " + s.clients + " %" : "Killed: only crashes come");
  $("chip").className = "chip " + (s.version && s.enabled && !over ? "on" : "off");
  text("kill", s.enabled ? "Kill switch" : "Start reporting again");
  $("kill").classList.toggle("danger", s.enabled);
  $("kill").disabled = !s.publish;
  text("follow", s.version ? "Clients follow with the next heartbeat on the game's connection; those that ask by HTTP within " + span(s.every * 1.2 + s.maxAge) + ": they ask every " + span(s.every) + ", and caches hold copies for " + span(s.maxAge) + "." : "");
  condition(s.notice ? s.notice : !s.publish ? "This page can only look: the game server did not say who may publish (Options.Authorize)." : s.store ? "The store cannot be read: " + s.store : "");
  text("convergence", s.convergence.text);
  if (!draft) speak(s.convergence.text);
  const c = s.convergence, counted = s.servers.filter((x) => x.counted).length;
  const within = " within " + c.window + " s, by " + (s.servers.length === 1 ? "this server" : counted === s.servers.length ? "all " + counted + " servers" : counted + " of " + s.servers.length + " servers");
  showServers(s.servers);
  text("heard", [c.clients ? many(c.clients, "client") + " heard of on the game's connection" : "", c.polls ? count(c.polls) + " that ask by HTTP, as anybody can" : ""].filter(Boolean).join(", ") + (c.clients + c.polls ? within : ""));
  fill($("states"), s.convergence.states.map((g) => make("li", { className: g.rejected ? "rejected" : g.current ? "current" : "", "data-of": g.text + g.polled },
    make("div", { className: "line" }, make("span", {}, g.text + (g.polled ? " (by HTTP)" : "")), make("span", {}, many(g.clients, "client"))),
    make("progress", { max: 1, value: g.share, "aria-label": g.text }))));
  $("connect-unknown").hidden = s.shared;
  keep($("channels"), JSON.stringify(s.channels), () => s.channels.map((c) => make("option", { value: c })));
  showRuns(s);
  clocks();
}

// showServers lists the servers over the same store; those that are not counted are seen at once.
let silent = false;
function showServers(list) {
  $("servers-box").hidden = list.length < 2;
  const bad = list.filter((x) => !x.counted).length;
  text("servers-summary", list.length + " servers" + (bad ? ", " + bad + " not counted" : ""));
  if (bad && !silent) $("servers-box").open = true;
  silent = bad > 0;
  const names = ["Server", "Serves", "Clients", "By HTTP"];
  fill($("servers").tBodies[0], list.map((x) => row(names, [make("th", { scope: "row" }, theirs(x.name), x.own ? make("small", {}, "this one") : "", x.why ? make("small", { className: "bad" }, "⚠ " + x.why + (x.silent > 5 ? " (for " + span(x.silent) + ")" : "")) : ""),
    x.version === "0.0" ? x.counted ? "no policy" : "–" : x.version === status.version ? x.version : make("b", {}, x.version), num(count(x.clients)), num(count(x.polls))], { "data-of": x.name })));
}

let polls = 0, answered = 0; // numbers of the newest question and of the newest answer
let newest = "", newestAt = 0; // highest version that was told, and when it was told last
// stale reports whether an answer is older than what is known: of a question before the last one, or of a server that has not read
// the store yet. One that stays behind for 10 s is believed.
function stale(number, s) {
  if (number < answered) return true;
  if (Date.now() - newestAt < 10000 && below(s.version, newest)) {
    behind = s.version || "no policy";
    behindAt = Date.now();
    showBehind();
    return true;
  }
  answered = number;
  seenVersion(s.version);
  return false;
}
// showBehind says that the servers do not all serve the same, which nobody would see otherwise.
let behind = "", behindAt = 0;
function showBehind() { text("behind", Date.now() - behindAt < 4000 ? "A server that answered just now still serves " + behind + ", and " + newest + " is the newest." : ""); }
function seenVersion(v) {
  newest = v;
  newestAt = Date.now();
}
function below(a, b) {
  const [e, n] = (a || "0.0").split(".").map(Number), [f, m] = (b || "0.0").split(".").map(Number);
  return e < f || e === f && n < m;
}

async function poll() {
  try {
    const number = ++polls, s = await call("GET", "policy/status");
    if (stale(number, s)) return;
    status = s;
    setClock(s.now);
    showBehind();
    showStatus();
    loadAhead(shownHistory !== status.version).then(show); // what takes long keeps nothing else back
    if (shownHistory !== status.version && $("whole").open) showWhole();
    loadHistory();
    await rebase();
    show();
    look();
    document.body.dataset.ready = status.version || "none";
  } catch (e) {
    condition(e.status === 403 ? e.message : "The server does not answer: " + e.message);
    if (e.status === 403) $("keybox").hidden = false;
  }
}
// loop looks again and again; soon has it look often for a while, since somebody waits to see clients follow.
let looking = 0, often = 0;
async function loop() {
  const mine = ++looking;
  await poll();
  if (mine === looking) setTimeout(() => { if (mine === looking) loop(); }, document.hidden ? 10000 : Date.now() < often ? 300 : 1500);
}
function soon() {
  often = Date.now() + 15000;
  loop();
}
document.addEventListener("visibilitychange", () => { if (!document.hidden) loop(); }); // who comes back sees what is

async function showWhole() {
  if (!status || !status.version) return text("running-document", "");
  try {
    text("running-document", visible((await call("GET", "policy/compare?to=" + encodeURIComponent(status.version))).document));
  } catch (e) { failed(e); }
}
$("whole").addEventListener("toggle", () => { if ($("whole").open) showWhole(); });

// --- the confirmation

function confirmFirst(title, words, yes, then) {
  text("c-title", title);
  text("c-text", words);
  text("c-yes", yes);
  $("c-note").value = "";
  $("c-form").onsubmit = (e) => { e.preventDefault(); $("confirm").close(); then($("c-note").value.trim()); };
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
// What cannot be published stands there until it is mended, and nothing is published meanwhile: what was typed before it was not meant. Who
// empties the field wants no other share.
$("share").addEventListener("blur", (e) => {
  if (!invalid || e.target.value !== "" || e.target.validity.badInput) return;
  invalid = "";
  change.clients = null;
  edited();
});
function setShare(x) {
  invalid = "";
  change.clients = status && !change.rollback && !change.ramp.length && !ramping() && x === status.clients ? null : x;
  if (document.activeElement === $("slider")) $("share").value = String(x);
  edited();
}
$("connect").addEventListener("submit", (e) => {
  e.preventDefault();
  const name = $("channel").value.trim();
  const made = { channel: name, level: $("level").value, for: $("for").value };
  if ($("c-clients").value !== "") made.clients = Number($("c-clients").value);
  if ($("c-rate").value.trim()) made.rate = $("c-rate").value.trim();
  if ($("c-shared").value.trim()) made.shared = $("c-shared").value.trim();
  if ($("c-player").value.trim()) made.player = $("c-player").value.trim();
  change.connect = change.connect.filter((c) => c.channel !== name || (c.player || "") !== (made.player || ""));
  change.connect.push(made);
  for (const id of ["channel", "c-clients", "c-rate", "c-shared", "c-player"]) $(id).value = "";
  edited();
});
$("more").addEventListener("invalid", () => { $("more").open = true; }, true); // nobody could see what is wrong in there
$("publish").addEventListener("click", () => publish());
$("discard").addEventListener("click", discard);
$("note").addEventListener("input", () => {
  save();
  if (isEmpty(change) || draft) return; // publishing takes it as it is then
  clearTimeout(timer);
  timer = setTimeout(makeDraft, 400); // perhaps it was all that was missing
});
// Enter in "Why" goes on to the button: what is published has one more key press than what is written.
$("why").addEventListener("submit", (e) => { e.preventDefault(); (($("seen").hidden ? $("publish") : $("seen"))).focus(); });
$("seen").addEventListener("click", () => {
  unseen = null;
  save();
  alarm(wrong);
  show();
  $("publish").focus();
});
// What gets the focus is scrolled to below what stays in sight.
const bars = [document.querySelector("header"), document.querySelector(".top")];
const room = new ResizeObserver(() => {
  const bar = bars.find((e) => getComputedStyle(e).position === "sticky");
  document.documentElement.style.setProperty("--bar", (bar ? bar.offsetHeight : 0) + "px");
});
for (const e of [...bars, document.documentElement]) room.observe(e);
restore();
stepRows();
loop();
