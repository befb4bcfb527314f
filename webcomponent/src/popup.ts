/** The list under the field: options, what is going on, and which option the keyboard is on. */

import { descriptionBeside, nameBeside, type Found, type LinkOption, type Trouble } from "./answer";
import { element } from "./element";
import { marked } from "./marks";
import { words } from "./words";

const GAP = 4;
const MARGIN = 8;
const TALLEST = 352;
const NARROW = 288; // a field that is wider is wide enough for its list

export class Popup {
  readonly root = element("div", "popup");
  readonly list = element("ul", "listbox", { id: "listbox", role: "listbox" });
  readonly #status = element("div", "status");
  #options: readonly LinkOption[] = [];
  #active = -1;

  /** `field` is what the popup hangs on; `onPick` and `onRetry` are called when somebody clicks. */
  constructor(
    private readonly field: HTMLElement,
    private readonly onPick: (option: LinkOption) => void,
    private readonly onRetry: () => void,
  ) {
    this.root.popover = "manual";
    this.root.append(this.list, this.#status);
    // Pressing the mouse here must not take the focus out of the input.
    this.root.addEventListener("mousedown", (event) => {
      if (!(event.target as Element).closest("a, button")) event.preventDefault();
    });
    this.list.addEventListener("click", (event) => this.#clicked(event));
    this.list.addEventListener("mousemove", (event) => this.#hovered(event));
  }

  get isOpen(): boolean {
    return this.root.matches(":popover-open");
  }

  get active(): LinkOption | undefined {
    return this.#options[this.#active];
  }

  get activeId(): string | undefined {
    return this.list.children[this.#active]?.id;
  }

  open(): void {
    if (this.isOpen || !this.root.isConnected) return;
    this.root.showPopover();
    this.#place();
    window.addEventListener("scroll", this.#place, { capture: true, passive: true });
    window.addEventListener("resize", this.#place);
    window.visualViewport?.addEventListener("resize", this.#place);
  }

  close(): void {
    window.removeEventListener("scroll", this.#place, { capture: true });
    window.removeEventListener("resize", this.#place);
    window.visualViewport?.removeEventListener("resize", this.#place);
    if (this.isOpen) this.root.hidePopover();
    this.activate(-1);
  }

  /** Shows what was found for `query`; the keyboard is on the first option if there was something to search for. */
  showOptions(doctype: string, query: string, answer: Found): string {
    this.#options = answer.options;
    this.list.replaceChildren(...answer.options.map((option, index) => row(option, index, query)));
    this.activate(query ? 0 : -1);
    const count = answer.options.length;
    const note = count === 0 ? words.noMatch(doctype, query) : answer.more ? words.more : "";
    this.#say(note);
    return count === 0 ? note : `${words.count(count, answer.more)} ${note}`;
  }

  /** The options stay while a new search runs; the very first one says that it is searching. */
  showSearching(): void {
    if (this.#options.length === 0) this.#say(words.searching);
  }

  showTrouble(trouble: Trouble): string {
    this.clear();
    this.#say(trouble.message);
    const way = this.#wayOut(trouble);
    if (way) this.#status.append(way);
    if (trouble.signInUrl) this.#status.append(element("p", "note", {}, words.signInNote));
    if (this.isOpen) this.#place();
    if (!trouble.signInUrl) return trouble.message;
    return `${trouble.message} ${words.signIn}: ${words.signInNote}`;
  }

  clear(): void {
    this.#options = [];
    this.list.replaceChildren();
    this.activate(-1);
    this.#say("");
  }

  /** Moves by `step` options and around at the ends. */
  move(step: 1 | -1): void {
    const last = this.#options.length - 1;
    if (last < 0) return;
    const next = this.#active + step;
    this.activate(this.#active < 0 && step < 0 ? last : next > last ? 0 : next < 0 ? last : next);
  }

  moveToEnd(end: "first" | "last"): void {
    this.activate(end === "first" ? 0 : this.#options.length - 1);
  }

  activate(index: number): void {
    this.list.children[this.#active]?.setAttribute("aria-selected", "false");
    this.#active = index < this.#options.length ? index : -1;
    const row = this.list.children[this.#active];
    row?.setAttribute("aria-selected", "true");
    row?.scrollIntoView({ block: "nearest" });
    this.root.dispatchEvent(new Event("activate"));
  }

  #say(text: string): void {
    this.#status.replaceChildren();
    if (text) this.#status.append(element("p", "message", {}, text));
    if (this.isOpen) this.#place();
  }

  #wayOut(trouble: Trouble): HTMLElement | undefined {
    if (trouble.signInUrl) {
      const link = element("a", "action", { href: trouble.signInUrl, target: "_blank", rel: "noopener" }, words.signIn);
      return link;
    }
    if (trouble.kind !== "offline" && trouble.kind !== "unavailable") return undefined;
    const button = element("button", "action", { type: "button" }, words.retry);
    button.addEventListener("click", this.onRetry);
    return button;
  }

  #indexOf(event: Event): number {
    const row = (event.target as Element).closest("[role=option]");
    return row ? Array.prototype.indexOf.call(this.list.children, row) : -1;
  }

  #clicked(event: Event): void {
    const option = this.#options[this.#indexOf(event)];
    if (option) this.onPick(option);
  }

  #hovered(event: MouseEvent): void {
    // A list that appears under a resting mouse moves nothing.
    if (event.movementX === 0 && event.movementY === 0) return;
    const index = this.#indexOf(event);
    if (index >= 0 && index !== this.#active) this.activate(index);
  }

  readonly #place = (): void => {
    const field = this.field.getBoundingClientRect();
    const width = document.documentElement.clientWidth;
    const height = window.visualViewport?.height ?? window.innerHeight;
    const below = height - field.bottom - GAP - MARGIN;
    const above = field.top - GAP - MARGIN;
    const upward = below < 200 && above > below;
    const style = this.root.style;
    style.minWidth = `${Math.min(field.width, width - 2 * MARGIN)}px`;
    style.maxWidth = field.width < NARROW ? "" : style.minWidth;
    style.maxHeight = `${Math.min(TALLEST, upward ? above : below)}px`;
    const wide = this.root.offsetWidth;
    const start = getComputedStyle(this.field).direction === "rtl" ? field.right - wide : field.left;
    style.left = `${Math.max(MARGIN, Math.min(start, width - wide - MARGIN))}px`;
    style.top = upward ? "auto" : `${field.bottom + GAP}px`;
    style.bottom = upward ? `${window.innerHeight - field.top + GAP}px` : "auto";
  };
}

function row(option: LinkOption, index: number, query: string): HTMLElement {
  const item = element("li", "option", { id: `option-${index}`, role: "option", "aria-selected": "false" });
  const title = element("span", "option-label");
  title.append(marked(option.label, query));
  item.append(title);
  const details = [nameBeside(option), descriptionBeside(option)].filter(Boolean).join(" · ");
  if (details) {
    const second = element("span", "option-description");
    second.append(marked(details, query));
    item.append(second);
  }
  return item;
}
