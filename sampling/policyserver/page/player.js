"use strict";

// --- one player: what is decided for them and why, and whether their client follows

let asked = null; // the player that is looked at
let asking = 0;
let shownPlayer = null; // what was answered about them

$("player").addEventListener("submit", (e) => {
  e.preventDefault();
  asked = { player: $("p-name").value.trim() };
  for (const [id, name] of [["p-client", "client"], ["p-release", "release"], ["p-platform", "platform"]]) if ($(id).value.trim()) asked[name] = $(id).value.trim();
  alarm(wrong);
  look();
});
$("p-close").addEventListener("click", () => { closePlayer(); $("p-name").focus(); });

function closePlayer() {
  asked = null;
  shownPlayer = null;
  $("p-found").hidden = true;
}

// look asks again, also while somebody waits to see that the player's client follows.
async function look() {
  if (!asked) return;
  const number = ++asking;
  try {
    const p = await call("POST", "policy/player", JSON.stringify(asked));
    if (number === asking && asked) showPlayer(p);
  } catch (e) {
    if (number !== asking) return;
    if (!(e.status >= 400 && e.status < 500)) return; // a server that does not answer may do so the next time; the page says that it does not
    closePlayer();
    alarm(e.message);
    if (e.status === 403) $("keybox").hidden = false;
  }
}

function showPlayer(p) {
  $("p-found").hidden = false;
  const raised = p.kinds.some((k) => k.sends) ? (p.panics ? " and" : " but") + " what is raised" : "";
  const says = p.killed ? "Reports nothing" + (p.panics ? " but crashes" : "") + ": the kill switch is thrown." : p.client && !p.in ? p.client : (p.in ? "Reports." : "Reports nothing" + (p.panics ? " but crashes" : "") + raised + ".") + (p.client ? " " + p.client : "");
  text("p-says", visible(p.player) + ": " + says);
  text("p-follows", p.follows);
  $("p-follows").className = p.current ? "good" : "quiet";
  text("p-known", [p.known ? "Known: " + visible(p.known) + "." : "", "A policy names them " + p.hash + "."].filter(Boolean).join(" "));
  const applied = p.rules.filter((r) => r.applies);
  $("p-rules-box").hidden = !p.rules.length;
  text("p-rules-summary", many(applied.length, "rule") + " of " + p.rules.length + (applied.length === 1 ? " is" : " are") + " for them");
  keep($("p-rules"), JSON.stringify(p.rules), () => [...applied, ...p.rules.filter((r) => !r.applies)].map((r) => {
    const rule = status && status.rules.find((x) => x.id === r.id);
    return make("li", { "data-of": r.id }, make("div", {}, make("div", {}, r.applies ? "" : "Not: ", theirs(rule ? "“" + rule.what + "” for " + rule.who : r.id), rule && rule.until ? " " : "", rule && rule.until ? make("span", { className: "quiet" }, clock(rule.until, left)) : ""),
      r.applies ? "" : make("small", {}, theirs(r.why))));
  }));
  const names = ["Channel", "Kept from", "Shipped from", "Raised from", "Why"];
  keep($("p-channels").tBodies[0], JSON.stringify(p.channels), () => p.channels.map((c) => row(names, [
    make("th", { scope: "row" }, c.channel === "*" ? "all others" : make("code", {}, c.channel)), c.trail, c.send, c.issue,
    make("details", {}, make("summary", { "aria-label": (c.forced ? "by name" : c.in ? "inside" : "outside") + ": why, " + c.channel }, c.forced ? "by name" : c.in ? "inside" : "outside"), make("ul", { className: "why" }, ...c.why.map((w) => make("li", {}, theirs(w)))))], { "data-of": c.channel })));
  keep($("p-pulls"), JSON.stringify(p.pulls), () => p.pulls.map(pullOfPlayer));
  keep($("p-kinds"), JSON.stringify(p.kinds), () => p.kinds.map((k) => make("li", { "data-of": k.kind }, make("span", {}, make("b", {}, k.kind), " " + k.text))));
  text("p-unsigned", p.signed ? "" : "Policies are not signed here (Options.Sign), and to others no client sends its flight log.");
  shownPlayer = p;
  showPlayerButtons();
}

function pullOfPlayer(x) {
  const words = x.answered ? ["Their flight log is on its way: their client has answered ", theirs(x.id), "; look for the event “flight log”."]
    : ["Asked for " + x.what + ", ", theirs(x.id), " ", clock(x.until, left)];
  return make("li", { className: x.answered ? "good" : "", "data-of": x.id }, make("span", {}, ...words));
}

// showPlayerButtons offers what is not asked for already, nor prepared.
function showPlayerButtons() {
  const p = shownPlayer;
  if (!p) return;
  const may = status && status.publish;
  $("p-pull").disabled = !may || p.pulls.some((x) => !x.over && !x.answered) || change.pull.some((x) => x.player === p.player);
  $("p-raise").disabled = !may || change.connect.some((c) => c.player === p.player && c.channel === "*");
}
$("p-pull").addEventListener("click", () => {
  const made = { player: shownPlayer.player };
  if ($("p-stacks").checked) made.goroutines = true;
  change.pull.push(made);
  prepared();
});
$("p-raise").addEventListener("click", () => {
  change.connect.push({ channel: "*", level: "debug", for: "1h", player: shownPlayer.player });
  prepared();
});
function prepared() {
  edited();
  $("preview").scrollIntoView({ block: "nearest" });
}
