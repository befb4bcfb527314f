/** Whether typed text names one of the documents that were found. */

import type { LinkOption } from "./answer";
import { fold } from "./marks";

/** The document whose name or title the text is; nothing if none or several are called so. */
export function exactMatch(text: string, options: readonly LinkOption[]): LinkOption | undefined {
  const wanted = fold(text.trim());
  return (
    options.find((option) => option.value === text.trim()) ??
    only(options.filter((option) => fold(option.value) === wanted)) ??
    only(options.filter((option) => fold(option.label) === wanted))
  );
}

function only(options: readonly LinkOption[]): LinkOption | undefined {
  return options.length === 1 ? options[0] : undefined;
}
