// The only place where a text becomes elements. The texts are fragments that our own server rendered and escaped; by the pages'
// Content-Security-Policy (require-trusted-types-for) browsers that know Trusted Types refuse every other way.

const policy = globalThis.trustedTypes?.createPolicy("soporte", { createHTML: (html) => html });

export function fragment(html) {
  const made = document.createElement("template");
  made.innerHTML = policy ? policy.createHTML(html) : html;
  return made;
}
