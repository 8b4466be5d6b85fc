import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../../test/end-to-end/process.js';
import { TRUST_FILE } from '../../../test/support/parties.js';
import { make } from '../../../test/support/sample-exchange.js';
import { canonicalize, type Json, parseCanonical } from '../../bytes/json.js';

/** Clears a screen in two ways, and turns what follows around. */
const HOSTILE = '\u001b[2J\u009b2J\u202e';
const UNSAFE = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/;

let folder: string;
let stranger: Server;
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-terminal-'));
  const { bundle } = await make();
  const parsed = parseCanonical(bundle) as { [name: string]: Json };
  writeFileSync(at('genuine'), bundle);
  writeFileSync(at('surplus'), canonicalize({ ...parsed, [HOSTILE]: 1 }));
  writeFileSync(at('trust'), JSON.stringify(TRUST_FILE));
  writeFileSync(at('trust-surplus'), JSON.stringify({ ...TRUST_FILE, [HOSTILE]: 1 }));
  writeFileSync(at('trust-policy'), JSON.stringify({ ...TRUST_FILE, policy: `${HOSTILE}\n` }));
  const controllers = (TRUST_FILE.controllers ?? []).map(({ keys }) => ({ name: `A${HOSTILE}`, keys }));
  writeFileSync(at('trust-controllers'), JSON.stringify({ ...TRUST_FILE, controllers }));
  // A gateway that is none: Latin-1 is what headers can hold.
  stranger = createServer((_request, response) => {
    response.writeHead(404, { 'countersign-reason': 'x\u009b2J\u00ad' }).end();
  });
  await new Promise<void>(resolve => {
    stranger.listen(0, '127.0.0.1', resolve);
  });
});

afterAll(() => {
  stranger.close();
  rmSync(folder, { recursive: true, force: true });
});

const verify = (bundle: string, trust = 'trust') => [
  'verify',
  at(bundle),
  '--trust',
  at(trust),
  '--as-of',
  '2096-01-01T00:00:00Z',
];

describe('nothing that a stranger has written reaches the terminal as it is', () => {
  const cases: { what: string; args: () => string[]; code: number; says: string }[] = [
    { what: 'a name in a bundle', args: () => verify('surplus'), code: 30, says: 'bundle/malformed' },
    {
      what: 'a name in a trust file',
      args: () => verify('genuine', 'trust-surplus'),
      code: 30,
      says: 'trust/malformed',
    },
    { what: 'a line of a policy', args: () => verify('genuine', 'trust-policy'), code: 30, says: 'policy/' },
    { what: 'a controller', args: () => verify('genuine', 'trust-controllers'), code: 0, says: 'controller' },
    { what: 'the name of a file', args: () => verify(`no${HOSTILE}`), code: 64, says: 'cannot be read' },
    {
      what: 'a header of a gateway',
      args: () => {
        const { port } = stranger.address() as AddressInfo;
        return ['receipt', 'a'.repeat(26), '--gateway', `http://127.0.0.1:${port}`, '--out', at('out')];
      },
      code: 1,
      says: 'has no receipt',
    },
  ];

  it.each(cases)('$what', async ({ args, code, says }) => {
    const ended = await run(args());
    expect(ended.stdout + ended.stderr).toContain(says);
    expect(ended.stdout + ended.stderr).not.toMatch(UNSAFE);
    expect(ended.code).toBe(code);
  });
});
