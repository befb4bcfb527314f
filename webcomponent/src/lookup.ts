/** Asks for documents so that only the last question is answered, and recent ones are not asked twice. */

import { ask, type Answer, type Found } from "./answer";

const KEPT_ANSWERS = 50;
const KEPT_MILLISECONDS = 30_000;

export class Lookup {
  #recent = new Map<string, { answer: Found; until: number }>();
  #current: AbortController | undefined;

  /** The answer after `delay` milliseconds of quiet, or nothing if another question was asked meanwhile. */
  async find(url: URL, delay = 0): Promise<Answer | undefined> {
    this.cancel();
    const kept = this.#recent.get(url.href);
    if (kept && kept.until > performance.now()) return kept.answer;
    const current = (this.#current = new AbortController());
    try {
      await quiet(delay, current.signal);
      const answer = await ask(url, current.signal);
      if (answer.kind === "found") this.#keep(url.href, answer);
      return current.signal.aborted ? undefined : answer;
    } catch {
      return undefined;
    }
  }

  cancel(): void {
    this.#current?.abort();
  }

  /** Nothing that was found before is used again. */
  forget(): void {
    this.cancel();
    this.#recent.clear();
  }

  #keep(key: string, answer: Found): void {
    this.#recent.delete(key);
    this.#recent.set(key, { answer, until: performance.now() + KEPT_MILLISECONDS });
    const oldest = this.#recent.keys().next();
    if (this.#recent.size > KEPT_ANSWERS && !oldest.done) this.#recent.delete(oldest.value);
  }
}

function quiet(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    });
  });
}
