// What the server says and takes: docs/fleet.md and /api/v1/openapi.json describe it.

export type Severity = "critical" | "high" | "medium" | "low";
export const severities: Severity[] = ["critical", "high", "medium", "low"];

// Whose host an address is, as far as the agent's map knows.
export interface Owner { name?: string; mac?: string; vendor?: string; system?: string }

export interface Alert {
  id: string;
  agent: string;
  received: string;
  timestamp: string;
  src_ip?: string;
  src_port?: number;
  dest_ip?: string;
  dest_port?: number;
  proto?: string;
  community_id?: string;
  pcap_cnt?: number;
  alert: { action: string; signature: string; category: string; severity: number };
  ruleids: {
    rule: string;
    severity: Severity;
    mode?: string;
    key: Record<string, unknown>;
    values: Record<string, number | string>;
    threshold?: number;
    attack: string[];
    references?: string[];
    actions: string[];
    message?: string;
    suppressed?: number;
    responses?: { action: string; target?: string; seconds?: number }[];
    reputation?: { source: string; indicator: string; tier: string; malicious?: number; suspicious?: number; engines?: number };
    model?: { name: string; score: number; top: string; bits: number; odd: string; features: { name: string; value: number | null; usual: [number, number] | null; bits: number }[] };
    assets?: { src?: Owner; dst?: Owner };
    evidence?: string;
    filter?: string;
    decision?: { outcome?: string; who?: string; detail?: string };
  };
}

export interface Count { name: string; count: number }
export interface Slot { time: string; total: number; low: number; medium: number; high: number; critical: number }
export interface Stats {
  since: string;
  until: string;
  total: number;
  severity: Record<Severity, number>;
  categories: Count[];
  rules: Count[];
  agents: Count[];
  sources: Count[];
  techniques?: Count[];
  hours?: number[];
  step_seconds: number;
  timeline: Slot[];
}

// A Model is what an agent says of one of its models.
export interface Model {
  name: string; method: string; learning: boolean; samples: number; needs: number; learned_seconds: number; learns_seconds: number; baseline: string; pinned: boolean; learned_later: number; not_learned: number;
  features: { name: string; usual: string; drift: number | null }[];
  error: string;
}

export interface Beat {
  time: string;
  started: string;
  version: string;
  system?: string;
  healthy: boolean;
  mode: string;
  rules: number;
  digest: string;
  set: string;
  reload: string;
  packets: number;
  dropped: number;
  rate: number;
  loss: number;
  cpu: number;
  alerts: number;
  queue: { alerts: number; bytes: number; room: number; failed: string; dropped: Record<string, number> };
  shared: { digest: string; held: number; refused: { target: string; why?: string; reason?: string }[] };
  blocked: number;
}
export interface Agent {
  id: string;
  name: string;
  labels: Record<string, string>;
  state: string;
  online: boolean;
  joined: string;
  seen: string;
  since: string;
  address: string;
  expires: string;
  skew_seconds: number;
  trouble: string[];
  beat?: Beat;
  history?: { rate: number; loss: number }[];
}

export interface Decision {
  target: string;
  kind: string;
  since: string;
  until?: string;
  reason: string;
  source: string;
  by: string;
  rule?: string;
  label?: string;
  refused: Record<string, string>;
}

export interface RuleSet {
  number: number; digest: string; state: "canary" | "quarter" | "all" | "held" | "replaced"; created: string; by: string; label?: string; canary: number; soak_seconds: number; since: string; reason?: string;
  stage: string[]; rules: number;
}

// A RuleLine is a rule as lists have it: set is the number of the rule set it is from, 0 for a shipped one.
export interface RuleLine { rule: string; description: string; severity: string; category: string; enabled: boolean; set: number; overridden: boolean; cost: number; agents: number }
export interface RuleText extends RuleLine { blocks: { file: string; line: number; text: string }[]; page: string }

export interface Note { time: string; who: string; action: string; text?: string; until?: string }
export interface Group {
  id: string;
  rule: string;
  key: Record<string, unknown>;
  severity: Severity;
  category: string;
  attack: string[];
  count: number;
  first: string;
  last: string;
  agents: string[];
  sources: string[];
  newest: Alert;
  status: "open" | "acknowledged" | "escalated" | "closed";
  assignee?: string;
  reason?: string;
  until?: string;
  seen: boolean;
  notes: Note[];
}
export interface Inbox { groups: Group[]; total: number; alerts: number; complete: boolean; unseen: number }

export interface Me { name: string; role: "viewer" | "analyst" | "admin"; kind: string }
export interface AuditLine { id: number; time: string; who: string; action: string; target: string; detail?: string }

// A Fault is an answer that is not what was asked for.
export class Fault extends Error {
  constructor(message: string, readonly status: number) { super(message); }
}

let away: () => void = () => {};
// onAway is called when the server wants a log-in.
export const onAway = (f: () => void) => { away = f; };

export async function ask<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  let r: Response;
  try {
    r = await fetch(path, {
      method, signal,
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (e) {
    if ((e as Error).name === "AbortError") throw e;
    throw new Fault("The server does not answer. This is tried again by itself.", 0);
  }
  const answer = await r.json().catch(() => ({ error: `The server answered ${r.status} without words.` }));
  signal?.throwIfAborted(); // an answer that was cut off is none
  if (!r.ok) {
    if (r.status === 401 && !path.endsWith("/login")) away();
    throw new Fault((answer as { error: string }).error, r.status);
  }
  return answer as T;
}

// download asks the server for a file, and has the browser keep it.
export async function download(path: string, name: string): Promise<void> {
  const r = await fetch(path).catch(() => { throw new Fault("The server does not answer.", 0); });
  if (!r.ok) throw new Fault(((await r.json().catch(() => ({ error: `The server answered ${r.status} without words.` }))) as { error: string }).error, r.status);
  const a = document.createElement("a");
  a.href = URL.createObjectURL(await r.blob());
  a.download = name;
  a.click();
  window.setTimeout(() => URL.revokeObjectURL(a.href), 60_000);
}

export const get = <T,>(path: string, params: Record<string, string | number | undefined> = {}, signal?: AbortSignal) => {
  const q = new URLSearchParams();
  for (const [k, v] of Object.entries(params)) if (v !== undefined && v !== "") q.set(k, String(v));
  const text = q.toString();
  return ask<T>("GET", text ? `${path}?${text}` : path, undefined, signal);
};

export interface AlertPageOf { alerts: Alert[]; next: string | null }
