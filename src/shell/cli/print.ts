/** How the CLI writes to people: colour only where a terminal shows it, and machine output on one line of JSON. */
import { styleText } from 'node:util';

export type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow' | 'cyan';

/** Whether standard output shows colours; `NO_COLOR` (no-color.org) turns them off and `FORCE_COLOR` on. */
const coloured =
  process.env.FORCE_COLOR !== undefined ||
  (process.stdout.isTTY === true && process.env.NO_COLOR === undefined);

export function paint(style: Style | readonly Style[], text: string): string {
  return coloured ? styleText([...(typeof style === 'string' ? [style] : style)], text) : text;
}

/**
 * Text from outside, made harmless for a terminal: control and format characters could move the cursor, hide words or write others over
 * them.
 */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\ufffd');
}

/** Characters in a line: what a terminal and a README show without breaking it. */
const WIDTH = 100;

/** The text in lines of at most {@link WIDTH} characters, of which all but the first are indented. */
export function hang(text: string, indent: number): string {
  const lines = [''];
  for (const word of printable(text).split(' ')) {
    const line = lines.at(-1) as string;
    if (line !== '' && indent + line.length + 1 + word.length > WIDTH) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.join(`\n${' '.repeat(indent)}`);
}

export function print(line = ''): void {
  process.stdout.write(`${line}\n`);
}

export function printJson(value: unknown): void {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  // JSON escapes some of the characters that move a cursor or hide text; here it escapes all of them.
  process.stdout.write(
    `${JSON.stringify(value).replaceAll(/[\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g, escaped)}\n`,
  );
}

export function printError(line: string): void {
  process.stderr.write(`${line.split('\n').map(printable).join('\n')}\n`);
}
