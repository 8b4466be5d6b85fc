/**
 * What is said of a file or a variable that cannot be used. Never what stands in it: that may be a key that was put in the wrong place, and goes into logs
 * and to the admin API.
 */

const MISSING = /^Invalid key: Expected "[^"]*" but received undefined$/;
/** YAML reads what looks like a number as one, such as a digest without letters. */
const NUMBER_FOR_TEXT = /^Invalid type: Expected string but received (?:-?\d|Infinity|NaN)/;

/** What may stand there is ours, and no secret. */
const ONE_OF = /^Invalid type: Expected \((".*")\) but received /;

/** A schema's message as a sentence. What stands in the file is left out. */
export function sentence(message: string): string {
  if (MISSING.test(message)) return 'it is missing.';
  if (NUMBER_FOR_TEXT.test(message))
    return 'it takes a text, and this is read as a number: put it in quotes.';
  const [, choices] = ONE_OF.exec(message) ?? [];
  if (choices !== undefined)
    return `it takes one of: ${choices.replaceAll('"', '').replaceAll(' | ', ', ')}.`;
  return `${message.replace(/received ".*$/s, 'received a text').replace(/\.$/, '')}.`;
}

/** Why a text is no JSON: where, as far as the engine says. Engines quote what they cannot read. */
export function notJson(error: unknown): string {
  const [position] = /\bat position [0-9]+/.exec(error instanceof Error ? error.message : '') ?? [];
  return position === undefined ? 'is not JSON.' : `is not JSON: it cannot be read ${position}.`;
}

/** What was said of a file, as a part of another sentence. */
export function inFinding(said: string): string {
  return said.replace(/\. Did you mean (.*)\?$/s, '; perhaps $1 is meant').replace(/\.$/, '');
}
