/** Makes elements from parts; text is always text, never markup. */

/** An element with `part` as its CSS part and class. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  part: string,
  attributes: Readonly<Record<string, string>> = {},
  text?: string,
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.className = part;
  made.part.add(part);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  return made;
}
