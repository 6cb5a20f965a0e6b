"use strict";

// --- what happens by itself: steps of a ramp, rules that start and end

let ahead = null; // of what runs
let aheadAt = 0;

// ramping reports whether the share that runs has steps.
function ramping() { return ahead !== null && ahead.past.length > 0; }

async function loadAhead(force) {
  if (!force && Date.now() - aheadAt < 30000) return;
  const at = aheadAt = Date.now();
  try {
    const next = status.ahead ? await call("GET", "policy/ahead") : null;
    if (at === aheadAt) ahead = next;
  } catch (e) {
    if (at === aheadAt) aheadAt = 0; // the next look asks again
  }
  showAhead();
}

// when is how far away a moment is.
function when(t) {
  const s = (new Date(t) - clockNow()) / 1000;
  if (s < 60) return "now";
  if (s < 5400) return "in " + Math.round(s / 60) + " min";
  if (s < 172800) return "in " + Math.round(s / 3600) + " h";
  return "in " + Math.round(s / 86400) + " days";
}

// isStep reports whether a moment changes a share, or is the end of all. What was made for a while is not drawn one by one.
function isStep(m) { return m.what.some((w) => !/^(rules|kinds|pulls)\[/.test(w)); }

// stairs draws moments with what each leads to.
function stairs(a) {
  const one = (m, words, current) => make("li", { className: current ? "current" : "" },
    make("div", { className: "line" }, make("span", {}, words(m)), make("span", {}, percent(m.share) + ", " + many(m.outcome.clients, "client") + (m.outcome.records === null ? "" : ", " + count(m.outcome.records) + " records/s"))),
    make("progress", { max: 100, value: m.share, "aria-label": "Share of clients" }));
  const list = [one(a.now, () => "now", true)];
  const rest = [];
  for (const m of a.list) {
    (isStep(m) ? list : rest).push(one(m, () => make("span", {}, clock(m.at, when), ": ", theirs(m.what.map(momentWords).join("; ").replaceAll("->", "→"))), false));
  }
  if (!rest.length) return list;
  const inner = make("ul", { className: "bars" }, ...rest);
  if (a.more) inner.append(make("li", {}, "and " + a.more + " more"));
  list.push(make("li", {}, make("details", {}, make("summary", {}, "What holds for a while starts or ends at " + many(rest.length + a.more, "time")), inner)));
  return list;
}
// connectOf says what a rule is that the draft makes: the server calls it after the draft's version and the place in the change.
function connectOf(id) {
  const start = "connect-" + draft.version + "-", c = id.startsWith(start) ? change.connect[Number(id.slice(start.length)) - 1] : null;
  return c ? connectWords(c) : "";
}
// momentWords calls a rule by what it does, where the page knows it.
function momentWords(what) {
  const one = /^(kinds|pulls)\["(.*?)"\] ends$/.exec(what);
  if (one) return one[1] === "kinds" ? "what is said about fault " + one[2] + " ends" : "nobody is asked for flight log " + one[2] + " any more";
  const m = /^rules\["(.*?)"\](.*)$/.exec(what);
  const made = m && draft && connectOf(m[1]);
  if (made) return "“" + made + "”" + m[2];
  const rule = m && status && status.rules.find((r) => r.id === m[1]);
  return rule ? "“" + rule.what + "” for " + rule.who + m[2] : what;
}

function showAhead() {
  const some = ahead !== null && (ahead.past.length > 1 || ahead.list.some(isStep));
  $("ahead-box").hidden = !some;
  if (!some) return;
  keep($("ahead"), JSON.stringify([ahead.now.share, ahead.now.outcome, ahead.list, ahead.more]), () => stairs(ahead));
  const past = ahead.past, back = past.length > 1 ? past[past.length - 2].clients : null;
  $("ramp-tools").hidden = !ramping() || !status.publish;
  text("ramp-stop", "Stop at " + percent(ahead.now.share));
  $("ramp-back").hidden = back === null;
  if (back !== null) text("ramp-back", "Go back to " + percent(back));
  $("ramp-back").dataset.share = back;
}
// hold sets the share and takes the steps out.
function hold(share) {
  change.clients = share;
  change.ramp = [];
  stepRows();
  edited();
  $("preview").scrollIntoView({ block: "nearest" });
}
$("ramp-stop").addEventListener("click", () => hold(ahead.now.share));
$("ramp-back").addEventListener("click", (e) => hold(Number(e.currentTarget.dataset.share)));

// --- steps of a change

const units = { minutes: "m", hours: "h", days: "d" };

function stepRow(s) {
  const m = /^(\d+(?:\.\d+)?)([mhd])$/.exec(s.shown || s.after) || [null, "1", "h"];
  const unit = make("select", { "aria-label": "Unit of the time" }, ...Object.entries(units).map(([name, u]) => make("option", { value: u, selected: u === m[2] }, name)));
  const time = make("input", { type: "number", min: "1", max: "999", step: "any", value: m[1], "aria-label": "Time of the step, from publishing on" });
  const share = make("input", { type: "number", min: "0", max: "100", step: "any", value: String(s.clients), "aria-label": "Share from then on, in percent" });
  const out = make("button", { type: "button", className: "small", "aria-label": "Take out: this step" }, "Take out");
  const li = make("li", {}, "after ", time, unit, " to ", share, " % ", out);
  out.addEventListener("click", () => { li.remove(); readSteps(); $("step-add").focus(); });
  for (const e of [unit, time, share]) e.addEventListener("input", readSteps);
  return li;
}
// readSteps takes the steps from the fields. Days are hours to the server.
function readSteps() {
  change.ramp = [...$("steps").children].map((li) => {
    const [time, share] = li.querySelectorAll("input"), unit = li.querySelector("select").value;
    for (const f of [time, share]) f.setAttribute("aria-invalid", String(f.value === "" || !f.validity.valid));
    const n = Number(time.value);
    return { after: unit === "d" ? n * 24 + "h" : n + unit, shown: n + unit, clients: Number(share.value) };
  });
  edited();
}
function stepRows() { $("steps").replaceChildren(...change.ramp.map(stepRow)); }
$("step-add").addEventListener("click", () => {
  const last = change.ramp[change.ramp.length - 1];
  const share = last ? last.clients : change.clients !== null ? change.clients : status ? status.clients : 0;
  $("steps").append(stepRow({ after: last ? "1d" : "1h", clients: Math.min(100, Math.max(1, share * 5)) }));
  readSteps();
});
$("step-usual").addEventListener("click", () => {
  change.clients = 1;
  change.ramp = [{ after: "1h", clients: 5 }, { after: "1d", clients: 25 }, { after: "3d", clients: 100 }];
  stepRows();
  readSteps();
});
