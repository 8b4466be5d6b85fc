/** The how-tos' programs in Python, with the packages that they name. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Desk } from '../documents/document.js';
import { type Served, serve } from '../end-to-end/process.js';
import { installPython } from './python-packages.js';

const PACKAGES = ['openai==3.57.0', 'langchain-openai==1.7.4'];
const ENVIRONMENT = join(tmpdir(), 'countersign-python-how-to-1');

let folder: string;
let gateway: Served | null = null;
let missing: string | null = null;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-python-'));
  missing = await installPython(ENVIRONMENT, PACKAGES);
  if (missing === null) gateway = await serve(['--data', join(folder, 'house')]);
  else console.log(`skipped: ${missing}`);
});
afterAll(async () => {
  await gateway?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('programs in Python', () => {
  beforeEach(({ skip }) => {
    if (missing !== null) skip(missing);
  });

  it.each(['openai-sdk', 'langchain'])('docs/how-to/%s.md: ask.py', async name => {
    const { address } = (gateway as Served).summary;
    const desk = new Desk(mkdtempSync(join(folder, `${name}-`)), `docs/how-to/${name}.md`, {
      OPENAI_BASE_URL: `${address}/v1`,
      OPENAI_API_KEY: 'none',
      PATH: `${join(ENVIRONMENT, 'bin')}${delimiter}${process.env.PATH}`,
    });
    const { code, stdout, stderr } = await desk.run('ask.py');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^.+\n[a-z2-7]{26}\n$/s);
  });
});
