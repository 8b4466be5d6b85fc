/**
 * E-mail addresses (RFC 5321, 5322), without quoted names and without domains of one label or of numbers: `user@host` is more often something else. The
 * sign may be written as in URLs and in HTML.
 */
import { isLatinWord, isPlainLetter, isWord } from './characters.js';
import type { Found } from './rules.js';

const SIGNS = ['@', '%40', '&#64;', '&#x40;', '&commat;'] as const;
/** RFC 5321 §4.5.3.1 has 64 and 255; those who write more are not spared for it. */
const MAX_LOCAL = 256;
const MAX_DOMAIN = 255;

const IN_LOCAL: ReadonlySet<string> = new Set(["'", '+', '-', '.', '_', '~']);

/** `text`: folded. */
export function* findEmails(text: string): Generator<Found> {
  for (const sign of SIGNS) {
    for (let at = text.indexOf(sign); at >= 0; at = text.indexOf(sign, at + 1)) {
      const start = startOfLocal(text, at);
      const end = start < at ? endOfDomain(text, at + sign.length) : null;
      if (end !== null) yield { kind: 'email', start, end };
    }
  }
}

/** An address in Latin letters ends where letters of another script begin, which many languages write without a blank between. */
function startOfLocal(text: string, sign: number): number {
  const isPart = partsLike(text.charCodeAt(sign - 1));
  const least = Math.max(0, sign - MAX_LOCAL);
  let start = sign;
  while (start > least && (isPart(text.charCodeAt(start - 1)) || IN_LOCAL.has(text[start - 1] as string)))
    start--;
  while (start < sign && !isPart(text.charCodeAt(start)) && text[start] !== '_') start++;
  return start;
}

/** Null where there is no domain. */
function endOfDomain(text: string, begin: number): number | null {
  const isPart = partsLike(text.charCodeAt(begin));
  const most = Math.min(text.length, begin + MAX_DOMAIN);
  let end: number | null = null;
  for (let at = begin, label = 0; at < most; label++) {
    const start = at;
    while (at < most && (isPart(text.charCodeAt(at)) || text[at] === '-')) at++;
    if (at === start) break;
    if (label > 0) end = endOfTop(text, start, at) ?? end;
    if (text[at] !== '.') break;
    at++;
  }
  return end;
}

/** Where a label ends that can be the last of a domain; null where it cannot. Of one that goes on with something else, the letters. */
function endOfTop(text: string, start: number, end: number): number | null {
  if (text.startsWith('xn--', start)) return end;
  let at = start;
  while (at < end && isTopLetter(text.charCodeAt(at))) at++;
  return at - start >= 2 ? at : null;
}

function isTopLetter(code: number): boolean {
  return code < 0x80 ? isPlainLetter(code) : isWord(code);
}

function partsLike(code: number): (code: number) => boolean {
  return code < 0x250 ? isLatinWord : isWord;
}
