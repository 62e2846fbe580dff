// Small parts that pages are made of.
import type { ComponentChildren } from "preact";
import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { Fault, type Severity } from "./api";
import { now, tick, missed } from "./live";
import { ago, clock, dateTime, number, percent } from "./text";

const shapes: Record<Severity, string> = {
  critical: "M8 1l7 14H1z", high: "M8 1l7 7-7 7-7-7z", medium: "M2 2h12v12H2z", low: "M8 2a6 6 0 100 12A6 6 0 008 2z",
};

// SeverityMark says a severity by colour, shape and word.
export function SeverityMark({ of, bare }: { of: Severity; bare?: boolean }) {
  return (
    <span class={`mark ${of}`} title={bare ? of : undefined}>
      <svg viewBox="0 0 16 16" width="11" height="11" aria-hidden="true"><path d={shapes[of] ?? shapes.low} /></svg>
      <span class={bare ? "hidden" : ""}>{of}</span>
    </span>
  );
}

const icons = {
  overview: "M3 13h8V3H3zm10 8h8V11h-8zM3 21h8v-6H3zm10-18v6h8V3z", inbox: "M3 13l3-9h12l3 9v7H3zm0 0h5l2 3h4l2-3h5", feed: "M4 6h16M4 12h16M4 18h10",
  agents: "M4 4h16v6H4zm0 10h16v6H4zM8 7h.01M8 17h.01", analytics: "M4 20V10m6 10V4m6 16v-7m4 7H2", assets: "M12 9a3 3 0 100 6 3 3 0 000-6zM5 4v.01M19 4v.01M5 20v.01M19 20v.01M6 5l4 5M18 5l-4 5M6 19l4-5M18 19l-4-5", models: "M3 20c4 0 5-14 9-14s5 14 9 14M12 6v14",
  decisions: "M12 3a9 9 0 100 18 9 9 0 000-18zM5.600 5.600l12.800 12.800",
  rules: "M6 3h9l4 4v14H6zM9 12h7M9 16h7M9 8h3", audit: "M4 5h16M4 10h16M4 15h9m3 3l2 2 4-5", search: "M11 4a7 7 0 100 14 7 7 0 000-14zm5 12l5 5", close: "M5 5l14 14M19 5L5 19",
  pause: "M8 5v14M16 5v14", play: "M7 4l13 8-13 8z", down: "M12 4v12m-5-5l5 5 5-5M4 20h16", out: "M14 4h6v16h-6M4 12h11m-4-4l4 4-4 4", more: "M5 12h.01M12 12h.01M19 12h.01", logins: "M12 12a4 4 0 100-8 4 4 0 000 8zm-8 9c0-4 4-6 8-6s8 2 8 6",
};
export type IconName = keyof typeof icons;

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" width={size} height={size} aria-hidden="true"><path d={icons[name]} /></svg>
  );
}

// Time shows a time of the server: how long ago, or the clock, with the whole of it as its title.
export function Time({ at, relative }: { at?: string; relative?: boolean }) {
  if (!at || at.startsWith("0001")) return <span class="dim">never</span>;
  return <time dateTime={at} title={dateTime(at)}>{relative ? ago(at, now.value) : clock(at)}</time>;
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return <div class="empty"><strong>{title}</strong>{children && <p>{children}</p>}</div>;
}

export function Problem({ fault, again }: { fault: Error; again?: () => void }) {
  return (
    <div class="problem" role="alert">
      <span>{fault.message}</span>
      {again && <button type="button" onClick={again}>Try again</button>}
    </div>
  );
}

// useLoad asks the server for something, and again whenever something came in, but at most every pause, and not before an answer: a
// server that is slow, or far away, is not asked faster than it answers.
export function useLoad<T>(load: (signal: AbortSignal) => Promise<T>, deps: unknown[], pause = 5000): { value?: T; fault?: Error; busy: boolean; again: () => void } {
  const [state, set] = useState<{ value?: T; fault?: Error; busy: boolean }>({ busy: true });
  const last = useRef(0), timer = useRef<number | undefined>(undefined), abort = useRef<AbortController | undefined>(undefined), going = useRef(false), due = useRef(false);
  const run = () => {
    abort.current?.abort();
    const a = (abort.current = new AbortController());
    last.current = Date.now();
    going.current = true;
    due.current = false;
    set((s) => ({ ...s, busy: true }));
    load(a.signal).then(
      (value) => { if (!a.signal.aborted) set({ value, busy: false }); },
      (fault) => { if (!a.signal.aborted) set((s) => ({ value: s.value, fault, busy: false })); },
    ).finally(() => {
      if (a.signal.aborted) return;
      going.current = false;
      if (due.current) later();
    });
  };
  const later = () => {
    window.clearTimeout(timer.current);
    timer.current = window.setTimeout(() => { if (going.current) due.current = true; else run(); }, Math.max(0, last.current + pause - Date.now()));
  };
  useEffect(() => {
    set((s) => ({ ...s, fault: undefined }));
    run();
    return () => abort.current?.abort();
  }, [...deps, missed.value]);
  useEffect(() => {
    if (tick.value > 0) later();
    return () => window.clearTimeout(timer.current);
  }, [tick.value, ...deps]);
  return { ...state, again: run };
}

const slim = matchMedia("(max-width: 720px)");
// useNarrow says whether the window is as narrow as style.css has it for a telephone.
export function useNarrow(): boolean {
  const [narrow, set] = useState(slim.matches);
  useEffect(() => {
    const change = () => set(slim.matches);
    slim.addEventListener("change", change);
    return () => slim.removeEventListener("change", change);
  }, []);
  return narrow;
}

// Messages that come and go.
const toasts = signal<{ id: number; text: string; bad: boolean }[]>([]);
let ids = 0;
export function say(text: string, bad = false): void {
  const id = ++ids;
  toasts.value = [...toasts.value, { id, text, bad }];
  window.setTimeout(() => { toasts.value = toasts.value.filter((t) => t.id !== id); }, bad ? 9000 : 4000);
}
export const complain = (e: unknown) => say(e instanceof Fault || e instanceof Error ? e.message : String(e), true);
export function Toasts() {
  return (
    <div class="toasts" aria-live="polite" role="status">
      {toasts.value.map((t) => <div key={t.id} class={t.bad ? "toast bad" : "toast"}>{t.text}</div>)}
    </div>
  );
}

// A Dialog is shown for as long as it is rendered. Escape and the button beside the title close it.
export function Dialog({ title, close, children, wide }: { title: string; close: () => void; children: ComponentChildren; wide?: boolean }) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const d = ref.current!;
    if (!d.open) d.showModal();
    const cancel = (e: Event) => { e.preventDefault(); close(); };
    d.addEventListener("cancel", cancel);
    return () => { d.removeEventListener("cancel", cancel); d.close(); };
  }, []);
  return (
    <dialog ref={ref} class={wide ? "wide" : ""} aria-label={title} onClick={(e) => { if (e.target === ref.current) close(); }}>
      <div class="dialog">
        <header><h2>{title}</h2><button type="button" class="quiet" aria-label="Close" onClick={close}><Icon name="close" /></button></header>
        {children}
      </div>
    </dialog>
  );
}

// Confirm asks before something is done that others notice.
const question = signal<{ title: string; text: ComponentChildren; act: string; fields?: { name: string; label: string; value?: string; required?: boolean; options?: string[]; hint?: string }[]; run: (v: Record<string, string>) => Promise<unknown> } | undefined>(undefined);
export const confirm = (q: NonNullable<typeof question.value>) => { question.value = q; };
export function Confirmation() {
  const q = question.value;
  const [busy, set] = useState(false);
  const [fault, fail] = useState<string>();
  if (!q) return null;
  const close = () => { question.value = undefined; fail(undefined); set(false); };
  const submit = async (e: Event & { currentTarget: HTMLFormElement }) => {
    e.preventDefault();
    const form = e.currentTarget;
    set(true);
    fail(undefined);
    try {
      await q.run(Object.fromEntries(new FormData(form)) as Record<string, string>);
      close();
    } catch (err) {
      fail((err as Error).message);
      set(false);
    }
  };
  return (
    <Dialog title={q.title} close={close}>
      <form onSubmit={submit}>
        <div class="prose">{q.text}</div>
        {q.fields?.map((f, i) => (
          <label class="field" key={f.name}>
            <span>{f.label}</span>
            {f.options
              ? <select name={f.name} autoFocus={i === 0}>{f.options.map((o) => <option key={o} value={o.split("|")[0]} selected={o.split("|")[0] === f.value}>{o.split("|")[1] ?? o}</option>)}</select>
              : <input name={f.name} defaultValue={f.value} required={f.required} autoFocus={i === 0} />}
            {f.hint && <small>{f.hint}</small>}
          </label>
        ))}
        {fault && <p class="fault" role="alert">{fault}</p>}
        <footer><button type="button" onClick={close}>Cancel</button><button class="primary" disabled={busy}>{q.act}</button></footer>
      </form>
    </Dialog>
  );
}

// Rows shows what fits the window of many rows of one height.
export function Rows<T>({ items, height, render, empty, label, keyOf, selected }: {
  items: T[]; height: number; render: (item: T, index: number) => ComponentChildren; empty: ComponentChildren; label: string; keyOf: (item: T) => string; selected?: number;
}) {
  const ref = useRef<HTMLDivElement>(null);
  const [top, scroll] = useState(0);
  const [room, measure] = useState(800);
  useEffect(() => {
    const el = ref.current!;
    const o = new ResizeObserver(() => measure(el.clientHeight));
    o.observe(el);
    return () => o.disconnect();
  }, []);
  useEffect(() => {
    const el = ref.current;
    if (!el || selected === undefined || selected < 0) return;
    if (selected * height < el.scrollTop) el.scrollTop = selected * height;
    else if ((selected + 1) * height > el.scrollTop + el.clientHeight) el.scrollTop = (selected + 1) * height - el.clientHeight;
  }, [selected]);
  const from = Math.max(0, Math.floor(top / height) - 8), to = Math.min(items.length, Math.ceil((top + room) / height) + 8);
  return (
    <div class="rows" ref={ref} role="region" aria-label={label} tabIndex={0} onScroll={(e) => scroll(e.currentTarget.scrollTop)}>
      {items.length === 0 ? empty : (
        <div class="run" style={{ height: `${items.length * height}px` }}>
          {items.slice(from, to).map((x, i) => (
            <div key={keyOf(x)} class="slot" style={{ transform: `translateY(${(from + i) * height}px)`, height: `${height}px` }}>{render(x, from + i)}</div>
          ))}
        </div>
      )}
    </div>
  );
}

// Bars shows counts beside each other; of a total also the share of it that each is.
export function Bars({ items, href, of }: { items: { name: string; count: number }[]; href?: (name: string) => string; of?: number }) {
  const most = Math.max(1, ...items.map((i) => i.count));
  if (items.length === 0) return <Empty title="Nothing in this time" />;
  return (
    <ol class="bars">
      {items.map((i) => {
        const body = <><span class="bar" style={{ width: `${(100 * i.count) / most}%` }} /><span class="name">{i.name || "none"}</span><span class="count">{number(i.count)}</span>{of ? <span class="share">{percent(i.count / of)}</span> : null}</>;
        return <li key={i.name}>{href ? <a href={href(i.name)}>{body}</a> : <div>{body}</div>}</li>;
      })}
    </ol>
  );
}

export function Tabs({ of, value, pick, label }: { of: [string, string][]; value: string; pick: (v: string) => void; label: string }) {
  return (
    <div class="tabs" role="group" aria-label={label}>
      {of.map(([v, text]) => <button key={v} type="button" aria-pressed={v === value} onClick={() => pick(v)}>{text}</button>)}
    </div>
  );
}
