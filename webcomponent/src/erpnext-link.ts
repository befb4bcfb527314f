/** `<erpnext-link>`: a form field that holds the name of an ERPNext document, picked as one types. */

import type { Answer, LinkOption } from "./answer";
import { exactMatch } from "./exact";
import { Lookup } from "./lookup";
import { Popup } from "./popup";
import styleText from "./style.css";
import { View } from "./view";
import { words } from "./words";

export type { LinkOption };

const QUIET_MILLISECONDS = 120;
const LIMIT = "20";
const LINK_ROUTE = new URL("../link/", import.meta.url).href;
const PROPERTIES = ["doctype", "src", "filters", "value", "label", "required", "disabled", "placeholder"] as const;

const style = new CSSStyleSheet();
style.replaceSync(styleText);

export class ErpnextLink extends HTMLElement {
  static readonly formAssociated = true;
  static readonly observedAttributes = [...PROPERTIES, "aria-label", "aria-labelledby"];
  /** Every sentence the fields say; assign to its keys to translate them. */
  static readonly words = words;

  readonly #internals = this.attachInternals();
  readonly #view = new View();
  readonly #popup = new Popup(this.#view.field, (option) => this.#pick(option), () => this.#retry());
  readonly #searches = new Lookup();
  readonly #titles = new Lookup();
  #listening: AbortController | undefined;
  #chosen: LinkOption | null = null;
  #isTitleKnown = true;
  #isChanged = false; // the value is no longer the attribute's
  #isTouched = false; // the person was here, so problems may be shown
  #isSettled = true; // the text in the input is the chosen document's
  #isLoading = false;
  #isDisabledByForm = false;
  #isUpdateDue = false;
  #movedByKeyboard = false;
  #needsRetry = false;
  #typedProblem = "";
  #customError = "";
  #warning = "";

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open", delegatesFocus: true });
    root.adoptedStyleSheets = [style];
    this.#view.mount(root, this.#popup.root);
    this.#listenInside();
  }

  // --- attributes and properties

  get doctype(): string {
    return this.getAttribute("doctype") ?? "";
  }
  set doctype(doctype: string) {
    this.setAttribute("doctype", doctype);
  }

  /** Where the app's link route is, when it is not beside this module. */
  get src(): string {
    return new URL(this.getAttribute("src") ?? LINK_ROUTE, document.baseURI).href.replace(/\/?$/, "/");
  }
  set src(src: string) {
    this.setAttribute("src", src);
  }

  /** Frappe filters: an object, or a list of conditions. */
  get filters(): unknown {
    try {
      return JSON.parse(this.getAttribute("filters") || "null");
    } catch {
      return undefined;
    }
  }
  set filters(filters: unknown) {
    if (filters === null || filters === undefined) this.removeAttribute("filters");
    else this.setAttribute("filters", typeof filters === "string" ? filters : JSON.stringify(filters));
  }

  /** The name of the picked document, or an empty text. */
  get value(): string {
    return this.#chosen?.value ?? "";
  }
  set value(name: string | null) {
    this.#isChanged = true;
    this.#choose(name ? { value: name, label: name, description: "" } : null, false);
  }

  /** The title of the picked document; setting it spares the request that finds it out. */
  get label(): string {
    return this.#chosen?.label ?? "";
  }
  set label(label: string) {
    if (this.#chosen) this.#choose({ ...this.#chosen, label });
  }

  get description(): string {
    return this.#chosen?.description ?? "";
  }

  get required(): boolean {
    return this.hasAttribute("required");
  }
  set required(required: boolean) {
    this.toggleAttribute("required", required);
  }

  get disabled(): boolean {
    return this.hasAttribute("disabled");
  }
  set disabled(disabled: boolean) {
    this.toggleAttribute("disabled", disabled);
  }

  get placeholder(): string {
    return this.getAttribute("placeholder") ?? words.placeholder(this.doctype);
  }
  set placeholder(placeholder: string) {
    this.setAttribute("placeholder", placeholder);
  }

  get name(): string {
    return this.getAttribute("name") ?? "";
  }
  set name(name: string) {
    this.setAttribute("name", name);
  }

  get type(): string {
    return this.localName;
  }
  get form(): HTMLFormElement | null {
    return this.#internals.form;
  }
  get labels(): NodeList {
    return this.#internals.labels;
  }
  get validity(): ValidityState {
    return this.#internals.validity;
  }
  get validationMessage(): string {
    return this.#internals.validationMessage;
  }
  get willValidate(): boolean {
    return this.#internals.willValidate;
  }
  checkValidity(): boolean {
    return this.#internals.checkValidity();
  }
  reportValidity(): boolean {
    return this.#internals.reportValidity();
  }
  setCustomValidity(message: string): void {
    this.#customError = message;
    this.#update();
  }

  /** Forgets what was found before, and reads the picked document's title again. */
  refresh(): void {
    this.#searches.forget();
    this.#titles.forget();
    this.#isTitleKnown = this.#chosen === null;
    this.#updateSoon();
  }

  // --- what the browser calls

  connectedCallback(): void {
    for (const property of PROPERTIES) this.#adopt(property);
    this.#listenOutside();
    this.#updateSoon();
  }

  disconnectedCallback(): void {
    this.#listening?.abort();
    this.#searches.cancel();
    this.#close();
  }

  attributeChangedCallback(attribute: string): void {
    if (attribute === "doctype" || attribute === "src" || attribute === "filters") {
      this.#searches.forget();
      this.#popup.clear();
      this.#close();
    }
    if ((attribute === "value" || attribute === "label") && !this.#isChanged) this.#chooseDefault();
    this.#updateSoon();
  }

  formAssociatedCallback(): void {
    this.#updateSoon();
  }

  formDisabledCallback(disabled: boolean): void {
    this.#isDisabledByForm = disabled;
    if (disabled) this.#close();
    this.#update();
  }

  formResetCallback(): void {
    this.#isChanged = this.#isTouched = false;
    this.#customError = "";
    this.#chooseDefault();
  }

  formStateRestoreCallback(state: unknown): void {
    if (typeof state !== "string") return;
    this.#isChanged = true;
    this.#choose(JSON.parse(state) as LinkOption | null);
  }

  // --- the value

  #chooseDefault(): void {
    const value = this.getAttribute("value");
    const label = this.getAttribute("label");
    this.#choose(value ? { value, label: label ?? value, description: "" } : null, label !== null);
  }

  #choose(option: LinkOption | null, isTitleKnown = true): void {
    this.#chosen = option;
    this.#isTitleKnown = isTitleKnown || option === null;
    this.#isSettled = true;
    this.#typedProblem = this.#warning = "";
    this.#view.showChosen(option);
    this.#update();
    if (!this.#isTitleKnown) this.#updateSoon();
  }

  /** The person's own choice: told to the page. */
  #pick(option: LinkOption | null): void {
    const before = this.value;
    this.#searches.cancel();
    this.#close();
    this.#isChanged = true;
    this.#choose(option);
    this.#view.announce(option ? words.picked(option.label) : words.cleared);
    if (this.value !== before) {
      this.dispatchEvent(new Event("input", { bubbles: true, composed: true }));
      this.dispatchEvent(new Event("change", { bubbles: true }));
    }
    if (option) this.dispatchEvent(new CustomEvent("erpnext-link-select", { detail: { ...option }, bubbles: true, composed: true }));
  }

  /** Typed text that was not picked: taken if it names exactly one document, otherwise the field is invalid. */
  async #settle(): Promise<void> {
    if (this.#isSettled) return;
    this.#isTouched = true;
    const text = this.#view.input.value.trim();
    if (!text) return this.#pick(null);
    if (text === this.#chosen?.label) return this.#choose(this.#chosen, this.#isTitleKnown);
    this.#typedProblem = words.lookingUp(text);
    this.#load(true);
    const answer = await this.#exactly(text);
    if (!answer || this.#isSettled || this.#view.input.value.trim() !== text) return;
    this.#load(false);
    const match = answer.kind === "found" ? exactMatch(text, answer.options) : undefined;
    if (match) return this.#pick(match);
    this.#typedProblem = answer.kind === "found" ? words.notPicked(this.doctype, text) : words.notConfirmed(text);
    this.#update();
  }

  /** What is called so: among the first results, or by name. */
  async #exactly(text: string): Promise<Answer | undefined> {
    const answer = await this.#searches.find(this.#address({ txt: text, limit: LIMIT }));
    if (answer?.kind !== "found" || exactMatch(text, answer.options)) return answer;
    return this.#searches.find(this.#address({ value: text }));
  }

  async #readTitle(): Promise<void> {
    const wanted = this.#chosen;
    if (!wanted || !this.doctype || !this.isConnected) return;
    this.#isTitleKnown = true;
    const answer = await this.#titles.find(this.#address({ value: wanted.value }, false));
    if (answer?.kind !== "found" || this.#chosen !== wanted || !this.#isSettled) return;
    if (answer.options[0]) return this.#choose(answer.options[0]);
    this.#warning = words.gone(this.doctype, wanted.value);
    this.#update();
  }

  // --- the search

  #address(question: Record<string, string>, withFilters = true): URL {
    const url = new URL(encodeURIComponent(this.doctype), this.src);
    const filters = this.filters;
    if (withFilters && filters) url.searchParams.set("filters", JSON.stringify(filters));
    for (const [name, value] of Object.entries(question)) url.searchParams.set(name, value);
    return url;
  }

  /** Opens the list and fills it for what is typed; with a picked document in the field, for everything. */
  async #search(delay: number): Promise<void> {
    if (this.#isOff) return;
    const text = this.#isSettled ? "" : this.#view.input.value.trim();
    this.#open();
    if (this.filters === undefined) return this.#show(text, { kind: "failed", message: words.badFilters });
    this.#popup.showSearching();
    this.#load(true);
    const answer = await this.#searches.find(this.#address({ txt: text, limit: LIMIT }), delay);
    if (!answer) return;
    this.#load(false);
    this.#show(text, answer);
  }

  #show(text: string, answer: Answer): void {
    this.#needsRetry = answer.kind !== "found";
    if (!this.#popup.isOpen) return;
    const sentence =
      answer.kind === "found" ? this.#popup.showOptions(this.doctype, text, answer) : this.#popup.showTrouble(answer);
    this.#view.announce(sentence);
  }

  #retry(): void {
    this.#view.input.focus();
    void this.#search(0);
  }

  #load(isLoading: boolean): void {
    this.#isLoading = isLoading;
    this.#update();
  }

  #open(): void {
    this.#popup.open();
    this.#showActive();
  }

  #close(): void {
    this.#popup.close();
    this.#needsRetry = this.#movedByKeyboard = this.#isLoading = false;
    this.#showActive();
    this.#update();
  }

  // --- what the person does

  #listenInside(): void {
    const { input, field, clear } = this.#view;
    input.addEventListener("input", (event) => this.#typed(event as InputEvent));
    input.addEventListener("change", (event) => event.stopPropagation());
    input.addEventListener("compositionend", (event) => this.#typed(event));
    input.addEventListener("keydown", (event) => this.#pressed(event));
    field.addEventListener("click", (event) => this.#clicked(event));
    clear.addEventListener("click", (event) => this.#clearClicked(event));
    this.#popup.root.addEventListener("activate", () => this.#showActive());
    this.addEventListener("focusin", () => this.#showName());
    this.addEventListener("focusout", () => this.#left());
    this.addEventListener("invalid", () => {
      this.#isTouched = true;
      this.#update();
    });
  }

  /** Back on the page, perhaps signed in again or online again: what failed is tried once more. */
  #listenOutside(): void {
    this.#listening?.abort();
    this.#listening = new AbortController();
    const again = (): void => {
      if (this.#needsRetry && this.#popup.isOpen) void this.#search(0);
    };
    for (const event of ["focus", "online"]) window.addEventListener(event, again, { signal: this.#listening.signal });
  }

  #typed(event: InputEvent | CompositionEvent): void {
    event.stopPropagation();
    if ("isComposing" in event && event.isComposing) return;
    this.#isSettled = this.#isTouched = this.#movedByKeyboard = false;
    this.#warning = "";
    this.#typedProblem = words.notPicked(this.doctype, this.#view.input.value);
    this.#popup.activate(-1);
    if (this.#view.input.value === "") this.#pick(null);
    this.#update();
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
      if (step === -1) this.#close();
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
    } else if (this.#isSettled) this.form?.requestSubmit();
    else void this.#settle();
    return true;
  }

  /** First closes the list, then brings back what was picked before. */
  #escape(): boolean {
    if (this.#popup.isOpen) {
      this.#searches.cancel();
      this.#close();
      return true;
    }
    if (this.#isSettled) return false;
    this.#choose(this.#chosen, this.#isTitleKnown);
    return true;
  }

  #clicked(event: Event): void {
    if (this.#isOff) return;
    const onInput = event.target === this.#view.input;
    if (!onInput) this.#view.input.focus();
    if (!this.#popup.isOpen) {
      if (this.#isSettled) this.#view.input.select();
      void this.#search(0);
    } else if (!onInput) this.#close();
  }

  #clearClicked(event: Event): void {
    event.stopPropagation();
    this.#pick(null);
    this.#view.input.focus();
  }

  #left(): void {
    // Another window or tab came to the front: the focus is still here.
    if ((this.getRootNode() as Document | ShadowRoot).activeElement === this) return;
    this.#close();
    this.#searches.cancel();
    this.#isTouched = true;
    this.#update();
    void this.#settle();
  }

  // --- what is shown

  get #isOff(): boolean {
    return this.disabled || this.#isDisabledByForm;
  }

  /** Once for all attributes that a parser or a script sets in a row. */
  #updateSoon(): void {
    if (this.#isUpdateDue) return;
    this.#isUpdateDue = true;
    queueMicrotask(() => {
      this.#isUpdateDue = false;
      this.#view.input.placeholder = this.placeholder;
      this.#showName();
      this.#update();
      if (!this.#isTitleKnown) void this.#readTitle();
    });
  }

  #update(): void {
    const { input } = this.#view;
    this.#view.showState({ loading: this.#isLoading, disabled: this.#isOff, required: this.required });
    this.#internals.setFormValue(this.#isSettled ? this.value : "", JSON.stringify(this.#chosen));
    if (!this.#isSettled) this.#internals.setValidity({ customError: true }, this.#typedProblem, input);
    else if (this.required && !this.value) this.#internals.setValidity({ valueMissing: true }, words.required(this.doctype), input);
    else if (this.#customError) this.#internals.setValidity({ customError: true }, this.#customError, input);
    else this.#internals.setValidity({});
    const problem = this.#isTouched && !this.#isOff ? this.#internals.validationMessage : "";
    this.#view.showError(problem || this.#warning, !problem);
  }

  #showActive(): void {
    this.#view.showExpanded(this.#popup.isOpen, this.#popup.activeId);
  }

  /** The field is called what its label, `aria-label` or `aria-labelledby` says; labels don't reach into a shadow root. */
  #showName(): void {
    const root = this.getRootNode() as Document | ShadowRoot;
    const named = (this.getAttribute("aria-labelledby") ?? "").split(/\s+/).map((id) => (id ? root.getElementById(id) : null));
    const texts = named.some(Boolean) ? named : [...this.#internals.labels];
    const text = this.getAttribute("aria-label") ?? texts.map((node) => node?.textContent ?? "").join(" ");
    const name = text.replace(/\s+/g, " ").trim() || this.doctype;
    this.#view.input.setAttribute("aria-label", name);
    this.#popup.list.setAttribute("aria-label", name);
  }

  /** A property that was set before this class was known is set again, on the class. */
  #adopt(property: (typeof PROPERTIES)[number]): void {
    if (!Object.hasOwn(this, property)) return;
    const self = this as unknown as Record<string, unknown>;
    const value = self[property];
    delete self[property];
    self[property] = value;
  }
}

if (!customElements.get("erpnext-link")) customElements.define("erpnext-link", ErpnextLink);

declare global {
  interface HTMLElementTagNameMap {
    "erpnext-link": ErpnextLink;
  }
}
