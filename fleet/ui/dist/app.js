"use strict";

const $ = (id) => document.getElementById(id);
const most = 500; // rows
let query = "", next = null, events = null;

async function ask(method, path, body) {
  const r = await fetch(path, {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const answer = await r.json();
  if (!r.ok) throw Object.assign(new Error(answer.error), { status: r.status });
  return answer;
}

function row(cells, cls) {
  const tr = document.createElement("tr");
  if (cls) tr.className = cls;
  for (const c of cells) {
    const td = document.createElement("td");
    td.textContent = c ?? "";
    tr.append(td);
  }
  return tr;
}

const end = (ip, port) => (port === undefined ? ip : `${ip}:${port}`);

function alertRow(a) {
  const r = a.ruleids;
  return row([a.timestamp.slice(0, 19).replace("T", " "), r.severity, a.agent, r.rule, end(a.src_ip, a.src_port), end(a.dest_ip, a.dest_port),
    r.message || a.alert.signature], r.severity);
}

async function load(cursor) {
  const page = await ask("GET", `/api/v1/alerts?limit=100&q=${encodeURIComponent(query)}${cursor ? `&cursor=${cursor}` : ""}`);
  const body = $("alerts").tBodies[0];
  if (!cursor) body.replaceChildren();
  body.append(...page.alerts.map(alertRow));
  next = page.next;
  $("more").hidden = !next;
}

async function agents() {
  const list = (await ask("GET", "/api/v1/agents")).agents;
  $("agents").tBodies[0].replaceChildren(...list.map((a) => row([a.name, a.state, Object.entries(a.labels).map((l) => l.join("=")).join(" "), a.beat?.rules,
    a.beat && Math.round(a.beat.rate), a.beat?.queue.alerts, a.trouble.join("; ")], a.state)));
}

function watch() {
  events?.close();
  events = new EventSource("/api/v1/stream");
  events.onopen = () => { $("state").textContent = "live"; };
  events.onerror = () => { $("state").textContent = "the connection is lost; it is tried again"; };
  events.addEventListener("alert", (e) => {
    if (query !== "") return;
    const body = $("alerts").tBodies[0];
    for (const a of JSON.parse(e.data)) body.prepend(alertRow(a));
    while (body.rows.length > most) body.lastElementChild.remove();
  });
  events.addEventListener("agent", () => agents());
  events.addEventListener("resync", () => { load(); agents(); });
}

async function start() {
  try {
    await ask("GET", "/api/v1/me");
  } catch (e) {
    events?.close();
    $("page").hidden = $("logout").hidden = true;
    $("login").hidden = false;
    if (e.status !== 401) $("fault").textContent = e.message;
    return;
  }
  $("login").hidden = true;
  $("page").hidden = $("logout").hidden = false;
  await Promise.all([load(), agents()]);
  watch();
}

$("login").addEventListener("submit", async (e) => {
  e.preventDefault();
  $("fault").textContent = "";
  try {
    await ask("POST", "/api/v1/login", Object.fromEntries(new FormData(e.target)));
    e.target.reset();
    start();
  } catch (err) {
    $("fault").textContent = err.message;
  }
});
$("logout").addEventListener("click", async () => { await ask("POST", "/api/v1/logout", {}); start(); });
$("search").addEventListener("submit", async (e) => {
  e.preventDefault();
  query = new FormData(e.target).get("q").trim();
  try {
    await load();
    $("state").textContent = query === "" ? "live" : "found";
  } catch (err) {
    $("state").textContent = err.message;
  }
});
$("more").addEventListener("click", () => load(next));
setInterval(() => { if (!$("page").hidden) agents(); }, 15000);
start();
