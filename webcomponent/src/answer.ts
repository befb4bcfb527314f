/** What the app answers when it is asked for documents. */

import { words } from "./words";

/** One upstream document, as a person sees it. */
export interface LinkOption {
  readonly value: string;
  readonly label: string;
  readonly description: string;
}

/** The name, unless the title is the name. */
export function nameBeside({ label, value }: LinkOption): string {
  return label === value ? "" : value;
}

/** The description, without the title that Frappe often begins it with. */
export function descriptionBeside({ label, description }: LinkOption): string {
  if (description === label) return "";
  return description.startsWith(`${label}, `) ? description.slice(label.length + 2) : description;
}

export interface Found {
  readonly kind: "found";
  readonly options: readonly LinkOption[];
  readonly more: boolean;
}

/** Why there is no answer, in words for the person, with the way out where there is one. */
export interface Trouble {
  readonly kind: "offline" | "unavailable" | "signed-out" | "forbidden" | "failed";
  readonly message: string;
  readonly signInUrl?: string;
}

export type Answer = Found | Trouble;

interface ErrorBody {
  error?: { message?: string };
  sign_in_url?: string;
}

/** Asks the app. Rejects only when `signal` is aborted; every other failure is a `Trouble`. */
export async function ask(url: URL, signal: AbortSignal): Promise<Answer> {
  try {
    const response = await fetch(url, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(30_000)]),
      headers: { Accept: "application/json" },
      credentials: "same-origin",
    });
    const body: unknown = await response.json().catch(() => null);
    return response.ok ? found(body) : trouble(response.status, (body ?? {}) as ErrorBody);
  } catch (error) {
    if (signal.aborted) throw error;
    return { kind: "offline", message: navigator.onLine ? words.appUnreachable : words.offline };
  }
}

function found(body: unknown): Answer {
  const results = (body as { results?: unknown } | null)?.results;
  if (!Array.isArray(results)) return { kind: "failed", message: words.failed };
  return { kind: "found", options: results.map(option), more: Boolean((body as { more?: boolean }).more) };
}

function option(row: { value: unknown; label?: unknown; description?: unknown }): LinkOption {
  const value = String(row.value);
  return { value, label: String(row.label || value), description: String(row.description ?? "") };
}

function trouble(status: number, body: ErrorBody): Trouble {
  const said = body.error?.message;
  if (status === 401) {
    const signInUrl = signInPage(body.sign_in_url);
    return { kind: "signed-out", message: words.signedOut, ...(signInUrl ? { signInUrl } : {}) };
  }
  if (status === 403) return { kind: "forbidden", message: said ?? words.forbidden };
  if (status === 429 || status >= 500) return { kind: "unavailable", message: said ?? words.unavailable };
  return { kind: "failed", message: said ?? words.failed };
}

/** The sign-in page, told to come back here; nothing if the address is not one to go to. */
function signInPage(address: string | undefined): string | undefined {
  if (!address || !URL.canParse(address, location.href)) return undefined;
  const url = new URL(address, location.href);
  if (url.protocol !== "https:" && url.protocol !== "http:") return undefined;
  url.searchParams.set("next", location.pathname + location.search);
  return url.href;
}
