import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { TestHouse } from '../../../test/support/key-house.js';
import { testCosigner } from '../../../test/support/keys.js';
import { parseTrust } from '../../appraise/trust.js';
import { cosignerOf } from '../../note/cosignature.js';
import { formatVerifierKey } from '../../note/key.js';
import { Failure } from '../../reason.js';
import { HttpServer } from '../http/server.js';
import { openLocalWitness } from '../witness/local-witness.js';
import { witnessRoutes, witnessStatus } from '../witness/serve.js';
import { openHouseLog, type ReadableLog } from './house-log.js';

let house: TestHouse;
let server: HttpServer | null;
beforeEach(async () => {
  house = await TestHouse.make();
  server = null;
});
afterEach(async () => {
  await server?.close();
  house.remove();
});

/** A witness of somebody else, beside the house's own, that cosigns when `hasRead` says that it has read the entries. */
async function needChecker(hasRead: () => boolean): Promise<void> {
  const { log, policy } = parseTrust(readFileSync(house.folder.trust));
  const { key, signer } = testCosigner('checker.example', 21);
  const witness = await openLocalWitness({
    folder: `${house.folder.path}/checker`,
    cosigners: [cosignerOf(key, signer)],
    logs: [log],
    now: Date.now,
    check: {
      confirm: async () => {
        if (!hasRead()) throw new Failure('witness/entries-unchecked');
      },
    },
  });
  const routes = witnessRoutes(witness, 'entries-checked');
  server = new HttpServer({
    host: '127.0.0.1',
    port: 0,
    routes,
    statusOf: witnessStatus,
    onProblem: () => undefined,
  });
  const url = await server.listen();
  const own = [...policy.witnesses.values()].map(
    (known, index) => `witness w${index} ${formatVerifierKey(known.key)}\n`,
  );
  writeFileSync(
    house.folder.policy,
    `${own.join('')}witness checker ${formatVerifierKey(key)} ${url}\n` +
      `group all all checker ${own.map((_, index) => `w${index}`).join(' ')}\nquorum all\n`,
  );
}

it('no key takes its place before a checker has cosigned the change, which it may do when it can read it', async () => {
  await house.using(async () => undefined);
  let hasRead = true;
  await needChecker(() => hasRead);
  const crash = house.change({
    target: 'issuer',
    onStep: step => {
      if (step === 'key-made') hasRead = false;
      if (step === 'appended') throw new Error('crash');
    },
  });
  await expect(crash).rejects.toThrow('crash');
  const before = readFileSync(house.folder.trust, 'utf8');

  const options = { folder: house.folder, operator: 'Tester', onProblem: () => undefined };
  await expect(openHouseLog(options)).rejects.toMatchObject({ code: 'log/unwitnessed' });
  expect(readFileSync(house.folder.trust, 'utf8')).toBe(before);

  const seen: (ReadableLog | null)[] = [];
  const onReadable = (readable: ReadableLog | null) => {
    seen.push(readable);
    hasRead = true;
  };
  const opened = await openHouseLog({ ...options, onReadable });
  const [issuer] = opened.history.inForce('issuer');
  expect(issuer).toEqual(opened.keys.issuer.key);
  expect(parseTrust(Buffer.from(before)).issuers).not.toContainEqual(issuer);
  expect(opened.log.witnessed?.size).toBe(opened.log.size);
  await opened.close();
  // It was opened with the old key, closed, and opened with the new one.
  expect(seen.map(readable => readable !== null)).toEqual([true, false, true, false]);
}, 60_000);
