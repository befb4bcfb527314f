/** The combobox in the field: what a person types, presses or clicks, and the list that answers. */

import type { Answer, LinkOption } from "./answer";
import { exactMatch } from "./exact";
import { Lookup } from "./lookup";
import { Popup } from "./popup";
import { View } from "./view";
import { words } from "./words";

const QUIET_MILLISECONDS = 120;
const LIMIT = "20";

/** The form field around the combobox, as far as the combobox needs it. */
export interface Field {
  readonly doctype: () => string;
  readonly isOff: () => boolean;
  /** The picked document. */
  readonly chosen: () => LinkOption | null;
  /** Where to ask the app; nothing if the filters make no sense. */
  readonly address: (question: Record<string, string>) => URL | undefined;
  /** Takes what the person chose, and calls `show`. */
  readonly take: (option: LinkOption | null) => void;
  /** Calls `show` with what was picked before. */
  readonly restore: () => void;
  /** The person is here and types, or has finished: only then are problems told. */
  readonly touched: (hasFinished: boolean) => void;
  /** `isSettled`, `problem`, or what `showState` shows, is another. */
  readonly changed: () => void;
  readonly submit: () => void;
}

export class Combobox {
  readonly #view = new View();
  readonly #popup = new Popup(this.#view.field, (option) => this.#pick(option), () => this.#retry());
  readonly #searches = new Lookup();
  #isSettled = true;
  #problem = "";
  #isLoading = false;
  #movedByKeyboard = false;
  #needsRetry = false;

  constructor(private readonly field: Field) {
    this.#listen();
  }

  mount(root: ShadowRoot): void {
    this.#view.mount(root, this.#popup.root);
  }

  get input(): HTMLInputElement {
    return this.#view.input;
  }

  /** The text in the input is the picked document's. */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Why text that is not settled can't be taken. */
  get problem(): string {
    return this.#problem;
  }

  /** Shows the picked document instead of what was typed. */
  show(option: LinkOption | null): void {
    this.#isSettled = true;
    this.#problem = "";
    this.#view.showChosen(option);
  }

  showState(state: { disabled: boolean; required: boolean }): void {
    this.#view.showState({ ...state, loading: this.#isLoading });
  }

  /** An error, or a warning, under the field; nothing if empty. */
  showError(message: string, warning: boolean): void {
    this.#view.showError(message, warning);
  }

  showName(name: string, placeholder: string): void {
    this.#view.input.placeholder = placeholder;
    this.#view.input.setAttribute("aria-label", name);
    this.#popup.list.setAttribute("aria-label", name);
  }

  close(): void {
    this.#popup.close();
    this.#needsRetry = this.#movedByKeyboard = this.#isLoading = false;
    this.#showActive();
    this.field.changed();
  }

  /** Gives up what is being asked. */
  cancel(): void {
    this.#searches.cancel();
    this.close();
  }

  /** Nothing that was found before is used again. */
  forget(): void {
    this.#searches.forget();
  }

  /** What is searched is another: the options in the list are no more. */
  startOver(): void {
    this.forget();
    this.#popup.clear();
    this.close();
  }

  /** Back on the page, perhaps signed in again or online again: what failed is tried once more. */
  resume(): void {
    if (this.#needsRetry && this.#popup.isOpen) void this.#search(0);
  }

  /** The focus went elsewhere. */
  leave(): void {
    this.cancel();
    this.field.touched(true);
    void this.#settle();
  }

  // --- choosing

  #pick(option: LinkOption | null): void {
    this.cancel();
    this.#view.announce(option ? words.picked(option.label) : words.cleared);
    this.field.take(option);
  }

  /** Typed text that was not picked: taken if it names exactly one document, otherwise it stays a problem. */
  async #settle(): Promise<void> {
    if (this.#isSettled) return;
    this.field.touched(true);
    const text = this.#typedText;
    if (!text) return this.#pick(null);
    if (text === this.field.chosen()?.label) return this.field.restore();
    this.#problem = words.lookingUp(text);
    this.#load(true);
    const answer = await this.#exactly(text);
    if (!answer || this.#isSettled || this.#typedText !== text) return;
    this.#load(false);
    const match = answer.kind === "found" ? exactMatch(text, answer.options) : undefined;
    if (match) return this.#pick(match);
    this.#problem = answer.kind === "found" ? words.notPicked(this.field.doctype(), text) : words.notConfirmed(text);
    this.field.changed();
  }

  /** What is called so: among the first results, or by name. */
  async #exactly(text: string): Promise<Answer | undefined> {
    const answer = await this.#ask({ txt: text, limit: LIMIT });
    if (answer?.kind !== "found" || exactMatch(text, answer.options)) return answer;
    return this.#ask({ value: text });
  }

  get #typedText(): string {
    return this.#view.input.value.trim();
  }

  // --- the list

  /** Opens the list and fills it for what is typed; with a picked document in the field, for everything. */
  async #search(delay: number): Promise<void> {
    if (this.field.isOff()) return;
    const text = this.#isSettled ? "" : this.#typedText;
    this.#popup.open();
    this.#showActive();
    this.#popup.showSearching();
    this.#load(true);
    const answer = await this.#ask({ txt: text, limit: LIMIT }, delay);
    if (!answer) return;
    this.#load(false);
    this.#show(text, answer);
  }

  async #ask(question: Record<string, string>, delay = 0): Promise<Answer | undefined> {
    const url = this.field.address(question);
    return url ? this.#searches.find(url, delay) : { kind: "failed", message: words.badFilters };
  }

  #show(text: string, answer: Answer): void {
    this.#needsRetry = answer.kind !== "found";
    if (!this.#popup.isOpen) return;
    const sentence =
      answer.kind === "found" ? this.#popup.showOptions(this.field.doctype(), text, answer) : this.#popup.showTrouble(answer);
    this.#view.announce(sentence);
  }

  #retry(): void {
    this.#view.input.focus();
    void this.#search(0);
  }

  #load(isLoading: boolean): void {
    this.#isLoading = isLoading;
    this.field.changed();
  }

  #showActive(): void {
    this.#view.showExpanded(this.#popup.isOpen, this.#popup.activeId);
  }

  // --- what the person does

  #listen(): void {
    const { input, field, clear } = this.#view;
    input.addEventListener("input", (event) => this.#typed(event as InputEvent));
    input.addEventListener("change", (event) => event.stopPropagation());
    input.addEventListener("compositionend", (event) => this.#typed(event));
    input.addEventListener("keydown", (event) => this.#pressed(event));
    field.addEventListener("click", (event) => this.#clicked(event));
    clear.addEventListener("click", (event) => this.#clearClicked(event));
    this.#popup.root.addEventListener("activate", () => this.#showActive());
  }

  #typed(event: InputEvent | CompositionEvent): void {
    event.stopPropagation();
    if ("isComposing" in event && event.isComposing) return;
    this.#isSettled = this.#movedByKeyboard = false;
    this.#problem = words.notPicked(this.field.doctype(), this.#view.input.value);
    this.#view.showTyping();
    this.field.touched(false);
    this.#popup.activate(-1);
    if (this.#view.input.value === "") this.#pick(null);
    void this.#search(QUIET_MILLISECONDS);
  }

  #pressed(event: KeyboardEvent): void {
    if (event.isComposing || event.ctrlKey || event.metaKey) return;
    if (this.#handled(event)) event.preventDefault();
  }

  #handled(event: KeyboardEvent): boolean {
    switch (event.key) {
      case "ArrowDown":
      case "ArrowUp":
        return this.#arrow(event.key === "ArrowDown" ? 1 : -1, event.altKey);
      case "Home":
      case "End":
        if (!this.#popup.isOpen || !this.#movedByKeyboard) return false;
        this.#popup.moveToEnd(event.key === "Home" ? "first" : "last");
        return true;
      case "Enter":
        return this.#enter();
      case "Escape":
        return this.#escape();
      case "Tab":
        if (this.#movedByKeyboard && this.#popup.active) this.#pick(this.#popup.active);
        return false;
      default:
        return false;
    }
  }

  #arrow(step: 1 | -1, alt: boolean): boolean {
    if (!this.#popup.isOpen) {
      if (step === 1 || !alt) void this.#search(0);
    } else if (alt) {
      if (step === -1) this.close();
    } else {
      this.#movedByKeyboard = true;
      this.#popup.move(step);
    }
    return true;
  }

  #enter(): boolean {
    if (this.#popup.isOpen) {
      if (this.#popup.active) this.#pick(this.#popup.active);
      else if (this.#needsRetry) this.#retry();
      else if (!this.#isLoading) void this.#settle();
    } else if (this.#isSettled) this.field.submit();
    else void this.#settle();
    return true;
  }

  /** First closes the list, then brings back what was picked before. */
  #escape(): boolean {
    if (this.#popup.isOpen) {
      this.cancel();
      return true;
    }
    if (this.#isSettled) return false;
    this.field.restore();
    return true;
  }

  #clicked(event: Event): void {
    if (this.field.isOff()) return;
    const onInput = event.target === this.#view.input;
    if (!onInput) this.#view.input.focus();
    if (!this.#popup.isOpen) {
      if (this.#isSettled) this.#view.input.select();
      void this.#search(0);
    } else if (!onInput) this.close();
  }

  #clearClicked(event: Event): void {
    event.stopPropagation();
    this.#pick(null);
    this.#view.input.focus();
  }
}
