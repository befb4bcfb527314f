/** `<erpnext-link>`: a form field that holds the name of an ERPNext document, picked as one types. */

import type { LinkOption } from "./answer";
import { Combobox } from "./combobox";
import { Lookup } from "./lookup";
import styleText from "./style.css";
import { words } from "./words";

export type { LinkOption };

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
  readonly #combobox = new Combobox({
    doctype: () => this.doctype,
    isOff: () => this.#isOff,
    chosen: () => this.#chosen,
    address: (question) => this.#address(question),
    take: (option) => this.#take(option),
    restore: () => this.#choose(this.#chosen, this.#isTitleKnown),
    touched: (hasFinished) => this.#touch(hasFinished),
    changed: () => this.#update(),
    submit: () => this.form?.requestSubmit(),
  });
  readonly #titles = new Lookup();
  #listening: AbortController | undefined;
  #chosen: LinkOption | null = null;
  #isTitleKnown = true;
  #isChanged = false; // the value is no longer the attribute's
  #isTouched = false; // the person was here, so problems may be shown
  #isDisabledByForm = false;
  #isUpdateDue = false;
  #customError = "";
  #warning = "";

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open", delegatesFocus: true });
    root.adoptedStyleSheets = [style];
    this.#combobox.mount(root);
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
    this.#combobox.forget();
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
    this.#combobox.cancel();
  }

  attributeChangedCallback(attribute: string): void {
    if (attribute === "doctype" || attribute === "src" || attribute === "filters") this.#combobox.startOver();
    if ((attribute === "value" || attribute === "label") && !this.#isChanged) this.#chooseDefault();
    this.#updateSoon();
  }

  formAssociatedCallback(): void {
    this.#updateSoon();
  }

  formDisabledCallback(disabled: boolean): void {
    this.#isDisabledByForm = disabled;
    if (disabled) this.#combobox.close();
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
    this.#warning = "";
    this.#combobox.show(option);
    this.#update();
    if (!this.#isTitleKnown) this.#updateSoon();
  }

  /** The person's own choice: told to the page. */
  #take(option: LinkOption | null): void {
    const before = this.value;
    this.#isChanged = true;
    this.#choose(option);
    if (this.value !== before) {
      this.dispatchEvent(new Event("input", { bubbles: true, composed: true }));
      this.dispatchEvent(new Event("change", { bubbles: true }));
    }
    if (option) this.dispatchEvent(new CustomEvent("erpnext-link-select", { detail: { ...option }, bubbles: true, composed: true }));
  }

  #touch(hasFinished: boolean): void {
    this.#isTouched = hasFinished;
    if (!hasFinished) this.#warning = "";
    this.#update();
  }

  async #readTitle(): Promise<void> {
    const wanted = this.#chosen;
    if (!wanted || !this.doctype || !this.isConnected) return;
    this.#isTitleKnown = true;
    const answer = await this.#titles.find(this.#linkRoute({ value: wanted.value }));
    if (answer?.kind !== "found" || this.#chosen !== wanted || !this.#combobox.isSettled) return;
    if (answer.options[0]) return this.#choose(answer.options[0]);
    this.#warning = words.gone(this.doctype, wanted.value);
    this.#update();
  }

  #address(question: Record<string, string>): URL | undefined {
    const filters = this.filters;
    if (filters === undefined) return undefined;
    return this.#linkRoute(filters ? { filters: JSON.stringify(filters), ...question } : question);
  }

  #linkRoute(question: Record<string, string>): URL {
    const url = new URL(encodeURIComponent(this.doctype), this.src);
    for (const [name, value] of Object.entries(question)) url.searchParams.set(name, value);
    return url;
  }

  // --- what the person does

  #listenInside(): void {
    this.addEventListener("focusin", () => this.#showName());
    this.addEventListener("focusout", () => this.#left());
    this.addEventListener("invalid", () => this.#touch(true));
  }

  #listenOutside(): void {
    this.#listening?.abort();
    this.#listening = new AbortController();
    for (const event of ["focus", "online"]) {
      window.addEventListener(event, () => this.#combobox.resume(), { signal: this.#listening.signal });
    }
  }

  #left(): void {
    // Another window or tab came to the front: the focus is still here.
    if ((this.getRootNode() as Document | ShadowRoot).activeElement === this) return;
    this.#combobox.leave();
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
      this.#showName();
      this.#update();
      if (!this.#isTitleKnown) void this.#readTitle();
    });
  }

  #update(): void {
    const { isSettled, problem, input } = this.#combobox;
    this.#combobox.showState({ disabled: this.#isOff, required: this.required });
    this.#internals.setFormValue(isSettled ? this.value : "", JSON.stringify(this.#chosen));
    if (!isSettled) this.#internals.setValidity({ customError: true }, problem, input);
    else if (this.required && !this.value) this.#internals.setValidity({ valueMissing: true }, words.required(this.doctype), input);
    else if (this.#customError) this.#internals.setValidity({ customError: true }, this.#customError, input);
    else this.#internals.setValidity({});
    const shown = this.#isTouched && !this.#isOff ? this.#internals.validationMessage : "";
    this.#combobox.showError(shown || this.#warning, !shown);
  }

  /** The field is called what its label, `aria-label` or `aria-labelledby` says; labels don't reach into a shadow root. */
  #showName(): void {
    const root = this.getRootNode() as Document | ShadowRoot;
    const named = (this.getAttribute("aria-labelledby") ?? "").split(/\s+/).map((id) => (id ? root.getElementById(id) : null));
    const texts = named.some(Boolean) ? named : [...this.#internals.labels];
    const text = this.getAttribute("aria-label") ?? texts.map((node) => node?.textContent ?? "").join(" ");
    this.#combobox.showName(text.replace(/\s+/g, " ").trim() || this.doctype, this.placeholder);
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
