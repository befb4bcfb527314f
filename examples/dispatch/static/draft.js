/* Keeps what was typed while it is being saved: should the person have to sign in first, it comes back into the form. */

const PLACE = "dispatch-draft"; // in this tab only, and gone with it

/** Remembers the form's fields for its person. */
export function keep(form) {
  const fields = [...new FormData(form)].filter(([name]) => name !== "csrf_token");
  sessionStorage.setItem(PLACE, JSON.stringify({ person: form.dataset.person, fields }));
}

/** What this person typed and nobody saved, as FormData; null if there is nothing. */
export function kept(person) {
  const draft = JSON.parse(sessionStorage.getItem(PLACE));
  if (draft?.person !== person) return null;
  const fields = new FormData();
  for (const [name, value] of draft.fields) fields.append(name, value);
  return fields;
}

export function forget() {
  sessionStorage.removeItem(PLACE);
}
