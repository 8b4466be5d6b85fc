/** Which tests take a sample in the unit suite, and everything in the slow one. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const AMOUNT = 'thoroughness';

/**
 * The files of tests that ask how thorough they are to be, themselves or by what they have from `test/support/`: found, not listed, so that
 * what is left out of the unit suite is never left out of both. Paths from the root of the repository.
 */
export function sampledTests(): string[] {
  const sources = ['src', 'test'].flatMap(folder =>
    readdirSync(`${ROOT}${folder}`, { recursive: true, encoding: 'utf8' })
      .filter(name => name.endsWith('.ts'))
      .map(name => ({ path: `${folder}/${name}`, text: readFileSync(`${ROOT}${folder}/${name}`, 'utf8') })),
  );
  const imports = (text: string, module: string) => text.includes(`/${module}.js'`);
  const supporting = sources.flatMap(({ path, text }) =>
    path.startsWith('test/support/') && imports(text, AMOUNT) ? [basename(path, '.ts')] : [],
  );
  return sources.flatMap(({ path, text }) =>
    path.endsWith('.test.ts') && [AMOUNT, ...supporting].some(module => imports(text, module)) ? [path] : [],
  );
}
