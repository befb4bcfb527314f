/* <erpnext-link>, built from webcomponent/ by build.sh. MIT license. */
function a(i,e,t={},n){let r=document.createElement(i);r.className=e,r.part.add(e);for(let[s,l]of Object.entries(t))r.setAttribute(s,l);return n!==void 0&&(r.textContent=n),r}function w(i,e){let t=document.createDocumentFragment(),n=0;for(let[r,s]of z(i,e))t.append(i.slice(n,r)),t.append(a("mark","match",{},i.slice(r,s))),n=s;return t.append(i.slice(n)),t}function z(i,e){let{folded:t,origin:n}=M(i),r=new Array(i.length).fill(!1);for(let s of h(e).split(/\s+/).filter(Boolean))for(let l=t.indexOf(s);l>=0;l=t.indexOf(s,l+s.length))r.fill(!0,n[l],n[l+s.length]);return I(r)}function I(i){let e=[];return i.forEach((t,n)=>{if(!t)return;let r=e.at(-1);r?.[1]===n?r[1]=n+1:e.push([n,n+1])}),e}function h(i){return i.normalize("NFD").replace(/\p{M}/gu,"").toLowerCase()}function M(i){let e="",t=[],n=0;for(let r of i){let s=h(r);e+=s;for(let l=0;l<s.length;l++)t.push(n);n+=r.length}return t.push(i.length),{folded:e,origin:t}}function y(i,e){let t=h(i.trim());return e.find(n=>n.value===i.trim())??E(e.filter(n=>h(n.value)===t))??E(e.filter(n=>h(n.label)===t))}function E(i){return i.length===1?i[0]:void 0}var o={placeholder:i=>`Search ${i}`,clear:"Clear",searching:"Searching …",noMatch:(i,e)=>e?`No ${i} matches “${e}”.`:`There is no ${i} to pick.`,count:(i,e)=>`${e?"First ":""}${i} ${i===1?"result":"results"}.`,more:"There are more: type on to narrow them down.",picked:i=>`${i} picked.`,cleared:"Cleared.",offline:"You are offline.",appUnreachable:"The app can't be reached.",unavailable:"ERPNext can't answer right now.",signedOut:"You are signed out.",signIn:"Sign in again",signInNote:"It opens in a new tab; what you entered here stays.",forbidden:"You may not see these documents in ERPNext.",failed:"The search failed.",retry:"Try again",badFilters:"The field's filters are not valid JSON.",required:i=>`Pick ${L(i)} ${i}.`,notPicked:(i,e)=>`“${e}” is not ${L(i)} ${i}. Pick one from the list.`,lookingUp:i=>`Looking up “${i}” …`,notConfirmed:i=>`“${i}” could not be looked up. Try again.`,gone:(i,e)=>`${i} “${e}” is not in ERPNext any more, or you may not see it.`};function L(i){return/^[aeiou]/i.test(i)?"an":"a"}function p({label:i,value:e}){return i===e?"":e}function f({label:i,description:e}){return e===i?"":e.startsWith(`${i}, `)?e.slice(i.length+2):e}async function O(i,e){try{let t=await fetch(i,{signal:AbortSignal.any([e,AbortSignal.timeout(3e4)]),headers:{Accept:"application/json"},credentials:"same-origin"}),n=await t.json().catch(()=>null);return t.ok?P(n):$(t.status,n??{})}catch(t){if(e.aborted)throw t;return{kind:"offline",message:navigator.onLine?o.appUnreachable:o.offline}}}function P(i){let e=i?.results;return Array.isArray(e)?{kind:"found",options:e.map(N),more:!!i.more}:{kind:"failed",message:o.failed}}function N(i){let e=String(i.value);return{value:e,label:String(i.label||e),description:String(i.description??"")}}function $(i,e){let t=e.error?.message;if(i===401){let n=U(e.sign_in_url);return{kind:"signed-out",message:o.signedOut,...n?{signInUrl:n}:{}}}return i===403?{kind:"forbidden",message:t??o.forbidden}:i===429||i>=500?{kind:"unavailable",message:t??o.unavailable}:{kind:"failed",message:t??o.failed}}function U(i){if(!i||!URL.canParse(i,location.href))return;let e=new URL(i,location.href);if(!(e.protocol!=="https:"&&e.protocol!=="http:"))return e.searchParams.set("next",location.pathname+location.search),e.href}var B=50,F=3e4,c=class{#e=new Map;#t;async find(e,t=0){this.cancel();let n=this.#e.get(e.href);if(n&&n.until>performance.now())return n.answer;let r=this.#t=new AbortController;try{await H(t,r.signal);let s=await O(e,r.signal);return s.kind==="found"&&this.#i(e.href,s),r.signal.aborted?void 0:s}catch{return}}cancel(){this.#t?.abort()}forget(){this.cancel(),this.#e.clear()}#i(e,t){this.#e.delete(e),this.#e.set(e,{answer:t,until:performance.now()+F});let n=this.#e.keys().next();this.#e.size>B&&!n.done&&this.#e.delete(n.value)}};function H(i,e){return new Promise((t,n)=>{let r=setTimeout(t,i);e.addEventListener("abort",()=>{clearTimeout(r),n(e.reason)})})}var m=4,u=8,V=352,D=288,g=class{constructor(e,t,n){this.field=e;this.onPick=t;this.onRetry=n;this.root.popover="manual",this.root.append(this.list,this.#e),this.root.addEventListener("mousedown",r=>{r.target.closest("a, button")||r.preventDefault()}),this.list.addEventListener("click",r=>this.#a(r)),this.list.addEventListener("mousemove",r=>this.#d(r))}field;onPick;onRetry;root=a("div","popup");list=a("ul","listbox",{id:"listbox",role:"listbox"});#e=a("div","status");#t=[];#i=-1;get isOpen(){return this.root.matches(":popover-open")}get active(){return this.#t[this.#i]}get activeId(){return this.list.children[this.#i]?.id}open(){this.isOpen||!this.root.isConnected||(this.root.showPopover(),this.#o(),window.addEventListener("scroll",this.#o,{capture:!0,passive:!0}),window.addEventListener("resize",this.#o),window.visualViewport?.addEventListener("resize",this.#o))}close(){window.removeEventListener("scroll",this.#o,{capture:!0}),window.removeEventListener("resize",this.#o),window.visualViewport?.removeEventListener("resize",this.#o),this.isOpen&&this.root.hidePopover(),this.activate(-1)}showOptions(e,t,n){this.#t=n.options,this.list.replaceChildren(...n.options.map((l,d)=>q(l,d,t))),this.activate(t?0:-1);let r=n.options.length,s=r===0?o.noMatch(e,t):n.more?o.more:"";return this.#n(s),r===0?s:`${o.count(r,n.more)} ${s}`}showSearching(){this.#t.length===0&&this.#n(o.searching)}showTrouble(e){this.clear(),this.#n(e.message);let t=this.#r(e);return t&&this.#e.append(t),e.signInUrl&&this.#e.append(a("p","note",{},o.signInNote)),this.isOpen&&this.#o(),e.signInUrl?`${e.message} ${o.signIn}: ${o.signInNote}`:e.message}clear(){this.#t=[],this.list.replaceChildren(),this.activate(-1),this.#n("")}move(e){let t=this.#t.length-1;if(t<0)return;let n=this.#i+e;this.activate(this.#i<0&&e<0?t:n>t?0:n<0?t:n)}moveToEnd(e){this.activate(e==="first"?0:this.#t.length-1)}activate(e){this.list.children[this.#i]?.setAttribute("aria-selected","false"),this.#i=e<this.#t.length?e:-1;let t=this.list.children[this.#i];t?.setAttribute("aria-selected","true"),t?.scrollIntoView({block:"nearest"}),this.root.dispatchEvent(new Event("activate"))}#n(e){this.#e.replaceChildren(),e&&this.#e.append(a("p","message",{},e)),this.isOpen&&this.#o()}#r(e){if(e.signInUrl)return a("a","action",{href:e.signInUrl,target:"_blank",rel:"noopener"},o.signIn);if(e.kind!=="offline"&&e.kind!=="unavailable")return;let t=a("button","action",{type:"button"},o.retry);return t.addEventListener("click",this.onRetry),t}#s(e){let t=e.target.closest("[role=option]");return t?Array.prototype.indexOf.call(this.list.children,t):-1}#a(e){let t=this.#t[this.#s(e)];t&&this.onPick(t)}#d(e){if(e.movementX===0&&e.movementY===0)return;let t=this.#s(e);t>=0&&t!==this.#i&&this.activate(t)}#o=()=>{let e=this.field.getBoundingClientRect(),t=document.documentElement.clientWidth,r=(window.visualViewport?.height??window.innerHeight)-e.bottom-m-u,s=e.top-m-u,l=r<200&&s>r,d=this.root.style;d.minWidth=`${Math.min(e.width,t-2*u)}px`,d.maxWidth=e.width<D?"":d.minWidth,d.maxHeight=`${Math.min(V,l?s:r)}px`;let x=this.root.offsetWidth,R=getComputedStyle(this.field).direction==="rtl"?e.right-x:e.left;d.left=`${Math.max(u,Math.min(R,t-x-u))}px`,d.top=l?"auto":`${e.bottom+m}px`,d.bottom=l?`${window.innerHeight-e.top+m}px`:"auto"}};function q(i,e,t){let n=a("li","option",{id:`option-${e}`,role:"option","aria-selected":"false"}),r=a("span","option-label");r.append(w(i.label,t)),n.append(r);let s=[p(i),f(i)].filter(Boolean).join(" · ");if(s){let l=a("span","option-description");l.append(w(s,t)),n.append(l)}return n}var b=class{field=a("div","field");input=a("input","input",{id:"input",role:"combobox",type:"text",autocomplete:"off",autocapitalize:"off",spellcheck:"false","aria-autocomplete":"list","aria-expanded":"false","aria-controls":"listbox","aria-describedby":"name error"});name=a("span","name",{id:"name"});clear=a("button","clear",{type:"button",tabindex:"-1"});#e=a("span","arrow",{"aria-hidden":"true"});#t=a("span","spinner",{"aria-hidden":"true"});#i=a("p","error",{id:"error"});#n=a("div","announcer",{role:"status"});constructor(){let e=a("span","end");this.clear.append(A("M4 4l8 8M12 4l-8 8")),this.#e.append(A("M4 6l4 4 4-4")),e.append(this.#e,this.clear,this.#t),this.field.append(this.input,this.name,e)}mount(e,t){e.append(this.field,t,this.#i,this.#n)}showChosen(e){this.input.value=e?.label??"",this.name.textContent=e?p(e)||f(e):""}showTyping(){this.name.textContent=""}showState(e){let t=this.input.value!==""&&!e.disabled;this.input.disabled=e.disabled,this.input.setAttribute("aria-required",String(e.required)),this.field.classList.toggle("disabled",e.disabled),this.#t.hidden=!e.loading,this.clear.setAttribute("aria-label",o.clear),this.clear.hidden=e.loading||!t,this.#e.hidden=e.loading||t}showExpanded(e,t){this.input.setAttribute("aria-expanded",String(e)),e&&t?this.input.setAttribute("aria-activedescendant",t):this.input.removeAttribute("aria-activedescendant")}showError(e,t=!1){this.#i.textContent=e,this.#i.hidden=!e,this.#i.classList.toggle("warning",t);let n=!!e&&!t;this.field.classList.toggle("invalid",n),this.input.setAttribute("aria-invalid",String(n))}announce(e){this.#n.textContent=e}};function A(i){let e=document.createElementNS("http://www.w3.org/2000/svg","svg");e.setAttribute("viewBox","0 0 16 16"),e.setAttribute("aria-hidden","true");let t=document.createElementNS("http://www.w3.org/2000/svg","path");return t.setAttribute("d",i),e.append(t),e}var K=120,S="20",v=class{constructor(e){this.field=e;this.#y()}field;#e=new b;#t=new g(this.#e.field,e=>this.#o(e),()=>this.#b());#i=new c;#n=!0;#r="";#s=!1;#a=!1;#d=!1;mount(e){this.#e.mount(e,this.#t.root)}get input(){return this.#e.input}get isSettled(){return this.#n}get problem(){return this.#r}show(e){this.#n=!0,this.#r="",this.#e.showChosen(e)}showState(e){this.#e.showState({...e,loading:this.#s})}showError(e,t){this.#e.showError(e,t)}showName(e,t){this.#e.input.placeholder=t,this.#e.input.setAttribute("aria-label",e),this.#t.list.setAttribute("aria-label",e)}close(){this.#t.close(),this.#d=this.#a=this.#s=!1,this.#v(),this.field.changed()}cancel(){this.#i.cancel(),this.close()}forget(){this.#i.forget()}startOver(){this.forget(),this.#t.clear(),this.close()}resume(){this.#d&&this.#t.isOpen&&this.#u(0)}leave(){this.cancel(),this.field.touched(!0),this.#p()}#o(e){this.cancel(),this.#e.announce(e?o.picked(e.label):o.cleared),this.field.take(e)}async#p(){if(this.#n)return;this.field.touched(!0);let e=this.#c;if(!e)return this.#o(null);if(e===this.field.chosen()?.label)return this.field.restore();this.#r=o.lookingUp(e),this.#g(!0);let t=await this.#m(e);if(!t||this.#n||this.#c!==e)return;this.#g(!1);let n=t.kind==="found"?y(e,t.options):void 0;if(n)return this.#o(n);this.#r=t.kind==="found"?o.notPicked(this.field.doctype(),e):o.notConfirmed(e),this.field.changed()}async#m(e){let t=await this.#l({txt:e,limit:S});return t?.kind!=="found"||y(e,t.options)?t:this.#l({value:e})}get#c(){return this.#e.input.value.trim()}async#u(e){if(this.field.isOff())return;let t=this.#n?"":this.#c;this.#t.open(),this.#v(),this.#t.showSearching(),this.#g(!0);let n=await this.#l({txt:t,limit:S},e);n&&(this.#g(!1),this.#E(t,n))}async#l(e,t=0){let n=this.field.address(e);return n?this.#i.find(n,t):{kind:"failed",message:o.badFilters}}#E(e,t){if(this.#d=t.kind!=="found",!this.#t.isOpen)return;let n=t.kind==="found"?this.#t.showOptions(this.field.doctype(),e,t):this.#t.showTrouble(t);this.#e.announce(n)}#b(){this.#e.input.focus(),this.#u(0)}#g(e){this.#s=e,this.field.changed()}#v(){this.#e.showExpanded(this.#t.isOpen,this.#t.activeId)}#y(){let{input:e,field:t,clear:n}=this.#e;e.addEventListener("input",r=>this.#k(r)),e.addEventListener("change",r=>r.stopPropagation()),e.addEventListener("compositionend",r=>this.#k(r)),e.addEventListener("keydown",r=>this.#L(r)),t.addEventListener("click",r=>this.#x(r)),n.addEventListener("click",r=>this.#A(r)),this.#t.root.addEventListener("activate",()=>this.#v())}#k(e){e.stopPropagation(),!("isComposing"in e&&e.isComposing)&&(this.#n=this.#a=!1,this.#r=o.notPicked(this.field.doctype(),this.#e.input.value),this.#e.showTyping(),this.field.touched(!1),this.#t.activate(-1),this.#e.input.value===""&&this.#o(null),this.#u(K))}#L(e){e.isComposing||e.ctrlKey||e.metaKey||this.#O(e)&&e.preventDefault()}#O(e){switch(e.key){case"ArrowDown":case"ArrowUp":return this.#w(e.key==="ArrowDown"?1:-1,e.altKey);case"Home":case"End":return!this.#t.isOpen||!this.#a?!1:(this.#t.moveToEnd(e.key==="Home"?"first":"last"),!0);case"Enter":return this.#f();case"Escape":return this.#h();case"Tab":return this.#a&&this.#t.active&&this.#o(this.#t.active),!1;default:return!1}}#w(e,t){return this.#t.isOpen?t?e===-1&&this.close():(this.#a=!0,this.#t.move(e)):(e===1||!t)&&this.#u(0),!0}#f(){return this.#t.isOpen?this.#t.active?this.#o(this.#t.active):this.#d?this.#b():this.#s||this.#p():this.#n?this.field.submit():this.#p(),!0}#h(){return this.#t.isOpen?(this.cancel(),!0):this.#n?!1:(this.field.restore(),!0)}#x(e){if(this.field.isOff())return;let t=e.target===this.#e.input;t||this.#e.input.focus(),this.#t.isOpen?t||this.close():(this.#n&&this.#e.input.select(),this.#u(0))}#A(e){e.stopPropagation(),this.#o(null),this.#e.input.focus()}};var _=`:host {
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
  flex-wrap: wrap;
  align-items: center;
  column-gap: 0.25rem;
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
@container (inline-size < 22rem) {
  .name { order: 1; flex: none; inline-size: 100%; max-inline-size: 100%; margin-block-start: -0.25rem; padding-block-end: 0.375rem; }
}
@container (inline-size >= 22rem) { .field:focus-within .name { display: none; } }
.name:empty { display: none; }
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
`;var W=new URL("../link/",import.meta.url).href,T=["doctype","src","filters","value","label","required","disabled","placeholder"],C=new CSSStyleSheet;C.replaceSync(_);var k=class extends HTMLElement{static formAssociated=!0;static observedAttributes=[...T,"aria-label","aria-labelledby"];static words=o;#e=this.attachInternals();#t=new v({doctype:()=>this.doctype,isOff:()=>this.#w,chosen:()=>this.#r,address:e=>this.#v(e),take:e=>this.#E(e),restore:()=>this.#l(this.#r,this.#s),touched:e=>this.#b(e),changed:()=>this.#h(),submit:()=>this.form?.requestSubmit()});#i=new c;#n;#r=null;#s=!0;#a=!1;#d=!1;#o=!1;#p=!1;#m="";#c="";constructor(){super();let e=this.attachShadow({mode:"open",delegatesFocus:!0});e.adoptedStyleSheets=[C],this.#t.mount(e),this.#k()}get doctype(){return this.getAttribute("doctype")??""}set doctype(e){this.setAttribute("doctype",e)}get src(){return new URL(this.getAttribute("src")??W,document.baseURI).href.replace(/\/?$/,"/")}set src(e){this.setAttribute("src",e)}get filters(){try{return JSON.parse(this.getAttribute("filters")||"null")}catch{return}}set filters(e){e==null?this.removeAttribute("filters"):this.setAttribute("filters",typeof e=="string"?e:JSON.stringify(e))}get value(){return this.#r?.value??""}set value(e){this.#a=!0,this.#l(e?{value:e,label:e,description:""}:null,!1)}get label(){return this.#r?.label??""}set label(e){this.#r&&this.#l({...this.#r,label:e})}get description(){return this.#r?.description??""}get required(){return this.hasAttribute("required")}set required(e){this.toggleAttribute("required",e)}get disabled(){return this.hasAttribute("disabled")}set disabled(e){this.toggleAttribute("disabled",e)}get placeholder(){return this.getAttribute("placeholder")??o.placeholder(this.doctype)}set placeholder(e){this.setAttribute("placeholder",e)}get name(){return this.getAttribute("name")??""}set name(e){this.setAttribute("name",e)}get type(){return this.localName}get form(){return this.#e.form}get labels(){return this.#e.labels}get validity(){return this.#e.validity}get validationMessage(){return this.#e.validationMessage}get willValidate(){return this.#e.willValidate}checkValidity(){return this.#e.checkValidity()}reportValidity(){return this.#e.reportValidity()}setCustomValidity(e){this.#m=e,this.#h()}refresh(){this.#t.forget(),this.#i.forget(),this.#s=this.#r===null,this.#f()}connectedCallback(){for(let e of T)this.#A(e);this.#L(),this.#f()}disconnectedCallback(){this.#n?.abort(),this.#t.cancel()}attributeChangedCallback(e){(e==="doctype"||e==="src"||e==="filters")&&this.#t.startOver(),(e==="value"||e==="label")&&!this.#a&&this.#u(),this.#f()}formAssociatedCallback(){this.#f()}formDisabledCallback(e){this.#o=e,e&&this.#t.close(),this.#h()}formResetCallback(){this.#a=this.#d=!1,this.#m="",this.#u()}formStateRestoreCallback(e){typeof e=="string"&&(this.#a=!0,this.#l(JSON.parse(e)))}#u(){let e=this.getAttribute("value"),t=this.getAttribute("label");this.#l(e?{value:e,label:t??e,description:""}:null,t!==null)}#l(e,t=!0){this.#r=e,this.#s=t||e===null,this.#c="",this.#t.show(e),this.#h(),this.#s||this.#f()}#E(e){let t=this.value;this.#a=!0,this.#l(e),this.value!==t&&(this.dispatchEvent(new Event("input",{bubbles:!0,composed:!0})),this.dispatchEvent(new Event("change",{bubbles:!0}))),e&&this.dispatchEvent(new CustomEvent("erpnext-link-select",{detail:{...e},bubbles:!0,composed:!0}))}#b(e){this.#d=e,e||(this.#c=""),this.#h()}async#g(){let e=this.#r;if(!e||!this.doctype||!this.isConnected)return;this.#s=!0;let t=await this.#i.find(this.#y({value:e.value}));if(!(t?.kind!=="found"||this.#r!==e||!this.#t.isSettled)){if(t.options[0])return this.#l(t.options[0]);this.#c=o.gone(this.doctype,e.value),this.#h()}}#v(e){let t=this.filters;if(t!==void 0)return this.#y(t?{filters:JSON.stringify(t),...e}:e)}#y(e){let t=new URL(encodeURIComponent(this.doctype),this.src);for(let[n,r]of Object.entries(e))t.searchParams.set(n,r);return t}#k(){this.addEventListener("focusin",()=>this.#x()),this.addEventListener("focusout",()=>this.#O()),this.addEventListener("invalid",()=>this.#b(!0))}#L(){this.#n?.abort(),this.#n=new AbortController;for(let e of["focus","online"])window.addEventListener(e,()=>this.#t.resume(),{signal:this.#n.signal})}#O(){this.getRootNode().activeElement!==this&&this.#t.leave()}get#w(){return this.disabled||this.#o}#f(){this.#p||(this.#p=!0,queueMicrotask(()=>{this.#p=!1,this.#x(),this.#h(),this.#s||this.#g()}))}#h(){let{isSettled:e,problem:t,input:n}=this.#t;this.#t.showState({disabled:this.#w,required:this.required}),this.#e.setFormValue(e?this.value:"",JSON.stringify(this.#r)),e?this.required&&!this.value?this.#e.setValidity({valueMissing:!0},o.required(this.doctype),n):this.#m?this.#e.setValidity({customError:!0},this.#m,n):this.#e.setValidity({}):this.#e.setValidity({customError:!0},t,n);let r=this.#d&&!this.#w?this.#e.validationMessage:"";this.#t.showError(r||this.#c,!r)}#x(){let e=this.getRootNode(),t=(this.getAttribute("aria-labelledby")??"").split(/\s+/).map(s=>s?e.getElementById(s):null),n=t.some(Boolean)?t:[...this.#e.labels],r=this.getAttribute("aria-label")??n.map(s=>s?.textContent??"").join(" ");this.#t.showName(r.replace(/\s+/g," ").trim()||this.doctype,this.placeholder)}#A(e){if(!Object.hasOwn(this,e))return;let t=this,n=t[e];delete t[e],t[e]=n}};customElements.get("erpnext-link")||customElements.define("erpnext-link",k);export{k as ErpnextLink};
