/**
 * What is said of a file or a variable that cannot be used. Never what stands in it: that may be a key that was put in the wrong place, and goes into logs
 * and to the admin API.
 */

/** A schema's message as a sentence. Texts that it quotes are left out. */
export function sentence(message: string): string {
  return `${message.replace(/received ".*$/s, 'received a text').replace(/\.$/, '')}.`;
}

/** Why a text is no JSON: where, as far as the engine says. Engines quote what they cannot read. */
export function notJson(error: unknown): string {
  const [position] = /\bat position [0-9]+/.exec(error instanceof Error ? error.message : '') ?? [];
  return position === undefined ? 'is not JSON.' : `is not JSON: it cannot be read ${position}.`;
}
