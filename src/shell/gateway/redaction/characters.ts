/** Characters of a folded text, by their codes. A code that is NaN, behind the text's end, is nothing. */

export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** A letter of ASCII; folded texts have small ones. */
export function isPlainLetter(code: number): boolean {
  return code >= 0x61 && code <= 0x7a;
}

export function isPlainWord(code: number): boolean {
  return isDigit(code) || isPlainLetter(code);
}

/** A letter or digit as names and addresses in Latin letters have them. */
export function isLatinWord(code: number): boolean {
  return isPlainWord(code) || (code >= 0xc0 && code < 0x250);
}

const LETTER = /[\p{L}\p{Nd}]/u;

/** A letter or digit of any script; half of a character outside the first plane counts as one. */
export function isWord(code: number): boolean {
  if (code < 0x80) return isPlainWord(code);
  if (code >= 0xd800 && code < 0xe000) return true;
  return code >= 0x80 && LETTER.test(String.fromCharCode(code));
}
