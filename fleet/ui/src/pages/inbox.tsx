import { useEffect, useRef, useState } from "preact/hooks";
import { ask, get, severities, type Group, type Inbox, type Severity } from "../api";
import { may } from "../live";
import { link, params, set } from "../route";
import { keyText, number, said } from "../text";
import { complain, confirm, Empty, Problem, say, SeverityMark, Tabs, Time, useLoad } from "../parts";
import { useKeys } from "../keys";
import { block } from "./alert";
import { propose } from "./exception";
import { Loading } from "./overview";

const reasons = ["benign|harmless: expected traffic", "test|a test or an exercise", "misfire|the rule is wrong", "duplicate|told elsewhere", "handled|dealt with"];

const titles: Record<string, string> = { open: "The inbox is empty", escalated: "Nothing is escalated", acknowledged: "Nothing is acknowledged", closed: "Nothing was closed", all: "No alert" };

// act does the same to some groups, or to all that match.
async function act(groups: Group[] | "all", q: Record<string, string | undefined>, body: Record<string, string | undefined>, done: (moved: string[]) => void): Promise<void> {
  const r = await ask<{ changed: number }>("POST", "/api/v1/inbox/act", groups === "all" ? { ...body, all: true, ...q } : { ...body, groups: groups.map((g) => g.id) });
  say(`${number(r.changed)} ${r.changed === 1 ? "group" : "groups"}: ${body.action}`);
  done(groups === "all" || body.action === "comment" ? [] : groups.map((g) => g.id));
}

export function InboxPage() {
  const status = params.value.get("status") ?? "open", q = params.value.get("q") ?? "", since = params.value.get("since") ?? "24h";
  const [gone, leave] = useState<Set<string>>(new Set()); // groups that were moved on, until the server has told what is left
  const looked = useRef(false), news = useRef(new Set<string>()); // groups that were new when they were first shown here stay marked
  const box = useLoad(async (s) => {
    const b = await get<Inbox>("/api/v1/inbox", { q, since, status: status === "all" ? "" : status, limit: 200, look: looked.current ? undefined : "true" }, s);
    looked.current = true;
    leave(new Set());
    for (const x of b.groups) if (!x.seen) news.current.add(x.id);
    return b;
  }, [q, since, status]);
  const [at, move] = useState(0);
  const [picked, pick] = useState<Set<string>>(new Set());
  const groups = (box.value?.groups ?? []).filter((x) => !gone.has(x.id));
  const g = groups[Math.min(at, groups.length - 1)];
  const [whole, take] = useState(false); // all that match, also those that are not shown
  const total = box.value?.total ?? 0;
  const chosen = picked.size > 0 ? groups.filter((x) => picked.has(x.id)) : g ? [g] : [];
  useEffect(() => { pick(new Set()); take(false); move(0); }, [q, since, status]);
  const done = (moved: string[]) => { leave(new Set([...gone, ...(status === "all" ? [] : moved)])); pick(new Set()); take(false); box.again(); };
  const search = { q, since, status: status === "all" ? undefined : status };
  const doing = (action: string) => {
    const whom = whole ? "all" : chosen;
    if (!may.value.act || whom.length === 0) return;
    if (whom !== "all" && (action === "acknowledged" || action === "open")) { act(whom, search, { action }, done).catch(complain); return; }
    const many = whom === "all" ? `all ${number(total)} groups that match` : whom.length === 1 ? `${whom[0].rule}, ${keyText(whom[0].key)}` : `${whom.length} groups`;
    if (action === "closed") {
      confirm({ title: "Close", act: "Close", text: <p>Closes {many}. Alerts that come later open a group again, unless it is closed until a time.</p>,
        fields: [{ name: "reason", label: "Why", options: reasons, value: "benign" }, { name: "until", label: "Keep it closed", options: ["|until the next alert", "24h|for a day", "7d|for a week", "30d|for 30 days"] }, { name: "text", label: "Comment" }],
        run: (v) => act(whom, search, { action, reason: v.reason, until: v.until || undefined, text: v.text || undefined }, done) });
    } else if (action === "escalated") {
      confirm({ title: "Escalate", act: "Escalate", text: <p>Marks {many} as needing somebody.</p>, fields: [{ name: "assignee", label: "To" }, { name: "text", label: "Comment", required: true }],
        run: (v) => act(whom, search, { action, assignee: v.assignee || undefined, text: v.text }, done) });
    } else if (action !== "comment") {
      const open = action === "open";
      confirm({ title: open ? "Open again" : "Acknowledge", act: open ? "Open again" : "Acknowledge", text: <p>{open ? "Opens" : "Acknowledges"} {many}.</p>, run: () => act(whom, search, { action }, done) });
    } else {
      confirm({ title: "Comment", act: "Comment", text: <p>On {many}.</p>, fields: [{ name: "text", label: "Comment", required: true }], run: (v) => act(whom, search, { action: "comment", text: v.text }, done) });
    }
  };
  const toggle = (x?: Group) => x && pick((s) => { const n = new Set(s); if (!n.delete(x.id)) n.add(x.id); return n; });
  useKeys([
    { key: "j", does: "next group", run: () => move((n) => Math.min(groups.length - 1, n + 1)) },
    { key: "k", does: "group before", run: () => move((n) => Math.max(0, n - 1)) },
    { key: "x", does: "select the group", run: () => toggle(g) },
    { key: "*", does: "select all that match", run: () => total > 1 && take((w) => !w) },
    { key: "a", does: "acknowledge", run: () => doing("acknowledged") },
    { key: "e", does: "escalate", run: () => doing("escalated") },
    { key: "c", does: "comment", run: () => doing("comment") },
    { key: "Backspace", does: "close as false positive or done", run: () => doing("closed") },
    { key: "m", does: "mute: an exception with an end", run: () => g && may.value.act && propose(g.newest, "7") },
    { key: "Enter", does: "open the newest alert", run: () => g && set({ alert: g.newest.id }, false) },
  ]);
  return (
    <div class="inbox page">
      <div class="bar">
        <h1>Inbox</h1>
        <Tabs label="Status" of={[["open", "Open"], ["escalated", "Escalated"], ["acknowledged", "Acknowledged"], ["closed", "Closed"], ["all", "All"]]} value={status} pick={(v) => set({ status: v === "open" ? undefined : v })} />
        <Tabs label="Time" of={[["1h", "1 h"], ["24h", "24 h"], ["7d", "7 d"], ["30d", "30 d"]]} value={since} pick={(v) => set({ since: v === "24h" ? undefined : v })} />
        <form class="grow" onSubmit={(e) => { e.preventDefault(); set({ q: String(new FormData(e.currentTarget).get("q")).trim() }); }}>
          <input type="search" name="q" key={q} defaultValue={q} aria-label="Narrow the inbox" placeholder="Narrow: severity:high+ agent:berlin-edge" spellcheck={false} />
        </form>
      </div>
      {may.value.act && !(box.value && groups.length === 0) && (
        <div class="bar acts" role="toolbar" aria-label="What to do">
          <span class="dim">{whole ? `All ${number(total)} that match:` : picked.size > 0 ? `${picked.size} selected:` : g ? "The group in focus:" : "Looking…"}</span>
          <button type="button" onClick={() => doing("acknowledged")} disabled={chosen.length === 0}>Acknowledge <kbd>a</kbd></button>
          <button type="button" onClick={() => doing("escalated")} disabled={chosen.length === 0}>Escalate <kbd>e</kbd></button>
          <button type="button" onClick={() => doing("comment")} disabled={chosen.length === 0}>Comment <kbd>c</kbd></button>
          <button type="button" onClick={() => doing("closed")} disabled={chosen.length === 0}>Close <kbd>⌫</kbd></button>
          {status !== "open" && <button type="button" onClick={() => doing("open")} disabled={chosen.length === 0}>Open again</button>}
          <span class="grow" />
          {total > 1 && <label class="whole"><input type="checkbox" checked={whole} onChange={() => take(!whole)} />All {number(total)} that match <kbd>*</kbd></label>}
        </div>
      )}
      {box.fault && <Problem fault={box.fault} again={box.again} />}
      {!box.value ? !box.fault && <Loading /> : groups.length === 0 ? <Empty title={titles[status] ?? titles.all}>{q ? "Take words away, or look further back." : since !== "30d" ? "Not in this time: look further back." : "Not in 30 days."}</Empty> : (
        <ol class="groups">
          {groups.map((x, i) => <Row key={x.id} g={x} current={i === at} fresh={news.current.has(x.id)} picked={whole || picked.has(x.id)} focus={() => move(i)} toggle={() => { if (whole) take(false); toggle(x); }} />)}
        </ol>
      )}
      {total > 0 && box.value && <p class="dim foot">{number(box.value.total)} groups of {number(box.value.alerts)} alerts{!box.value.complete && "; older alerts of this time were not looked at: narrow it"}</p>}
    </div>
  );
}

// Row is one group. Of what people did with it the last is shown, and all of it while the group is in focus.
function Row({ g, current, fresh, picked, focus, toggle }: { g: Group; current: boolean; fresh: boolean; picked: boolean; focus: () => void; toggle: () => void }) {
  const worst: Severity = severities.includes(g.severity) ? g.severity : "low";
  return (
    <li class={`group ${worst}${current ? " current" : ""}${fresh ? " unseen" : ""}`} onClick={focus} aria-current={current || undefined}>
      <input type="checkbox" checked={picked} onChange={toggle} aria-label={`Select ${g.rule}, ${keyText(g.key)}`} />
      <div class="what">
        <span class="line"><SeverityMark of={worst} /><a class="strong" href={link("inbox", { ...Object.fromEntries(params.value), alert: g.newest.id })}>{g.rule}</a><span class="num key">{keyText(g.key)}</span></span>
        <span class="line dim">{said(g.newest)}</span>
        {g.notes.slice(current ? 0 : -1).map((n) => <span key={n.time + n.who} class="line note">{n.who}: {n.action}{n.text ? `, “${n.text}”` : ""}{n.until && !n.until.startsWith("0001") && <>, until <Time at={n.until} /></>} · <Time at={n.time} relative /></span>)}
      </div>
      <div class="how"><b class="num">{number(g.count)}</b><span class="dim">{g.count === 1 ? "alert" : "alerts"}</span></div>
      <div class="where dim"><span>{g.agents.length > 2 ? `${g.agents.length} agents` : g.agents.join(", ")}</span><span><Time at={g.last} relative /></span></div>
      <div class="state">
        {g.status !== "open" && <span class={`pill ${g.status}`}>{g.status}{g.assignee ? ` · ${g.assignee}` : ""}</span>}
        {may.value.act && g.newest.src_ip && <span class="more"><button type="button" class="quiet" onClick={() => block(g.newest.src_ip!, `${g.rule}: ${said(g.newest)}`)}>Block</button><button type="button" class="quiet" onClick={() => propose(g.newest)}>Except</button></span>}
      </div>
    </li>
  );
}
