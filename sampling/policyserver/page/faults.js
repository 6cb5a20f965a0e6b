"use strict";

// --- faults that are kept back, by the tag krunk.kind of their events

$("mute").addEventListener("submit", (e) => {
  e.preventDefault();
  const kind = $("m-kind").value.trim().toLowerCase().replace(/^krunk\.kind[:=\s"]*/, "").replace(/"$/, "");
  const made = { kind, for: $("m-for").value };
  if ($("m-rate").value.trim()) made.rate = $("m-rate").value.trim();
  if ($("m-panics").checked) made.panics = true;
  const good = /^[0-9a-f]{8}$/.test(kind);
  $("m-kind").setAttribute("aria-invalid", String(!good));
  text("m-wrong", good ? "" : "That is no kind: paste the tag krunk.kind of an event, eight of 0-9 and a-f.");
  if (!good) return $("m-kind").focus();
  change.mute = change.mute.filter((m) => m.kind !== kind);
  change.unmute = change.unmute.filter((k) => k !== kind);
  change.mute.push(made);
  for (const id of ["m-kind", "m-rate"]) $(id).value = "";
  $("m-panics").checked = false;
  edited();
});
$("m-kind").addEventListener("input", () => { $("m-kind").setAttribute("aria-invalid", "false"); text("m-wrong", ""); });

function showKinds() {
  keep($("kinds"), JSON.stringify([status.kinds, change.unmute, status.publish]), () => status.kinds.map((k) => {
    const ending = change.unmute.includes(k.kind);
    const stop = make("button", { type: "button", className: "small", disabled: !status.publish || ending, "aria-label": (ending ? "Will end" : "End") + " mute of " + k.kind }, ending ? "Will end" : "End");
    stop.addEventListener("click", () => { change.unmute.push(k.kind); edited(); });
    return make("li", { className: k.over ? "over" : "" }, make("div", {},
      make("div", {}, make("b", {}, k.kind), " ", make("span", { className: "quiet" }, clock(k.until, left))),
      make("div", {}, "Kept back: " + k.what), from(k)), stop);
  }));
}

function showPulls() {
  $("pulls-box").hidden = !status.pulls.length;
  keep($("pulls"), JSON.stringify([status.pulls, change.unpull, status.publish]), () => status.pulls.map((p) => {
    const ending = change.unpull.includes(p.id);
    const stop = make("button", { type: "button", className: "small", disabled: !status.publish || ending, "aria-label": (ending ? "Will end" : "End") + " request " + p.id }, ending ? "Will end" : "End");
    stop.addEventListener("click", () => { change.unpull.push(p.id); edited(); });
    return make("li", { className: p.over ? "over" : "" }, make("div", {},
      make("div", {}, make("b", {}, theirs(p.who)), " ", make("span", { className: "quiet" }, clock(p.until, left), p.answered ? ", " + many(p.answered, "client") + " answered" : ", nobody has answered yet")),
      make("div", {}, p.what), from(p), make("small", {}, make("code", {}, theirs(p.id)))), stop);
  }));
}

// from says who wants something, and why.
function from(x) {
  const e = make("small", {});
  if (!x.owner) return make("small", {}, "from a version that is not kept any more");
  e.append("by ", theirs(x.owner), " in " + x.since);
  if (x.reason) e.append(": ", theirs(x.reason));
  return e;
}
