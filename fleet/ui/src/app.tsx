import { useEffect, useRef, useState } from "preact/hooks";
import { ask } from "./api";
import { agents, connection, fresh, leave, lostSince, may, me, now, unseen } from "./live";
import { go, link, page, params } from "./route";
import { setUTC, span, utc } from "./text";
import { useKeys, known } from "./keys";
import { complain, Confirmation, Dialog, Icon, Toasts, type IconName } from "./parts";
import { Login } from "./pages/login";
import { Overview } from "./pages/overview";
import { InboxPage } from "./pages/inbox";
import { Feed } from "./pages/feed";
import { AgentsPage } from "./pages/agents";
import { Analytics } from "./pages/analytics";
import { Decisions } from "./pages/decisions";
import { Assets } from "./pages/assets";
import { LoginsPage } from "./pages/logins";
import { Models } from "./pages/models";
import { Rules } from "./pages/rules";
import { AuditPage } from "./pages/audit";
import { AlertDrawer } from "./pages/alert";
import { Exception } from "./pages/exception";

const pages: { name: string; title: string; icon: IconName; key: string; admin?: boolean; view: () => preact.JSX.Element }[] = [
  { name: "overview", title: "Overview", icon: "overview", key: "o", view: Overview },
  { name: "inbox", title: "Inbox", icon: "inbox", key: "i", view: InboxPage },
  { name: "feed", title: "Live feed", icon: "feed", key: "f", view: Feed },
  { name: "agents", title: "Agents", icon: "agents", key: "a", view: AgentsPage },
  { name: "analytics", title: "Analytics", icon: "analytics", key: "n", view: Analytics },
  { name: "assets", title: "Assets", icon: "assets", key: "h", view: Assets },
  { name: "logins", title: "Logins", icon: "logins", key: "u", view: LoginsPage },
  { name: "models", title: "Models", icon: "models", key: "m", view: Models },
  { name: "rules", title: "Rules", icon: "rules", key: "r", view: Rules },
  { name: "decisions", title: "Decisions", icon: "decisions", key: "d", view: Decisions },
  { name: "audit", title: "Audit log", icon: "audit", key: "l", admin: true, view: AuditPage },
];

function Connection() {
  const text = connection.value === "live" ? "live" : connection.value === "connecting" ? "connecting" : `stale for ${span(Math.max(1, (now.value - lostSince.value) / 1000))}`;
  return <span class={`connection ${connection.value}`} role="status"><i aria-hidden="true" />{text}</span>;
}

function Search() {
  const ref = useRef<HTMLInputElement>(null);
  const q = page.value === "feed" ? params.value.get("q") ?? "" : "";
  useEffect(() => { if (ref.current && document.activeElement !== ref.current) ref.current.value = q; }, [q]);
  useKeys([{ key: "/", does: "search", run: () => ref.current?.focus() }]);
  return (
    <form class="search" role="search" onSubmit={(e) => { e.preventDefault(); go(link("feed", { q: ref.current!.value.trim() })); ref.current!.blur(); }}>
      <Icon name="search" size={16} />
      <input ref={ref} type="search" name="q" aria-label="Search alerts" placeholder="Search alerts, as rule:port_scan src:203.0.113.0/24" autoComplete="off" spellcheck={false} defaultValue={q} />
      <kbd aria-hidden="true">/</kbd>
    </form>
  );
}

function Help({ close }: { close: () => void }) {
  const seen = new Set<string>();
  return (
    <Dialog title="Keyboard" close={close}>
      <table class="keys"><tbody>
        {known().filter((k) => k.key !== "?" && !seen.has(k.key) && seen.add(k.key)).map((k) => <tr key={k.key}><td>{k.key.split(" ").map((x) => <kbd key={x}>{x}</kbd>)}</td><td>{k.does}</td></tr>)}
      </tbody></table>
      <p class="dim">Every view is a link: copy the address to share what you see. Times are {utc.value ? "UTC" : "local"}.</p>
    </Dialog>
  );
}

export function App() {
  const [help, showHelp] = useState(false);
  const [more, open] = useState(false); // of a narrow window, which has no room for all pages at its foot
  const shown = pages.find((p) => p.name === page.value && (!p.admin || may.value.admin)) ?? pages[0];
  useKeys([
    { key: "?", does: "this list", run: () => showHelp(true) },
    ...pages.map((p) => ({ key: `g ${p.key}`, does: `go to ${p.title}`, run: () => go(link(p.name)) })),
    { key: "z", does: "UTC or local time", run: () => setUTC(!utc.value) },
  ]);
  useEffect(() => { document.querySelector("main")?.scrollTo(0, 0); open(false); if (!document.hidden) unseen.value = 0; }, [shown.name]);
  if (me.value === undefined) {
    return <div class="splash"><img src="/icon.svg" width="56" height="56" alt="" />{connection.value === "lost" && <p role="alert">The server does not answer. This is tried again by itself.</p>}</div>;
  }
  if (me.value === null) return <><Login /><Toasts /></>;
  const online = agents.value.filter((a) => a.online).length;
  const View = shown.view;
  const all = pages.filter((p) => !p.admin || may.value.admin), first = all.slice(0, 4), rest = all.slice(4);
  const item = (p: (typeof pages)[number]) => (
    <li key={p.name}>
      <a href={link(p.name)} aria-current={p === shown ? "page" : undefined} title={`${p.title} (g ${p.key})`}>
        <Icon name={p.icon} /><span>{p.title}</span>
        {p.name === "feed" && fresh.value.length > 0 && shown.name !== "feed" && <b class="badge" aria-label={`${fresh.value.length} new`}>{fresh.value.length > 99 ? "99+" : fresh.value.length}</b>}
        {p.name === "agents" && online < agents.value.length && <b class="badge warn" aria-label={`${agents.value.length - online} offline`}>{agents.value.length - online}</b>}
      </a>
    </li>
  );
  const out = () => ask("POST", "/api/v1/logout", {}).then(leave, complain);
  return (
    <div class="app">
      <a class="skip" href="#main" onClick={(e) => { e.preventDefault(); document.getElementById("main")?.focus(); }}>To the content</a>
      <nav class={more ? "rail open" : "rail"} aria-label="Pages">
        <a class="brand" href="/" aria-label="ruleids, overview"><img src="/icon.svg" width="26" height="26" alt="" /><span>ruleids</span></a>
        <ul class="first">{first.map(item)}</ul>
        <ul class="rest" id="rest">
          {rest.map(item)}
          <li class="own"><button type="button" onClick={() => setUTC(!utc.value)}>Times are {utc.value ? "UTC" : "local"}</button><button type="button" onClick={out}>Log {me.value.name} out</button></li>
        </ul>
        <button type="button" class={`others${rest.includes(shown) ? " here" : ""}`} aria-expanded={more} aria-controls="rest" onClick={() => open(!more)}><Icon name="more" /><span>More</span></button>
      </nav>
      <header class="top">
        <Search />
        <Connection />
        <button type="button" class="zone" onClick={() => setUTC(!utc.value)} title="UTC or local time (z)">{utc.value ? "UTC" : "local"}</button>
        <button type="button" class="quiet" onClick={() => showHelp(true)} aria-label="Keyboard" title="Keyboard (?)"><kbd>?</kbd></button>
        <span class="who" title={`role ${me.value.role}`}>{me.value.name}</span>
        <button type="button" class="quiet" onClick={out} aria-label="Log out" title="Log out"><Icon name="out" /></button>
      </header>
      <main id="main" tabIndex={-1}>
        {connection.value === "lost" && <div class="stale" role="alert">No connection to the server for {span(Math.max(1, (now.value - lostSince.value) / 1000))}. What you see is what was known then; it is tried again by itself.</div>}
        <View key={shown.name} />
      </main>
      {params.value.get("alert") && <AlertDrawer key={params.value.get("alert")!} id={params.value.get("alert")!} />}
      {help && <Help close={() => showHelp(false)} />}
      <Exception />
      <Confirmation />
      <Toasts />
    </div>
  );
}
