// The keyboard. A page registers what its keys do while it is shown; those of the whole page are in app.tsx.
import { useLayoutEffect } from "preact/hooks";

export interface Key { key: string; does: string; run: (e: KeyboardEvent) => void }

const stack: Key[][] = [];
let before: { key: string; at: number } | undefined;

const typing = (t: EventTarget | null) => t instanceof HTMLElement && (t.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(t.tagName));

addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey || (typing(e.target) && e.key !== "Escape")) return;
  if (document.querySelector("dialog[open]") && e.key !== "?") return; // a dialog has the keyboard to itself
  const chord = before && Date.now() - before.at < 1200 ? `${before.key} ${e.key}` : "";
  for (const keys of [...stack].reverse()) {
    const k = keys.find((k) => k.key === chord) ?? keys.find((k) => k.key === e.key);
    if (k) {
      before = undefined;
      e.preventDefault();
      k.run(e);
      return;
    }
  }
  before = { key: e.key, at: Date.now() };
});

// useKeys gives keys a meaning for as long as a component is shown: that of its last rendering, however fast somebody types.
export function useKeys(keys: Key[]): void {
  useLayoutEffect(() => {
    stack.push(keys);
    return () => { stack.splice(stack.indexOf(keys), 1); };
  });
}

export const known = () => stack.flat();
