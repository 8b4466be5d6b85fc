/**
 * Running what a document tells its readers to run. Its blocks of code have names, behind the language of their fence (```sh copy), and every one is
 * run as it stands there: what has to be different on each machine is in the variables that the document itself names.
 */
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Ended, run } from '../end-to-end/process.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface Block {
  readonly language: string;
  readonly name: string;
  readonly code: string;
}

/** The named blocks of a document, in its order. `path`: from the root of the repository. */
export function blocksOf(path: string): readonly Block[] {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const blocks = [...text.matchAll(/^```(\w+) ([\w.-]+)\n(.*?)^```$/gms)].map(
    ([, language = '', name = '', code = '']) => ({ language, name, code }),
  );
  const names = new Set(blocks.map(({ name }) => name));
  if (names.size !== blocks.length) throw new Error(`two blocks of ${path} have one name`);
  return blocks;
}

/** A folder in which a reader is at work: with the packages of this one, and `countersign` and `npx countersign` as after an installation. */
export class Desk {
  readonly folder: string;
  readonly #blocks: ReadonlyMap<string, Block>;
  readonly #environment: Record<string, string>;

  constructor(folder: string, document: string, environment: Readonly<Record<string, string>> = {}) {
    this.folder = folder;
    this.#blocks = new Map(blocksOf(document).map(block => [block.name, block]));
    const bin = join(folder, '.bin');
    mkdirSync(bin, { recursive: true });
    const main = join(ROOT, 'dist/shell/cli/main.js');
    writeFileSync(join(bin, 'countersign'), `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`);
    writeFileSync(join(bin, 'npx'), '#!/bin/sh\nexec "$@"\n');
    for (const name of ['countersign', 'npx']) chmodSync(join(bin, name), 0o755);
    this.#environment = { PATH: `${bin}${delimiter}${process.env.PATH}`, HOME: folder, ...environment };
    mkdirSync(join(folder, 'node_modules'), { recursive: true });
    for (const name of ['openai', '@ai-sdk', 'ai', '@anthropic-ai', '@langchain', 'zod', 'undici'])
      this.#link(name);
    symlinkSync(ROOT, join(folder, 'node_modules/countersign'));
  }

  #link(name: string): void {
    symlinkSync(join(ROOT, 'node_modules', name), join(this.folder, 'node_modules', name));
  }

  /**
   * Runs blocks of the shell one after another to their end, in one shell, which stops at the first command that fails. A block of another language
   * is the file that its name is.
   */
  run(...names: readonly string[]): Promise<Ended> {
    const script = names.map(name => this.#script(name)).join('\n');
    return run(['--norc', '-euo', 'pipefail', '-c', script], {
      folder: this.folder,
      environment: this.#environment,
      limit: 150_000,
      command: ['bash'],
    });
  }

  #script(name: string): string {
    const block = this.#blocks.get(name);
    if (block === undefined) throw new Error(`there is no block ${name}`);
    if (block.language === 'sh') return block.code;
    writeFileSync(join(this.folder, name), block.code);
    return `${block.language === 'py' ? 'python3' : `"${process.execPath}"`} ${name}`;
  }
}
