// Numbers, times and addresses as people read them.
import { signal } from "@preact/signals";
import type { Alert } from "./api";

export const utc = signal(localStorage.getItem("utc") === "1");
export function setUTC(on: boolean): void {
  utc.value = on;
  localStorage.setItem("utc", on ? "1" : "0");
}

const pad = (n: number, digits = 2) => String(n).padStart(digits, "0");

function parts(d: Date) {
  return utc.value
    ? { y: d.getUTCFullYear(), m: d.getUTCMonth() + 1, d: d.getUTCDate(), h: d.getUTCHours(), i: d.getUTCMinutes(), s: d.getUTCSeconds() }
    : { y: d.getFullYear(), m: d.getMonth() + 1, d: d.getDate(), h: d.getHours(), i: d.getMinutes(), s: d.getSeconds() };
}

// date reads the server's times, of which EVE's have an offset without a colon.
export const date = (s: string) => new Date(s.replace(/([+-]\d\d)(\d\d)$/, "$1:$2"));

export function dateTime(s: string): string {
  const p = parts(date(s));
  return `${p.y}-${pad(p.m)}-${pad(p.d)} ${pad(p.h)}:${pad(p.i)}:${pad(p.s)}${utc.value ? " UTC" : ""}`;
}

// clock is the time alone, with the date where it is of another day.
export function clock(s: string): string {
  const d = date(s), p = parts(d), today = parts(new Date());
  const time = `${pad(p.h)}:${pad(p.i)}:${pad(p.s)}`;
  return p.d === today.d && p.m === today.m && p.y === today.y ? time : `${pad(p.m)}-${pad(p.d)} ${time}`;
}

export function ago(s: string, now: number): string {
  const seconds = Math.max(0, (now - date(s).getTime()) / 1000);
  if (seconds < 5) return "now";
  return `${span(seconds)} ago`;
}

export function span(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  if (seconds < 86400) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} d`;
}

const whole = new Intl.NumberFormat("en-US");
export const number = (n: number) => whole.format(Math.round(n));
const short = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });
// amount writes a number of any size in three digits or so.
export const amount = (n: number) => (Math.abs(n) >= 10_000 ? short.format(n) : Math.abs(n) >= 100 || Number.isInteger(n) ? number(n) : String(Number(n.toPrecision(3))));
export const compact = (n: number) => (n < 10_000 ? number(n) : short.format(n));
export const percent = (share: number) => (share > 0 && share < 0.01 ? "<1 %" : `${Math.round(100 * share)} %`);
export function bytes(n: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let i = 0;
  while (n >= 1000 && i < units.length - 1) { n /= 1000; i++; }
  return `${n < 10 && i > 0 ? n.toFixed(1) : Math.round(n)} ${units[i]}`;
}

export const end = (ip?: string, port?: number) => (ip === undefined ? "" : port === undefined ? ip : ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`);
export const said = (a: Alert) => a.ruleids.message || a.alert.signature;
export const keyText = (key: Record<string, unknown>) => Object.entries(key).map(([k, v]) => `${k} ${v}`).join(", ") || "all traffic";

// quote makes a value safe in a query.
export const quote = (s: string) => (/^[A-Za-z0-9_.:/-]+$/.test(s) ? s : `"${s.replace(/"/g, "")}"`);
