/** Every program of the how-tos, as it stands there, against a gateway with the built-in model. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Served, serve } from '../end-to-end/process.js';
import { thorough } from '../support/thoroughness.js';
import { blocksOf, Desk } from './document.js';

let folder: string;
let gateway: Served;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-how-to-'));
  gateway = await serve(['--data', join(folder, 'house')]);
}, 60_000);
afterAll(async () => {
  await gateway.stop();
  rmSync(folder, { recursive: true, force: true });
});

const EXCHANGE = /^[a-z2-7]{26}$/m;
const VERIFIED = /^verified: exchange [a-z2-7]{26}$/m;

/** What each program prints; in Python they are another suite's. */
const PROGRAMS: Readonly<Record<string, Readonly<Record<string, readonly RegExp[]>>>> = {
  'openai-sdk': {
    'ask.mjs': [/\w/, EXCHANGE, /^[\w-]{43}$/m],
    'stream.mjs': [/\w+ \w+/],
    'responses.mjs': [/\w+ \w+/],
    'error.mjs': [/^404 model_not_found request\/model-unknown$/m],
    'checked.mjs': [VERIFIED, /^settled$/m],
  },
  'ai-sdk': {
    'ask.mjs': [/\w/, EXCHANGE],
    'stream.mjs': [/^\d+ tokens$/m],
    // The end of the text may come after it was verified, and stands before the outcome then.
    'checked.mjs': [VERIFIED, /settled$/m],
  },
  'anthropic-sdk': {
    'ask.mjs': [/\w/, EXCHANGE],
    'stream.mjs': [/^(?:end_turn|max_tokens)$/m],
    'checked.mjs': [VERIFIED, /^settled$/m],
  },
  langchain: {
    'ask.mjs': [/\w+ \w+/],
    'chain.mjs': [/\w+ \w+/],
    'checked.mjs': [VERIFIED, /^settled$/m],
  },
};

describe.each(Object.entries(PROGRAMS))('docs/how-to/%s.md', (name, programs) => {
  const document = `docs/how-to/${name}.md`;
  let desk: Desk;
  beforeAll(() => {
    const { address, trust } = gateway.summary;
    const environment = { OPENAI_BASE_URL: `${address}/v1`, ANTHROPIC_BASE_URL: address, TRUST: trust };
    desk = new Desk(mkdtempSync(join(folder, `${name}-`)), document, environment);
  });

  // The last is the one that does everything that the others do, and checks it.
  it.each(thorough(Object.entries(programs), Object.entries(programs).slice(-1)))(
    '%s',
    async (program, printed) => {
      const first = blocksOf(document).filter(block => block.name === 'environment');
      const { code, stdout, stderr } = await desk.run(...first.map(block => block.name), program);
      expect([code, stderr]).toEqual([0, '']);
      for (const expected of printed) expect(stdout).toMatch(expected);
    },
    120_000,
  );

  it('has no program that is not run', () => {
    const run = ['environment', ...Object.keys(programs)];
    const others = blocksOf(document).filter(block => block.language !== 'py' && !run.includes(block.name));
    expect(others).toEqual([]);
  });
});
