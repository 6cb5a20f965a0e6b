"use strict";

// --- single faults, by the tag krunk.kind of their events: kept back, thinned out, raised

const doings = {
  mute: "All but the first of each client and day stays on the machine. What is kept back is counted by clients and told.",
  thin: "Each client sends so many; what is beyond that is kept back, counted and told.",
  raise: "That share of all clients sends every event of it, whatever shares and rates say, and the others send none. This costs volume, which a rate bounds.",
};

function showDoing() {
  const what = $("m-do").value;
  $("m-share-box").hidden = what !== "raise";
  $("m-share").required = what === "raise";
  $("m-share").disabled = what !== "raise"; // what is hidden keeps no form from being sent
  $("m-rate-box").hidden = $("m-rate").disabled = what === "mute";
  $("m-rate").required = what === "thin";
  text("m-hint", doings[what]);
}
$("m-do").addEventListener("input", showDoing);
showDoing();

$("mute").addEventListener("submit", (e) => {
  e.preventDefault();
  const kind = $("m-kind").value.trim().toLowerCase().replace(/^krunk\.kind[:=\s"]*/, "").replace(/"$/, "");
  const what = $("m-do").value, made = { kind, for: $("m-for").value };
  if (what === "raise") made.clients = Number($("m-share").value);
  if (what !== "mute" && $("m-rate").value.trim()) made.rate = $("m-rate").value.trim();
  if ($("m-panics").checked) made.panics = true;
  const good = /^[0-9a-f]{8}$/.test(kind);
  $("m-kind").setAttribute("aria-invalid", String(!good));
  text("m-wrong", good ? "" : "That is no kind: paste the tag krunk.kind of an event, eight of 0-9 and a-f.");
  if (!good) return $("m-kind").focus();
  forgetKind(kind);
  change[what === "raise" ? "raise" : "mute"].push(made);
  for (const id of ["m-kind", "m-rate", "m-share"]) $(id).value = "";
  $("m-panics").checked = false;
  edited();
});
$("m-kind").addEventListener("input", () => { $("m-kind").setAttribute("aria-invalid", "false"); text("m-wrong", ""); });

// forgetKind takes out what is prepared about a kind: the last word counts.
function forgetKind(kind) {
  change.mute = change.mute.filter((m) => m.kind !== kind);
  change.raise = change.raise.filter((m) => m.kind !== kind);
  change.unmute = change.unmute.filter((k) => k !== kind);
}

function kindItems(add) {
  const length = (m) => ({ "24h": "1 day", "168h": "7 days", "720h": "30 days" })[m.for] || m.for;
  const instead = (kind) => status && status.kinds.some((k) => k.kind === kind && !k.over) ? ", in place of what holds for it now" : "";
  change.mute.forEach((m, i) => add("Keep fault " + m.kind + " back for " + length(m) + (m.rate ? ", beyond " + m.rate + " of each client" : ", but the first of each client and day")
    + (m.panics ? ", panics too" : "") + instead(m.kind), () => { change.mute.splice(i, 1); }, faulty('kinds["' + m.kind)));
  change.raise.forEach((m, i) => add("Raise fault " + m.kind + " for " + length(m) + ": " + percent(m.clients) + " of all clients send every event of it" + (m.rate ? ", at most " + m.rate + " each" : "")
    + (m.panics ? ", panics too" : "") + instead(m.kind), () => { change.raise.splice(i, 1); }, faulty('kinds["' + m.kind)));
  for (const k of change.unmute) {
    const now = status && status.kinds.find((x) => x.kind === k);
    add(now && now.raised ? "Raise fault " + k + " no longer" : "Keep fault " + k + " back no longer", () => { change.unmute = change.unmute.filter((x) => x !== k); });
  }
}

function showKinds() {
  const long = status.kinds.length > 8;
  $("kinds").classList.toggle("long", long);
  if (long) $("kinds").tabIndex = 0; else $("kinds").removeAttribute("tabindex");
  keep($("kinds"), JSON.stringify([status.kinds, change.unmute, status.publish]), () => status.kinds.map((k) => {
    const ending = change.unmute.includes(k.kind);
    const stop = make("button", { type: "button", className: "small", disabled: !status.publish || ending, "aria-label": (ending ? "Will end " : "End ") + (k.raised ? "raise of " : "mute of ") + k.kind,
      onclick: () => { forgetKind(k.kind); change.unmute.push(k.kind); edited(); } }, ending ? "Will end" : "End");
    return make("li", { className: k.over ? "over" : "", "data-of": k.kind }, make("div", {},
      make("div", {}, make("b", {}, k.kind), " ", make("span", { className: "quiet" }, clock(k.until, left))),
      make("div", {}, (k.raised ? "Raised: " : "Kept back: ") + k.what), from(k)), stop);
  }));
}

// showRaises says what raising faults costs, as far as that can be told.
function showRaises(list) {
  fill($("raises"), list.map((r) => make("li", {}, r.text)));
}

function showPulls() {
  $("pulls-box").hidden = !status.pulls.length;
  keep($("pulls"), JSON.stringify([status.pulls, change.unpull, status.publish]), () => status.pulls.map((p) => {
    const ending = change.unpull.includes(p.id);
    const stop = make("button", { type: "button", className: "small", disabled: !status.publish || ending, "aria-label": (ending ? "Will end" : "End") + " request " + p.id,
      onclick: () => { change.unpull.push(p.id); edited(); } }, ending ? "Will end" : "End");
    return make("li", { className: p.over ? "over" : "", "data-of": p.id }, make("div", {},
      make("div", {}, make("b", {}, theirs(p.who)), " ", make("span", { className: "quiet" }, clock(p.until, left), p.answered ? ", " + many(p.answered, "client") + " answered" : ", nobody has answered yet")),
      make("div", {}, p.what), from(p), make("small", {}, make("code", {}, theirs(p.id)))), stop);
  }));
}

// from says who wants something, and why.
function from(x) {
  const e = make("small", {});
  if (!x.owner) return make("small", {}, "from a version that is not kept any more, or not read yet");
  e.append("by ", theirs(x.owner), " in " + x.since);
  if (x.reason) e.append(": ", theirs(x.reason));
  return e;
}
