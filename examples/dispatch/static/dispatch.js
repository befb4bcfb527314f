/* Dispatch's pages: rows that come and go, item fields that follow the chosen group, what was typed coming back, pages
   that follow ERPNext. */

import { forget, keep, kept } from "./draft.js";

const TOLD_MILLISECONDS = 10_000;

const byId = (id) => document.getElementById(id);

let silence;
const tell = (sentence) => {
  byId("told").textContent = sentence;
  clearTimeout(silence);
  silence = setTimeout(() => { byId("told").textContent = ""; }, TOLD_MILLISECONDS);
};

document.querySelector(".who")?.addEventListener("submit", forget);

// --- new delivery

const plan = byId("plan");

if (plan) {
  const rows = byId("rows");

  const narrowDown = () => {
    const filters = {};
    if (byId("group").value) filters.item_group = byId("group").value;
    if (byId("enabled").checked) filters.disabled = 0;
    for (const item of rows.querySelectorAll("erpnext-link")) item.filters = filters;
  };

  const number = () => {
    [...rows.rows].forEach((row, at) => {
      row.querySelector("erpnext-link").setAttribute("aria-label", `Item, row ${at + 1}`);
      row.querySelector("input").setAttribute("aria-label", `Quantity, row ${at + 1}`);
      row.querySelector("button").setAttribute("aria-label", `Remove row ${at + 1}`);
      row.querySelector("button").disabled = rows.rows.length === 1;
    });
    narrowDown();
  };

  const addRow = () => rows.append(byId("row").content.cloneNode(true));

  const bringBack = (draft) => {
    byId("customer").value = draft.get("customer");
    byId("day").value = draft.get("day");
    const items = draft.getAll("item");
    const quantities = draft.getAll("quantity");
    while (rows.rows.length < items.length) addRow();
    [...rows.rows].forEach((row, at) => {
      row.querySelector("erpnext-link").value = items[at];
      row.querySelector("input").value = quantities[at];
    });
    byId("back").hidden = false;
  };

  byId("add").addEventListener("click", () => {
    addRow();
    number();
    rows.rows[rows.rows.length - 1].querySelector("erpnext-link").focus();
  });

  rows.addEventListener("click", ({ target }) => {
    const row = target.closest("[data-remove]")?.closest("tr");
    if (!row) return;
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    number();
    next.querySelector("erpnext-link").focus();
    tell("Row removed.");
  });

  byId("group").addEventListener("change", narrowDown);
  byId("enabled").addEventListener("change", narrowDown);
  plan.addEventListener("input", ({ target }) => target.parentElement.querySelector(".problem")?.remove());
  plan.addEventListener("submit", () => keep(plan));
  byId("afresh").addEventListener("click", forget);

  const draft = kept(plan.dataset.person);
  if (!("fresh" in plan.dataset)) forget(); // it was answered, and is in the page
  else if (draft) bringBack(draft);
  number();
}

if (location.hash === "#saved") {
  forget();
  tell("Delivery saved.");
  history.replaceState(null, "", location.pathname);
}

// --- pages that show upstream titles

if (document.querySelector("[data-live]")) {
  const titles = (root) => new Map([...root.querySelectorAll("[data-upstream]")].map((at) => [at.dataset.upstream, at.textContent]));

  const refresh = async () => {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return location.reload();
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const before = titles(document);
    byId("main").replaceChildren(...fresh.getElementById("main").childNodes);
    for (const at of document.querySelectorAll("[data-upstream]")) {
      const old = before.get(at.dataset.upstream);
      if (old === undefined || old === at.textContent) continue;
      at.classList.add("changed");
      tell(`Changed in ERPNext: ${old} is now ${at.textContent}.`);
    }
  };

  let isFirst = true;
  const changes = new EventSource("/changes");
  // What happened while the connection was away was not heard, so look.
  changes.addEventListener("open", () => { if (!isFirst) refresh(); isFirst = false; });
  changes.addEventListener("message", ({ data }) => {
    const { doctype, name } = JSON.parse(data);
    if (titles(document).has(`${doctype}/${name}`)) refresh();
  });
  addEventListener("pagehide", () => changes.close());
}
