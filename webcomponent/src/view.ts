/** The elements inside the field, wired for assistive technology. */

import { descriptionBeside, nameBeside, type LinkOption } from "./answer";
import { element } from "./element";
import { words } from "./words";

export class View {
  readonly field = element("div", "field");
  readonly input = element("input", "input", {
    id: "input",
    role: "combobox",
    type: "text",
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    "aria-autocomplete": "list",
    "aria-expanded": "false",
    "aria-controls": "listbox",
    "aria-describedby": "name error",
  });
  readonly name = element("span", "name", { id: "name" });
  readonly clear = element("button", "clear", { type: "button", tabindex: "-1" });
  readonly #arrow = element("span", "arrow", { "aria-hidden": "true" });
  readonly #spinner = element("span", "spinner", { "aria-hidden": "true" });
  readonly #error = element("p", "error", { id: "error" });
  readonly #announcer = element("div", "announcer", { role: "status" });

  constructor() {
    const end = element("span", "end");
    this.clear.append(icon("M4 4l8 8M12 4l-8 8"));
    this.#arrow.append(icon("M4 6l4 4 4-4"));
    end.append(this.#arrow, this.clear, this.#spinner);
    this.field.append(this.input, this.name, end);
  }

  mount(root: ShadowRoot, popup: HTMLElement): void {
    root.append(this.field, popup, this.#error, this.#announcer);
  }

  /** The title in the input; beside it the name, or where that is the title, the description. */
  showChosen(option: LinkOption | null): void {
    this.input.value = option?.label ?? "";
    this.name.textContent = option ? nameBeside(option) || descriptionBeside(option) : "";
  }

  /** What stands beside the title is not of what is typed. */
  showTyping(): void {
    this.name.textContent = "";
  }

  showState(state: { loading: boolean; disabled: boolean; required: boolean }): void {
    const clearable = this.input.value !== "" && !state.disabled;
    this.input.disabled = state.disabled;
    this.input.setAttribute("aria-required", String(state.required));
    this.field.classList.toggle("disabled", state.disabled);
    this.#spinner.hidden = !state.loading;
    this.clear.setAttribute("aria-label", words.clear);
    this.clear.hidden = state.loading || !clearable;
    this.#arrow.hidden = state.loading || clearable;
  }

  showExpanded(expanded: boolean, activeId: string | undefined): void {
    this.input.setAttribute("aria-expanded", String(expanded));
    if (expanded && activeId) this.input.setAttribute("aria-activedescendant", activeId);
    else this.input.removeAttribute("aria-activedescendant");
  }

  /** A warning is told, an error also makes the field invalid. */
  showError(message: string, warning = false): void {
    this.#error.textContent = message;
    this.#error.hidden = !message;
    this.#error.classList.toggle("warning", warning);
    const invalid = Boolean(message) && !warning;
    this.field.classList.toggle("invalid", invalid);
    this.input.setAttribute("aria-invalid", String(invalid));
  }

  announce(sentence: string): void {
    this.#announcer.textContent = sentence;
  }
}

function icon(path: string): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}
