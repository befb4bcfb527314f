/* <erpnext-link>, built from webcomponent/ by build.sh. MIT license. */
function l(i,e,t={},n){let r=document.createElement(i);r.className=e,r.part.add(e);for(let[s,a]of Object.entries(t))r.setAttribute(s,a);return n!==void 0&&(r.textContent=n),r}function v(i,e){let t=document.createDocumentFragment(),n=0;for(let[r,s]of z(i,e))t.append(i.slice(n,r)),t.append(l("mark","match",{},i.slice(r,s))),n=s;return t.append(i.slice(n)),t}function z(i,e){let{folded:t,origin:n}=M(i),r=new Array(i.length).fill(!1);for(let s of h(e).split(/\s+/).filter(Boolean))for(let a=t.indexOf(s);a>=0;a=t.indexOf(s,a+s.length))r.fill(!0,n[a],n[a+s.length]);return P(r)}function P(i){let e=[];return i.forEach((t,n)=>{if(!t)return;let r=e.at(-1);r?.[1]===n?r[1]=n+1:e.push([n,n+1])}),e}function h(i){return i.normalize("NFD").replace(/\p{M}/gu,"").toLowerCase()}function M(i){let e="",t=[],n=0;for(let r of i){let s=h(r);e+=s;for(let a=0;a<s.length;a++)t.push(n);n+=r.length}return t.push(i.length),{folded:e,origin:t}}function w(i,e){let t=h(i.trim());return e.find(n=>n.value===i.trim())??x(e.filter(n=>h(n.value)===t))??x(e.filter(n=>h(n.label)===t))}function x(i){return i.length===1?i[0]:void 0}var o={placeholder:i=>`Search ${i}`,clear:"Clear",searching:"Searching …",noMatch:(i,e)=>e?`No ${i} matches “${e}”.`:`There is no ${i} to pick.`,count:(i,e)=>`${e?"First ":""}${i} ${i===1?"result":"results"}.`,more:"There are more: type on to narrow them down.",picked:i=>`${i} picked.`,cleared:"Cleared.",offline:"You are offline.",appUnreachable:"The app can't be reached.",unavailable:"ERPNext can't answer right now.",signedOut:"You are signed out.",signIn:"Sign in again",signInNote:"It opens in a new tab; what you entered here stays.",forbidden:"You may not see these documents in ERPNext.",failed:"The search failed.",retry:"Try again",badFilters:"The field's filters are not valid JSON.",required:i=>`Pick ${E(i)} ${i}.`,notPicked:(i,e)=>`“${e}” is not ${E(i)} ${i}. Pick one from the list.`,lookingUp:i=>`Looking up “${i}” …`,notConfirmed:i=>`“${i}” could not be looked up. Try again.`,gone:(i,e)=>`${i} “${e}” is not in ERPNext any more, or you may not see it.`};function E(i){return/^[aeiou]/i.test(i)?"an":"a"}function p({label:i,value:e}){return i===e?"":e}function f({label:i,description:e}){return e===i?"":e.startsWith(`${i}, `)?e.slice(i.length+2):e}async function L(i,e){try{let t=await fetch(i,{signal:AbortSignal.any([e,AbortSignal.timeout(3e4)]),headers:{Accept:"application/json"},credentials:"same-origin"}),n=await t.json().catch(()=>null);return t.ok?R(n):N(t.status,n??{})}catch(t){if(e.aborted)throw t;return{kind:"offline",message:navigator.onLine?o.appUnreachable:o.offline}}}function R(i){let e=i?.results;return Array.isArray(e)?{kind:"found",options:e.map(I),more:!!i.more}:{kind:"failed",message:o.failed}}function I(i){let e=String(i.value);return{value:e,label:String(i.label||e),description:String(i.description??"")}}function N(i,e){let t=e.error?.message;if(i===401){let n=$(e.sign_in_url);return{kind:"signed-out",message:o.signedOut,...n?{signInUrl:n}:{}}}return i===403?{kind:"forbidden",message:t??o.forbidden}:i===429||i>=500?{kind:"unavailable",message:t??o.unavailable}:{kind:"failed",message:t??o.failed}}function $(i){if(!i||!URL.canParse(i,location.href))return;let e=new URL(i,location.href);if(!(e.protocol!=="https:"&&e.protocol!=="http:"))return e.searchParams.set("next",location.pathname+location.search),e.href}var U=50,B=3e4,c=class{#i=new Map;#t;async find(e,t=0){this.cancel();let n=this.#i.get(e.href);if(n&&n.until>performance.now())return n.answer;let r=this.#t=new AbortController;try{await V(t,r.signal);let s=await L(e,r.signal);return s.kind==="found"&&this.#e(e.href,s),r.signal.aborted?void 0:s}catch{return}}cancel(){this.#t?.abort()}forget(){this.cancel(),this.#i.clear()}#e(e,t){this.#i.delete(e),this.#i.set(e,{answer:t,until:performance.now()+B});let n=this.#i.keys().next();this.#i.size>U&&!n.done&&this.#i.delete(n.value)}};function V(i,e){return new Promise((t,n)=>{let r=setTimeout(t,i);e.addEventListener("abort",()=>{clearTimeout(r),n(e.reason)})})}var m=4,u=8,H=352,g=class{constructor(e,t,n){this.field=e;this.onPick=t;this.onRetry=n;this.root.popover="manual",this.root.append(this.list,this.#i),this.root.addEventListener("mousedown",r=>{r.target.closest("a, button")||r.preventDefault()}),this.list.addEventListener("click",r=>this.#r(r)),this.list.addEventListener("mousemove",r=>this.#l(r))}field;onPick;onRetry;root=l("div","popup");list=l("ul","listbox",{id:"listbox",role:"listbox"});#i=l("div","status");#t=[];#e=-1;get isOpen(){return this.root.matches(":popover-open")}get active(){return this.#t[this.#e]}get activeId(){return this.list.children[this.#e]?.id}open(){this.isOpen||!this.root.isConnected||(this.root.showPopover(),this.#o(),window.addEventListener("scroll",this.#o,{capture:!0,passive:!0}),window.addEventListener("resize",this.#o),window.visualViewport?.addEventListener("resize",this.#o))}close(){window.removeEventListener("scroll",this.#o,{capture:!0}),window.removeEventListener("resize",this.#o),window.visualViewport?.removeEventListener("resize",this.#o),this.isOpen&&this.root.hidePopover(),this.activate(-1)}showOptions(e,t,n){this.#t=n.options,this.list.replaceChildren(...n.options.map((a,d)=>F(a,d,t))),this.activate(t?0:-1);let r=n.options.length,s=r===0?o.noMatch(e,t):n.more?o.more:"";return this.#n(s),r===0?s:`${o.count(r,n.more)} ${s}`}showSearching(){this.#t.length===0&&this.#n(o.searching)}showTrouble(e){this.clear(),this.#n(e.message);let t=this.#v(e);return t&&this.#i.append(t),e.signInUrl?(this.#i.append(l("p","note",{},o.signInNote)),`${e.message} ${o.signIn}: ${o.signInNote}`):e.message}clear(){this.#t=[],this.list.replaceChildren(),this.activate(-1),this.#n("")}move(e){let t=this.#t.length-1;if(t<0)return;let n=this.#e+e;this.activate(this.#e<0&&e<0?t:n>t?0:n<0?t:n)}moveToEnd(e){this.activate(e==="first"?0:this.#t.length-1)}activate(e){this.list.children[this.#e]?.setAttribute("aria-selected","false"),this.#e=e<this.#t.length?e:-1;let t=this.list.children[this.#e];t?.setAttribute("aria-selected","true"),t?.scrollIntoView({block:"nearest"}),this.root.dispatchEvent(new Event("activate"))}#n(e){this.#i.replaceChildren(),e&&this.#i.append(l("p","message",{},e)),this.isOpen&&this.#o()}#v(e){if(e.signInUrl)return l("a","action",{href:e.signInUrl,target:"_blank",rel:"noopener"},o.signIn);if(e.kind!=="offline"&&e.kind!=="unavailable")return;let t=l("button","action",{type:"button"},o.retry);return t.addEventListener("click",this.onRetry),t}#c(e){let t=e.target.closest("[role=option]");return t?Array.prototype.indexOf.call(this.list.children,t):-1}#r(e){let t=this.#t[this.#c(e)];t&&this.onPick(t)}#l(e){if(e.movementX===0&&e.movementY===0)return;let t=this.#c(e);t>=0&&t!==this.#e&&this.activate(t)}#o=()=>{let e=this.field.getBoundingClientRect(),t=document.documentElement.clientWidth,r=(window.visualViewport?.height??window.innerHeight)-e.bottom-m-u,s=e.top-m-u,a=r<200&&s>r,d=this.root.style;d.minWidth=`${Math.min(e.width,t-2*u)}px`,d.maxHeight=`${Math.min(H,a?s:r)}px`;let k=this.root.offsetWidth,C=getComputedStyle(this.field).direction==="rtl"?e.right-k:e.left;d.left=`${Math.max(u,Math.min(C,t-k-u))}px`,d.top=a?"auto":`${e.bottom+m}px`,d.bottom=a?`${window.innerHeight-e.top+m}px`:"auto"}};function F(i,e,t){let n=l("li","option",{id:`option-${e}`,role:"option","aria-selected":"false"}),r=l("span","option-label");r.append(v(i.label,t)),n.append(r);let s=[p(i),f(i)].filter(Boolean).join(" · ");if(s){let a=l("span","option-description");a.append(v(s,t)),n.append(a)}return n}var A=`:host {
  --_color: var(--erpnext-link-color, light-dark(#1b2430, #e8ecf2));
  --_muted: var(--erpnext-link-muted, light-dark(#566170, #a5b0bf));
  --_background: var(--erpnext-link-background, light-dark(#fff, #151b23));
  --_popup: var(--erpnext-link-popup-background, light-dark(#fff, #1c242e));
  --_border: var(--erpnext-link-border, light-dark(#8a95a3, #6b7787));
  --_accent: var(--erpnext-link-accent, light-dark(#1f5fd0, #82b1ff));
  --_active: var(--erpnext-link-active-background, light-dark(#e6effd, #26374f));
  --_match: var(--erpnext-link-match-color, inherit);
  --_danger: var(--erpnext-link-danger, light-dark(#b3261e, #ff9c94));
  --_radius: var(--erpnext-link-radius, 0.375rem);
  position: relative;
  display: inline-flex;
  flex-direction: column;
  inline-size: 16rem;
  max-inline-size: 100%;
  min-inline-size: 6rem;
  font: inherit;
  color: var(--_color);
}
:host([hidden]) { display: none; }
.field {
  display: flex;
  align-items: center;
  gap: 0.25rem;
  container-type: inline-size;
  min-block-size: 2.5rem;
  padding-inline: 0.625rem 0.25rem;
  box-sizing: border-box;
  background: var(--_background);
  border: 1px solid var(--_border);
  border-radius: var(--_radius);
  cursor: text;
}
.field:focus-within { border-color: var(--_accent); outline: 2px solid var(--_accent); outline-offset: -1px; }
.field.invalid { border-color: var(--_danger); }
.field.invalid:focus-within { outline-color: var(--_danger); }
.input {
  flex: 1;
  min-inline-size: 3rem;
  inline-size: 100%;
  padding: 0;
  padding-block: 0.375rem;
  border: 0;
  outline: 0;
  background: none;
  color: inherit;
  font: inherit;
  text-overflow: ellipsis;
}
.input::placeholder { color: var(--_muted); opacity: 1; }
.name {
  flex: none;
  max-inline-size: 48%;
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
  color: var(--_muted);
  font-size: 0.8125em;
}
.name:empty, .field:focus-within .name { display: none; }
@container (inline-size < 22rem) { .name { display: none; } }
.end { flex: none; display: grid; place-items: center; inline-size: 1.75rem; block-size: 1.75rem; }
.end > * { grid-area: 1 / 1; }
.clear {
  inline-size: 1.75rem;
  block-size: 1.75rem;
  padding: 0;
  border: 0;
  border-radius: calc(var(--_radius) - 2px);
  background: none;
  color: var(--_muted);
  cursor: pointer;
}
.clear:hover { background: var(--_active); color: var(--_color); }
.clear svg, .arrow svg { display: block; margin: auto; inline-size: 1rem; block-size: 1rem; fill: none; stroke: currentColor; stroke-width: 1.75; stroke-linecap: round; stroke-linejoin: round; }
.arrow { color: var(--_muted); cursor: pointer; }
.spinner {
  inline-size: 1rem;
  block-size: 1rem;
  box-sizing: border-box;
  border: 2px solid var(--_muted);
  border-block-start-color: transparent;
  border-radius: 50%;
  animation: turn 0.8s linear infinite, appear 0s 0.2s both;
}
@keyframes turn { to { rotate: 1turn; } }
@keyframes appear { from { opacity: 0; } to { opacity: 1; } }
[hidden] { display: none !important; }
.popup {
  position: fixed;
  inset: auto;
  margin: 0;
  padding: 0;
  inline-size: max-content;
  max-inline-size: min(28rem, calc(100vw - 1rem));
  box-sizing: border-box;
  flex-direction: column;
  overflow: hidden;
  border: 1px solid color-mix(in srgb, var(--_border) 60%, transparent);
  border-radius: calc(var(--_radius) + 2px);
  background: var(--_popup);
  color: var(--_color);
  box-shadow: 0 8px 24px rgb(0 0 0 / 0.18), 0 1px 3px rgb(0 0 0 / 0.12);
}
.popup:popover-open { display: flex; }
.listbox { list-style: none; margin: 0; padding: 0.25rem; overflow-y: auto; overscroll-behavior: contain; min-block-size: 0; }
.listbox:empty { display: none; }
.option { padding: 0.4375rem 0.625rem; border-radius: calc(var(--_radius) - 1px); cursor: pointer; overflow-wrap: anywhere; }
.option[aria-selected="true"] { background: var(--_active); }
.option-label { display: block; line-height: 1.3; }
.option-description {
  display: -webkit-box;
  -webkit-box-orient: vertical;
  -webkit-line-clamp: 2;
  overflow: hidden;
  margin-block-start: 0.0625rem;
  color: var(--_muted);
  font-size: 0.8125em;
  line-height: 1.35;
}
.match { background: none; color: var(--_match); font-weight: 700; text-decoration: underline; text-decoration-thickness: 1px; text-underline-offset: 2px; }
.status:empty { display: none; }
.status { padding: 0.625rem 0.875rem; color: var(--_muted); font-size: 0.875em; line-height: 1.4; }
.listbox:not(:empty) + .status { border-block-start: 1px solid color-mix(in srgb, var(--_border) 40%, transparent); padding-block: 0.4375rem; }
.message, .note { margin: 0; }
.note { margin-block-start: 0.25rem; }
.action {
  display: inline-block;
  margin-block-start: 0.375rem;
  padding: 0.25rem 0.625rem;
  border: 1px solid currentColor;
  border-radius: var(--_radius);
  background: none;
  color: var(--_accent);
  font: inherit;
  font-weight: 600;
  text-decoration: none;
  cursor: pointer;
}
.action:focus-visible { outline: 2px solid var(--_accent); outline-offset: 1px; }
.error { margin: 0.25rem 0 0; color: var(--_danger); font-size: 0.875em; line-height: 1.35; }
.error.warning { color: var(--_muted); }
.announcer { position: absolute; inline-size: 1px; block-size: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.field.disabled { cursor: not-allowed; border-style: dashed; }
.field.disabled .input { color: var(--_muted); -webkit-text-fill-color: currentColor; cursor: not-allowed; }
@media (prefers-reduced-motion: reduce) {
  .spinner { animation: appear 0s 0.2s both; border-style: dotted; border-color: var(--_muted); }
}
@media (forced-colors: active) {
  .option[aria-selected="true"] { forced-color-adjust: none; background: Highlight; color: HighlightText; }
  .option[aria-selected="true"] .option-description { color: HighlightText; }
  .field:focus-within { outline-color: Highlight; }
  .field.disabled { border-color: GrayText; }
}
`;var b=class{field=l("div","field");input=l("input","input",{id:"input",role:"combobox",type:"text",autocomplete:"off",autocapitalize:"off",spellcheck:"false","aria-autocomplete":"list","aria-expanded":"false","aria-controls":"listbox","aria-describedby":"name error"});name=l("span","name",{id:"name"});clear=l("button","clear",{type:"button",tabindex:"-1"});#i=l("span","arrow",{"aria-hidden":"true"});#t=l("span","spinner",{"aria-hidden":"true"});#e=l("p","error",{id:"error"});#n=l("div","announcer",{role:"status"});constructor(){let e=l("span","end");this.clear.append(O("M4 4l8 8M12 4l-8 8")),this.#i.append(O("M4 6l4 4 4-4")),e.append(this.#i,this.clear,this.#t),this.field.append(this.input,this.name,e)}mount(e,t){e.append(this.field,t,this.#e,this.#n)}showChosen(e){this.input.value=e?.label??"",this.name.textContent=e?p(e)||f(e):""}showState(e){let t=this.input.value!==""&&!e.disabled;this.input.disabled=e.disabled,this.input.setAttribute("aria-required",String(e.required)),this.field.classList.toggle("disabled",e.disabled),this.#t.hidden=!e.loading,this.clear.setAttribute("aria-label",o.clear),this.clear.hidden=e.loading||!t,this.#i.hidden=e.loading||t}showExpanded(e,t){this.input.setAttribute("aria-expanded",String(e)),e&&t?this.input.setAttribute("aria-activedescendant",t):this.input.removeAttribute("aria-activedescendant")}showError(e,t=!1){this.#e.textContent=e,this.#e.hidden=!e,this.#e.classList.toggle("warning",t);let n=!!e&&!t;this.field.classList.toggle("invalid",n),this.input.setAttribute("aria-invalid",String(n))}announce(e){this.#n.textContent=e}};function O(i){let e=document.createElementNS("http://www.w3.org/2000/svg","svg");e.setAttribute("viewBox","0 0 16 16"),e.setAttribute("aria-hidden","true");let t=document.createElementNS("http://www.w3.org/2000/svg","path");return t.setAttribute("d",i),e.append(t),e}var q=120,_="20",K=new URL("../link/",import.meta.url).href,S=["doctype","src","filters","value","label","required","disabled","placeholder"],T=new CSSStyleSheet;T.replaceSync(A);var y=class extends HTMLElement{static formAssociated=!0;static observedAttributes=[...S,"aria-label","aria-labelledby"];static words=o;#i=this.attachInternals();#t=new b;#e=new g(this.#t.field,e=>this.#u(e),()=>this.#P());#n=new c;#v=new c;#c;#r=null;#l=!0;#o=!1;#p=!1;#s=!0;#w=!1;#T=!1;#O=!1;#f=!1;#y=!1;#m="";#k="";#x="";constructor(){super();let e=this.attachShadow({mode:"open",delegatesFocus:!0});e.adoptedStyleSheets=[T],this.#t.mount(e,this.#e.root),this.#U()}get doctype(){return this.getAttribute("doctype")??""}set doctype(e){this.setAttribute("doctype",e)}get src(){return new URL(this.getAttribute("src")??K,document.baseURI).href.replace(/\/?$/,"/")}set src(e){this.setAttribute("src",e)}get filters(){try{return JSON.parse(this.getAttribute("filters")||"null")}catch{return}}set filters(e){e==null?this.removeAttribute("filters"):this.setAttribute("filters",typeof e=="string"?e:JSON.stringify(e))}get value(){return this.#r?.value??""}set value(e){this.#o=!0,this.#d(e?{value:e,label:e,description:""}:null,!1)}get label(){return this.#r?.label??""}set label(e){this.#r&&this.#d({...this.#r,label:e})}get description(){return this.#r?.description??""}get required(){return this.hasAttribute("required")}set required(e){this.toggleAttribute("required",e)}get disabled(){return this.hasAttribute("disabled")}set disabled(e){this.toggleAttribute("disabled",e)}get placeholder(){return this.getAttribute("placeholder")??o.placeholder(this.doctype)}set placeholder(e){this.setAttribute("placeholder",e)}get name(){return this.getAttribute("name")??""}set name(e){this.setAttribute("name",e)}get type(){return this.localName}get form(){return this.#i.form}get labels(){return this.#i.labels}get validity(){return this.#i.validity}get validationMessage(){return this.#i.validationMessage}get willValidate(){return this.#i.willValidate}checkValidity(){return this.#i.checkValidity()}reportValidity(){return this.#i.reportValidity()}setCustomValidity(e){this.#k=e,this.#a()}refresh(){this.#n.forget(),this.#v.forget(),this.#l=this.#r===null,this.#b()}connectedCallback(){for(let e of S)this.#W(e);this.#B(),this.#b()}disconnectedCallback(){this.#c?.abort(),this.#n.cancel(),this.#h()}attributeChangedCallback(e){(e==="doctype"||e==="src"||e==="filters")&&(this.#n.forget(),this.#e.clear(),this.#h()),(e==="value"||e==="label")&&!this.#o&&this.#C(),this.#b()}formAssociatedCallback(){this.#b()}formDisabledCallback(e){this.#T=e,e&&this.#h(),this.#a()}formResetCallback(){this.#o=this.#p=!1,this.#k="",this.#C()}formStateRestoreCallback(e){typeof e=="string"&&(this.#o=!0,this.#d(JSON.parse(e)))}#C(){let e=this.getAttribute("value"),t=this.getAttribute("label");this.#d(e?{value:e,label:t??e,description:""}:null,t!==null)}#d(e,t=!0){this.#r=e,this.#l=t||e===null,this.#s=!0,this.#m=this.#x="",this.#t.showChosen(e),this.#a(),this.#l||this.#b()}#u(e){let t=this.value;this.#n.cancel(),this.#h(),this.#o=!0,this.#d(e),this.#t.announce(e?o.picked(e.label):o.cleared),this.value!==t&&(this.dispatchEvent(new Event("input",{bubbles:!0,composed:!0})),this.dispatchEvent(new Event("change",{bubbles:!0}))),e&&this.dispatchEvent(new CustomEvent("erpnext-link-select",{detail:{...e},bubbles:!0,composed:!0}))}async#_(){if(this.#s)return;this.#p=!0;let e=this.#t.input.value.trim();if(!e)return this.#u(null);if(e===this.#r?.label)return this.#d(this.#r,this.#l);this.#m=o.lookingUp(e),this.#L(!0);let t=await this.#I(e);if(!t||this.#s||this.#t.input.value.trim()!==e)return;this.#L(!1);let n=t.kind==="found"?w(e,t.options):void 0;if(n)return this.#u(n);this.#m=t.kind==="found"?o.notPicked(this.doctype,e):o.notConfirmed(e),this.#a()}async#I(e){let t=await this.#n.find(this.#E({txt:e,limit:_}));return t?.kind!=="found"||w(e,t.options)?t:this.#n.find(this.#E({value:e}))}async#N(){let e=this.#r;if(!e||!this.doctype||!this.isConnected)return;this.#l=!0;let t=await this.#v.find(this.#E({value:e.value},!1));if(!(t?.kind!=="found"||this.#r!==e||!this.#s)){if(t.options[0])return this.#d(t.options[0]);this.#x=o.gone(this.doctype,e.value),this.#a()}}#E(e,t=!0){let n=new URL(encodeURIComponent(this.doctype),this.src),r=this.filters;t&&r&&n.searchParams.set("filters",JSON.stringify(r));for(let[s,a]of Object.entries(e))n.searchParams.set(s,a);return n}async#g(e){if(this.#A)return;let t=this.#s?"":this.#t.input.value.trim();if(this.#$(),this.filters===void 0)return this.#z(t,{kind:"failed",message:o.badFilters});this.#e.showSearching(),this.#L(!0);let n=await this.#n.find(this.#E({txt:t,limit:_}),e);n&&(this.#L(!1),this.#z(t,n))}#z(e,t){if(this.#y=t.kind!=="found",!this.#e.isOpen)return;let n=t.kind==="found"?this.#e.showOptions(this.doctype,e,t):this.#e.showTrouble(t);this.#t.announce(n)}#P(){this.#t.input.focus(),this.#g(0)}#L(e){this.#w=e,this.#a()}#$(){this.#e.open(),this.#S()}#h(){this.#e.close(),this.#y=this.#f=this.#w=!1,this.#S(),this.#a()}#U(){let{input:e,field:t,clear:n}=this.#t;e.addEventListener("input",r=>this.#M(r)),e.addEventListener("change",r=>r.stopPropagation()),e.addEventListener("compositionend",r=>this.#M(r)),e.addEventListener("keydown",r=>this.#V(r)),t.addEventListener("click",r=>this.#K(r)),n.addEventListener("click",r=>this.#j(r)),this.#e.root.addEventListener("activate",()=>this.#S()),this.addEventListener("focusin",()=>this.#R()),this.addEventListener("focusout",()=>this.#J()),this.addEventListener("invalid",()=>{this.#p=!0,this.#a()})}#B(){this.#c?.abort(),this.#c=new AbortController;let e=()=>{this.#y&&this.#e.isOpen&&this.#g(0)};for(let t of["focus","online"])window.addEventListener(t,e,{signal:this.#c.signal})}#M(e){e.stopPropagation(),!("isComposing"in e&&e.isComposing)&&(this.#s=this.#p=this.#f=!1,this.#x="",this.#m=o.notPicked(this.doctype,this.#t.input.value),this.#e.activate(-1),this.#t.input.value===""&&this.#u(null),this.#a(),this.#g(q))}#V(e){e.isComposing||e.ctrlKey||e.metaKey||this.#H(e)&&e.preventDefault()}#H(e){switch(e.key){case"ArrowDown":case"ArrowUp":return this.#F(e.key==="ArrowDown"?1:-1,e.altKey);case"Home":case"End":return!this.#e.isOpen||!this.#f?!1:(this.#e.moveToEnd(e.key==="Home"?"first":"last"),!0);case"Enter":return this.#D();case"Escape":return this.#q();case"Tab":return this.#f&&this.#e.active&&this.#u(this.#e.active),!1;default:return!1}}#F(e,t){return this.#e.isOpen?t?e===-1&&this.#h():(this.#f=!0,this.#e.move(e)):(e===1||!t)&&this.#g(0),!0}#D(){return this.#e.isOpen?this.#e.active?this.#u(this.#e.active):this.#y?this.#P():this.#w||this.#_():this.#s?this.form?.requestSubmit():this.#_(),!0}#q(){return this.#e.isOpen?(this.#n.cancel(),this.#h(),!0):this.#s?!1:(this.#d(this.#r,this.#l),!0)}#K(e){if(this.#A)return;let t=e.target===this.#t.input;t||this.#t.input.focus(),this.#e.isOpen?t||this.#h():(this.#s&&this.#t.input.select(),this.#g(0))}#j(e){e.stopPropagation(),this.#u(null),this.#t.input.focus()}#J(){this.getRootNode().activeElement!==this&&(this.#h(),this.#n.cancel(),this.#p=!0,this.#a(),this.#_())}get#A(){return this.disabled||this.#T}#b(){this.#O||(this.#O=!0,queueMicrotask(()=>{this.#O=!1,this.#t.input.placeholder=this.placeholder,this.#R(),this.#a(),this.#l||this.#N()}))}#a(){let{input:e}=this.#t;this.#t.showState({loading:this.#w,disabled:this.#A,required:this.required}),this.#i.setFormValue(this.#s?this.value:"",JSON.stringify(this.#r)),this.#s?this.required&&!this.value?this.#i.setValidity({valueMissing:!0},o.required(this.doctype),e):this.#k?this.#i.setValidity({customError:!0},this.#k,e):this.#i.setValidity({}):this.#i.setValidity({customError:!0},this.#m,e);let t=this.#p&&!this.#A?this.#i.validationMessage:"";this.#t.showError(t||this.#x,!t)}#S(){this.#t.showExpanded(this.#e.isOpen,this.#e.activeId)}#R(){let e=this.getRootNode(),t=(this.getAttribute("aria-labelledby")??"").split(/\s+/).map(a=>a?e.getElementById(a):null),n=t.some(Boolean)?t:[...this.#i.labels],s=(this.getAttribute("aria-label")??n.map(a=>a?.textContent??"").join(" ")).replace(/\s+/g," ").trim()||this.doctype;this.#t.input.setAttribute("aria-label",s),this.#e.list.setAttribute("aria-label",s)}#W(e){if(!Object.hasOwn(this,e))return;let t=this,n=t[e];delete t[e],t[e]=n}};customElements.get("erpnext-link")||customElements.define("erpnext-link",y);export{y as ErpnextLink};
