import { useEffect, useRef, useState } from "preact/hooks";
import { get, severities, type Alert, type AlertPageOf, type Severity } from "../api";
import { fresh, missed, onAlerts } from "../live";
import { params, set } from "../route";
import { clock, dateTime, end, number, said } from "../text";
import { complain, Empty, Icon, Problem, Rows, SeverityMark, useNarrow } from "../parts";
import { useKeys } from "../keys";

const most = 10_000;

// terms takes the severities out of a query, for the chips.
function chips(q: string): { picked: Severity[]; rest: string } {
  let picked: Severity[] = [];
  const rest = q.replace(/(^|\s)severity:(\S+)/, (_m, before, list: string) => {
    if (list.endsWith("+")) picked = severities.slice(0, severities.indexOf(list.slice(0, -1) as Severity) + 1);
    else picked = list.split(",").filter((s): s is Severity => severities.includes(s as Severity));
    return before;
  }).trim();
  return { picked, rest };
}

// Feed is every alert, the newest first. While nothing narrows the time it follows what comes in.
export function Feed() {
  const q = params.value.get("q") ?? "";
  const { picked, rest } = chips(q), narrow = useNarrow();
  const [list, show] = useState<Alert[]>();
  const [next, page] = useState<string | null>(null);
  const [fault, fail] = useState<Error>();
  const [paused, pause] = useState(false);
  const [waiting, wait] = useState(0);
  const [at, move] = useState(-1);
  const live = !/(^|\s)until:/.test(q);
  const held = useRef<Alert[]>([]);
  const asked = useRef(0), answered = useRef(0);

  const load = async (cursor?: string) => {
    const n = ++asked.current;
    try {
      const p = await get<AlertPageOf>("/api/v1/alerts", { q, limit: 200, cursor });
      if (n !== asked.current) return;
      show((before) => (cursor && before ? [...before, ...p.alerts] : p.alerts));
      page(p.next);
      fail(undefined);
    } catch (e) {
      if (n === asked.current) fail(e as Error);
    } finally {
      answered.current = Math.max(answered.current, n);
    }
  };
  useEffect(() => { show(undefined); move(-1); wait(0); held.current = []; load(); }, [q, missed.value]);
  useEffect(() => { if (!q) fresh.value = []; }, [q]);

  // What comes in is asked for again where a query narrows it: the server knows what its words mean.
  useEffect(() => {
    if (!live) return;
    let timer: number | undefined;
    const ask = () => { // not before an answer: a slow server would never be heard
      if (answered.current < asked.current) { timer = window.setTimeout(ask, 500); return; }
      timer = undefined;
      load();
    };
    const end = onAlerts((come) => {
      if (paused) { wait((n) => n + come.length); held.current = [...come, ...held.current].slice(0, most); return; }
      if (q) { timer ??= window.setTimeout(ask, 1500); return; }
      show((before) => before && [...come, ...before].slice(0, most));
      move((n) => (n < 0 ? n : n + come.length));
    });
    return () => { end(); window.clearTimeout(timer); };
  }, [q, paused, live]);

  const resume = () => {
    pause(false);
    wait(0);
    if (q) load(); else show((before) => [...held.current, ...(before ?? [])].slice(0, most));
    held.current = [];
  };
  const toggle = (s: Severity) => {
    const now = picked.includes(s) ? picked.filter((x) => x !== s) : [...picked, s];
    set({ q: [now.length > 0 && now.length < severities.length ? `severity:${severities.filter((x) => now.includes(x)).join(",")}` : "", rest].filter(Boolean).join(" ") });
  };
  const open = (a?: Alert) => a && set({ alert: a.id }, false);
  useKeys([
    { key: "j", does: "next row", run: () => move((n) => Math.min((list?.length ?? 0) - 1, n + 1)) },
    { key: "k", does: "row before", run: () => move((n) => Math.max(0, n - 1)) },
    { key: "Enter", does: "open the row", run: () => open(list?.[at]) },
    { key: "p", does: "pause or go on", run: () => (paused ? resume() : pause(true)) },
  ]);
  return (
    <div class="feed page">
      <div class="bar">
        <h1>Live feed</h1>
        <div class="chips" role="group" aria-label="Severities">
          {severities.map((s) => <button key={s} type="button" class={`chip ${s}`} aria-pressed={picked.includes(s)} onClick={() => toggle(s)}><SeverityMark of={s} /></button>)}
        </div>
        <span class="grow" />
        {live && <button type="button" onClick={() => (paused ? resume() : pause(true))} title="p"><Icon name={paused ? "play" : "pause"} size={15} />{paused ? (waiting ? `Go on, ${number(waiting)} new` : "Go on") : "Pause"}</button>}
        <a class="button" href={`/api/v1/export?${new URLSearchParams({ q, format: "csv" })}`} download><Icon name="down" size={15} />CSV</a>
        <a class="button" href={`/api/v1/export?${new URLSearchParams({ q, format: "json" })}`} download><Icon name="down" size={15} />JSON</a>
      </div>
      {fault && <Problem fault={fault} again={() => load()} />}
      <div class="feedhead" aria-hidden="true"><span>time</span><span>severity</span><span>rule</span><span>source</span><span>destination</span><span>agent</span><span>message</span></div>
      {list ? (
        <Rows items={list} height={narrow ? 54 : 34} label="Alerts, the newest first" keyOf={(a) => a.id} selected={at}
          empty={<Empty title="No alert matches">{q ? "Take a word away, or look further back: since:7d" : "When an agent raises one, it appears here by itself."}</Empty>}
          render={(a, i) => (
            <button type="button" class={`feedrow ${a.ruleids.severity}`} aria-current={i === at} onClick={() => { move(i); open(a); }} title={dateTime(a.timestamp)}>
              <span class="num">{clock(a.timestamp)}</span><span><SeverityMark of={a.ruleids.severity} /></span><span class="strong">{a.ruleids.rule}</span>
              <span class="num">{end(a.src_ip, a.src_port)}</span><span class="num">{end(a.dest_ip, a.dest_port)}</span><span>{a.agent}</span><span class="dim">{said(a)}</span>
            </button>
          )} />
      ) : <div class="rows" aria-busy={!fault} />}
      <div class="bar foot">
        <span class="dim">{list ? `${number(list.length)} shown` : ""}</span><span class="grow" />
        {next && <button type="button" onClick={() => load(next).catch(complain)}>Older</button>}
      </div>
    </div>
  );
}
