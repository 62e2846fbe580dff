import { useState } from "preact/hooks";
import { ask } from "../api";
import { check } from "../live";

export function Login() {
  const [fault, fail] = useState<string>();
  const [busy, set] = useState(false);
  return (
    <main class="login">
      <form onSubmit={async (e) => {
        e.preventDefault();
        const form = e.currentTarget;
        set(true);
        fail(undefined);
        try {
          await ask("POST", "/api/v1/login", Object.fromEntries(new FormData(form)));
          await check();
        } catch (err) {
          fail((err as Error).message);
        }
        set(false);
      }}>
        <img src="/icon.svg" width="48" height="48" alt="" />
        <h1>ruleids</h1>
        <label class="field"><span>Account</span><input name="name" autoComplete="username" required autoFocus autoCapitalize="none" spellcheck={false} /></label>
        <label class="field"><span>Password</span><input name="password" type="password" autoComplete="current-password" required /></label>
        {fault && <p class="fault" role="alert">{fault}</p>}
        <button class="primary" disabled={busy}>Log in</button>
      </form>
    </main>
  );
}
