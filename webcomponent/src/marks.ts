/** Shows which letters of a text were searched for. */

import { element } from "./element";

/** The text as nodes, with every occurrence of a searched word in a `<mark>`; case and accents are ignored. */
export function marked(text: string, query: string): DocumentFragment {
  const fragment = document.createDocumentFragment();
  let end = 0;
  for (const [from, to] of spans(text, query)) {
    fragment.append(text.slice(end, from));
    fragment.append(element("mark", "match", {}, text.slice(from, to)));
    end = to;
  }
  fragment.append(text.slice(end));
  return fragment;
}

function spans(text: string, query: string): [number, number][] {
  const { folded, origin } = foldWithOrigins(text);
  const hit = new Array<boolean>(text.length).fill(false);
  for (const word of fold(query).split(/\s+/).filter(Boolean)) {
    for (let at = folded.indexOf(word); at >= 0; at = folded.indexOf(word, at + word.length)) {
      hit.fill(true, origin[at], origin[at + word.length]);
    }
  }
  return runs(hit);
}

function runs(hit: readonly boolean[]): [number, number][] {
  const found: [number, number][] = [];
  hit.forEach((isHit, at) => {
    if (!isHit) return;
    const last = found.at(-1);
    if (last?.[1] === at) last[1] = at + 1;
    else found.push([at, at + 1]);
  });
  return found;
}

/** Lower case without accents, so that “muller” finds “Müller”. */
export function fold(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

/** Folding can change the length, so each folded character remembers where it came from. */
function foldWithOrigins(text: string): { folded: string; origin: number[] } {
  let folded = "";
  const origin: number[] = [];
  let at = 0;
  for (const character of text) {
    const plain = fold(character);
    folded += plain;
    for (let i = 0; i < plain.length; i++) origin.push(at);
    at += character.length;
  }
  origin.push(text.length);
  return { folded, origin };
}
