// Each view is a URL: its path is the page, its query what is shown there.
import { computed, signal } from "@preact/signals";

const at = signal(new URL(location.href));
addEventListener("popstate", () => { at.value = new URL(location.href); });

export const page = computed(() => at.value.pathname.split("/")[1] || "overview");
export const params = computed(() => at.value.searchParams);

// link returns the URL of a page with parameters; those that are empty are left out.
export function link(to: string, query: Record<string, string | undefined> = {}): string {
  const q = new URLSearchParams();
  for (const [k, v] of Object.entries(query)) if (v) q.set(k, v);
  const text = q.toString();
  return `/${to === "overview" ? "" : to}${text ? `?${text}` : ""}`;
}

export function go(url: string, replace = false): void {
  history[replace ? "replaceState" : "pushState"](null, "", url);
  at.value = new URL(location.href);
}

// set changes parameters of the page that is shown.
export function set(query: Record<string, string | undefined>, replace = true): void {
  const u = new URL(location.href);
  for (const [k, v] of Object.entries(query)) if (v) u.searchParams.set(k, v); else u.searchParams.delete(k);
  go(u.pathname + u.search, replace);
}

// Links within the page are followed without loading it again.
addEventListener("click", (e) => {
  const a = (e.target as Element | null)?.closest?.("a");
  if (!a || e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || a.target || a.hasAttribute("download")) return;
  const u = new URL(a.href, location.href);
  if (u.origin !== location.origin || u.pathname.startsWith("/api/")) return;
  e.preventDefault();
  go(u.pathname + u.search);
});
