/** Every sentence the field says. Replace them (`ErpnextLink.words`) to speak another language. */

export const words = {
  placeholder: (doctype: string) => `Search ${doctype}`,
  clear: "Clear",
  searching: "Searching …",
  noMatch: (doctype: string, text: string) => (text ? `No ${doctype} matches “${text}”.` : `There is no ${doctype} to pick.`),
  count: (count: number, more: boolean) => `${more ? "First " : ""}${count} ${count === 1 ? "result" : "results"}.`,
  more: "There are more: type on to narrow them down.",
  picked: (label: string) => `${label} picked.`,
  cleared: "Cleared.",
  offline: "You are offline.",
  appUnreachable: "The app can't be reached.",
  unavailable: "ERPNext can't answer right now.",
  signedOut: "You are signed out.",
  signIn: "Sign in again",
  signInNote: "It opens in a new tab; what you entered here stays.",
  forbidden: "You may not see these documents in ERPNext.",
  failed: "The search failed.",
  retry: "Try again",
  badFilters: "The field's filters are not valid JSON.",
  required: (doctype: string) => `Pick ${article(doctype)} ${doctype}.`,
  notPicked: (doctype: string, text: string) => `“${text}” is not ${article(doctype)} ${doctype}. Pick one from the list.`,
  lookingUp: (text: string) => `Looking up “${text}” …`,
  notConfirmed: (text: string) => `“${text}” could not be looked up. Try again.`,
  gone: (doctype: string, name: string) => `${doctype} “${name}” is not in ERPNext any more, or you may not see it.`,
};

function article(noun: string): string {
  return /^[aeiou]/i.test(noun) ? "an" : "a";
}
