// What the server tells by itself, and whether it does.
import { computed, effect, signal } from "@preact/signals";
import { get, onAway, type Agent, type Alert, type Me } from "./api";

export const me = signal<Me | null | undefined>(undefined); // undefined: not asked yet; null: nobody is logged in
export const agents = signal<Agent[]>([]);
export const fresh = signal<Alert[]>([]); // the newest alerts that came while the page was open, newest first
export const beats = signal<Record<string, { rate: number; loss: number }[]>>({}); // of agents, by id, since the page was opened
export const connection = signal<"live" | "connecting" | "lost">("connecting");
export const lostSince = signal<number>(0);
export const tick = signal(0); // goes up when something came in, at most once a second; not while nobody looks
export const missed = signal(0); // goes up when events were missed, so that all is to be asked for again
export const now = signal(Date.now());

export const may = computed(() => ({ act: me.value?.role === "analyst" || me.value?.role === "admin", admin: me.value?.role === "admin" }));

const most = 10_000; // alerts that are kept in the page
let events: EventSource | undefined;
let due: number | undefined, ticked = 0;

// stir has pages ask again: at once after a second of silence, else when that is over. A tab that nobody looks at waits until somebody does.
function stir(): void {
  if (document.hidden) { asleep = true; return; }
  due ??= window.setTimeout(() => { due = undefined; ticked = Date.now(); tick.value++; }, Math.max(0, ticked + 1000 - Date.now()));
}
let asleep = false;
document.addEventListener("visibilitychange", () => { if (!document.hidden && asleep) { asleep = false; stir(); } });

const arrivals = new Set<(a: Alert[]) => void>();
// onAlerts calls f with alerts as they come; what it returns ends that.
export function onAlerts(f: (a: Alert[]) => void): () => void {
  arrivals.add(f);
  return () => arrivals.delete(f);
}

async function loadAgents(): Promise<void> {
  const list = (await get<{ agents: Agent[] }>("/api/v1/agents", { history: agents.value.length === 0 ? "true" : undefined })).agents;
  agents.value = list;
  const next = { ...beats.value };
  for (const a of list) {
    if (!a.beat) continue;
    const line = next[a.id] ?? a.history ?? [];
    next[a.id] = [...line, { rate: a.online ? a.beat.rate : 0, loss: a.beat.loss }].slice(-60);
  }
  beats.value = next;
}

function watch(): void {
  events?.close();
  connection.value = "connecting";
  events = new EventSource("/api/v1/stream");
  events.onopen = () => { connection.value = "live"; lostSince.value = 0; };
  events.onerror = () => {
    if (connection.value !== "lost") lostSince.value = Date.now();
    connection.value = "lost";
    if (events?.readyState === EventSource.CLOSED) window.setTimeout(check, 3000);
  };
  events.addEventListener("alert", (e) => {
    const list = (JSON.parse((e as MessageEvent).data) as Alert[]).reverse();
    fresh.value = [...list, ...fresh.value].slice(0, most);
    for (const f of arrivals) f(list);
    stir();
  });
  events.addEventListener("agent", () => { loadAgents().catch(() => {}); stir(); });
  events.addEventListener("decision", stir);
  events.addEventListener("ruleset", stir);
  events.addEventListener("resync", () => { missed.value++; stir(); loadAgents().catch(() => {}); });
}

// check asks who is logged in, and begins to watch.
export async function check(): Promise<void> {
  try {
    me.value = await get<Me>("/api/v1/me");
    await loadAgents();
    watch();
  } catch (e) {
    if ((e as { status?: number }).status === 401) { me.value = null; return; }
    connection.value = "lost";
    if (!lostSince.value) lostSince.value = Date.now();
    window.setTimeout(check, 3000);
  }
}

export function leave(): void {
  events?.close();
  me.value = null;
  fresh.value = [];
}
onAway(leave);

window.setInterval(() => { now.value = Date.now(); }, 1000);
window.setInterval(() => { if (me.value && !document.hidden) loadAgents().catch(() => {}); }, 15_000);

// The tab says how many alerts came that nobody has looked at.
export const unseen = signal(0);
document.addEventListener("visibilitychange", () => { if (!document.hidden) unseen.value = 0; });
onAlerts((list) => { if (document.hidden) unseen.value += list.length; });
effect(() => { document.title = unseen.value > 0 ? `(${unseen.value > 999 ? "999+" : unseen.value}) ruleids` : "ruleids"; });
