"use strict";

// --- what runs: levels of every channel, what bounds them, rules

const columns = [
  { name: "Channel", key: "channel" },
  { name: "Kept from", key: "trail", order: levelOrder },
  { name: "Shipped from", key: "send", order: levelOrder },
  { name: "Raised from", key: "issue", order: levelOrder },
  { name: "Share", key: "clients", num: true },
  { name: "Limits", key: "rate" },
  { name: "Per second", key: "perSecond", num: true },
  { name: "Total", key: "total", num: true },
];
let sorted = { key: "channel", down: false };

function levelOrder(l) { return ["trace", "debug", "info", "warn", "error", "fatal", "off"].indexOf(l); }

function fact(name, ...value) { return make("div", {}, make("dt", {}, name), make("dd", {}, ...value)); }

function showRuns(s) {
  const r = s.runs;
  for (const e of document.querySelectorAll("[data-killed]")) e.hidden = !r.stopped;
  const facts = [
    fact("Share of clients", percent(s.clients), r.by === "client" ? "" : ", drawn by " + r.by),
    fact("Crashes", r.panics === 100 ? "of all clients" : "of " + percent(r.panics) + " of the clients"),
    fact("Ceiling", r.ceiling.length ? r.ceiling.map((c) => c.path + " " + c.value + (c.path === "clients" || c.path === "records" ? " %" : "")).join(", ") : "none"),
    fact("Ends", s.expires ? left(s.expires).replace(/^ends /, "") : "never"),
  ];
  if (r.salt) facts.push(fact("Drawn with", theirs(r.salt)));
  fill($("runs"), facts);
  showLevels(s);
  text("levels-hint", (r.default ? "No policy runs: this is what programs are compiled with, as far as this server was told. " : "")
    + "These are the levels of a client inside the share. Kept stays on the machine and travels with the next event; shipped is sent as a log; raised becomes an issue.");
}

function showLevels(s) {
  const counts = new Map(s.counters.map((c) => [c.channel, c]));
  const list = s.runs.channels.map((c) => ({ ...c, perSecond: counts.has(c.channel) ? counts.get(c.channel).rate : null, total: counts.has(c.channel) ? counts.get(c.channel).count : null }));
  for (const c of s.counters) {
    if (!s.runs.channels.some((r) => r.channel === c.channel)) list.push({ channel: c.channel, trail: "", send: "", issue: "", clients: null, records: 100, rate: "", differs: 0, perSecond: c.rate, total: c.count });
  }
  const counted = s.counters.length > 0;
  $("levels").classList.toggle("uncounted", !counted);
  heads(counted);
  const by = columns.find((c) => c.key === sorted.key);
  const value = (x) => by.order ? by.order(x[by.key]) : x[by.key];
  list.sort((a, b) => {
    const x = value(a), y = value(b);
    const d = x === y ? 0 : x === null ? -1 : y === null ? 1 : x < y ? -1 : 1;
    return (sorted.down ? -d : d) || (a.channel < b.channel ? -1 : 1);
  });
  const filter = $("levels-filter").value;
  const shown = list.filter((c) => holds(filter, c.channel, c.trail, c.send, c.issue));
  text("levels-count", shown.length === list.length ? list.length + " channels" : shown.length + " of " + list.length + " channels");
  const most = Math.max(...list.map((c) => c.perSecond || 0), 1e-9);
  fill($("levels").tBodies[0], shown.map((c) => levelRow(c, most, counted)));
}

function levelRow(c, most, counted) {
  const limits = [c.records === 100 ? "" : percent(c.records) + " of records", c.rate ? "at most " + c.rate : ""].filter(Boolean).join(", ");
  const name = make("th", { scope: "row" }, make("code", {}, c.channel));
  if (c.channel === "*") name.append(make("small", {}, "all others"));
  if (c.differs) name.append(make("small", {}, "rules differ for " + many(c.differs, "client")));
  const cells = [name, ...["trail", "send", "issue"].map((k) => make("span", { className: "level " + (c[k] || "off") }, c[k] || "–")),
    num(c.clients === null ? "–" : percent(c.clients)), limits || "–"];
  if (counted) {
    cells.push(num(c.perSecond === null ? "–" : count(c.perSecond), make("progress", { max: most, value: c.perSecond || 0, "aria-hidden": "true" })), num(c.total === null ? "–" : count(c.total)));
  }
  return row(columns.map((c) => c.name), cells, { "data-of": c.channel });
}

function sortBy(c) {
  sorted = { key: c.key, down: sorted.key === c.key ? !sorted.down : Boolean(c.num) };
  showLevels(status);
}

// heads are buttons that sort.
function heads(counted) {
  const tr = $("levels").tHead.rows[0], list = counted ? columns : columns.slice(0, 6);
  if (tr.cells.length !== list.length) {
    fill(tr, list.map((c) => {
      const b = make("button", { type: "button", className: "sort", onclick: () => sortBy(c) }, c.name);
      return make("th", { scope: "col", role: "columnheader", className: c.num ? "num" : "" }, b);
    }));
  }
  list.forEach((c, i) => tr.cells[i].setAttribute("aria-sort", sorted.key === c.key ? (sorted.down ? "descending" : "ascending") : "none"));
}
$("levels-filter").addEventListener("input", () => { if (status) showLevels(status); });

// --- rules

function showRules() {
  const list = status.rules.map((r, i) => ({ ...r, order: i }));
  $("norules").hidden = list.length > 0;
  $("rules-box").hidden = !list.length;
  $("rules-tools").hidden = list.length < 4;
  const by = $("rules-sort").value, filter = list.length < 4 ? "" : $("rules-filter").value;
  const value = { order: (r) => r.order, until: (r) => r.until || "9", clients: (r) => -(r.clients ?? -1), owner: (r) => r.owner || "\uffff", id: (r) => r.id }[by];
  list.sort((a, b) => value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : a.order - b.order);
  const shown = list.filter((r) => holds(filter, r.id, r.who, r.what, r.owner, r.reason));
  text("rules-count", list.length < 4 ? "" : shown.length === list.length ? list.length + " rules" : shown.length + " of " + list.length + " rules");
  keep($("rules"), JSON.stringify([shown, change.end, status.publish]), () => shown.map(ruleItem));
}

function ruleItem(r) {
  const ending = change.end.includes(r.id);
  const stop = make("button", { type: "button", className: "small", disabled: !status.publish || ending }, ending ? "Will end" : "End");
  stop.setAttribute("aria-label", (ending ? "Will end" : "End") + " rule " + r.id);
  stop.onclick = () => { change.end.push(r.id); edited(); $("items").scrollIntoView({ block: "nearest" }); };
  const facts = [...(r.from && new Date(r.from) > clockNow() ? ["starts ", clock(r.from, when), ", "] : []), r.until ? clock(r.until, left) : "has no end"];
  if (r.clients !== null) facts.push(", for " + many(r.clients, "client"));
  return make("li", { className: r.over ? "over" : "", "data-of": r.id }, make("div", {},
    make("div", {}, make("b", {}, theirs(r.who)), " ", make("span", { className: "quiet" }, ...facts)),
    make("div", {}, theirs(r.what)),
    from(r), make("small", {}, make("code", {}, theirs(r.id)))), stop);
}
for (const id of ["rules-filter", "rules-sort"]) $(id).addEventListener("input", () => { if (status) showRules(); });
