/** How numbers check themselves. Each takes digits as a text, and small letters where it says so. */

/** ISO/IEC 7812-1 annex B (Luhn). */
export function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let place = 0; place < digits.length; place++) {
    const digit = digits.charCodeAt(digits.length - 1 - place) - 0x30;
    const doubled = place % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** The remainder of a number of any length; a letter counts as two digits, `a` as 10. */
export function remainder(text: string, modulus: number): number {
  let rest = 0;
  for (let at = 0; at < text.length; at++) {
    const value = Number.parseInt(text[at] as string, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % modulus;
  }
  return rest;
}

/** The sum of the digits, each times its weight. */
export function weighted(digits: string, weights: readonly number[]): number {
  return weights.reduce((sum, weight, at) => sum + weight * (digits.charCodeAt(at) - 0x30), 0);
}

/** ISO/IEC 7064, MOD 11,10. */
export function passesMod1110(digits: string): boolean {
  let product = 10;
  for (let at = 0; at < digits.length - 1; at++) {
    const sum = (digits.charCodeAt(at) - 0x30 + product) % 10;
    product = ((sum === 0 ? 10 : sum) * 2) % 11;
  }
  return (11 - product) % 10 === digits.charCodeAt(digits.length - 1) - 0x30;
}

/** ISO/IEC 7064, MOD 11-2; the last character may be `x`. */
export function passesMod112(text: string): boolean {
  let product = 0;
  for (let at = 0; at < text.length - 1; at++) product = ((product + (text.charCodeAt(at) - 0x30)) * 2) % 11;
  return '10x98765432'[product] === text.at(-1);
}

/** The group of symmetries of a pentagon, and a permutation of its elements that tells neighbours apart (Verhoeff 1969). */
const PERMUTATION = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];

export function passesVerhoeff(digits: string): boolean {
  let sum = 0;
  for (let place = 0; place < digits.length; place++) {
    let digit = digits.charCodeAt(digits.length - 1 - place) - 0x30;
    for (let times = 0; times < place % 8; times++) digit = PERMUTATION[digit] as number;
    sum = turned(sum, digit);
  }
  return sum === 0;
}

/** 0 to 4 are turns of the pentagon, 5 to 9 are flips. */
function turned(a: number, b: number): number {
  const turn = a < 5 ? (a + b) % 5 : (((a - b) % 5) + 5) % 5;
  return a < 5 === b < 5 ? turn : turn + 5;
}

const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Whether some year has such a day. */
export function isDay(month: string, day: string): boolean {
  const days = DAYS[Number(month) - 1];
  return days !== undefined && Number(day) >= 1 && Number(day) <= days;
}
