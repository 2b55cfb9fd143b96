// Texts without accents and capitals, with single blanks: to compare what somebody types.

export function fold(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/\s+/gu, " ").trim();
}
