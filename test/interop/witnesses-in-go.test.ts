/** Witnesses in Go cosign a log of ours that asks for them by its policy, and our verifier and theirs accept what comes of it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { toBase64 } from '../../src/bytes/base64.js';
import { utf8 } from '../../src/bytes/octets.js';
import { keyLabel, parseVerifierKey } from '../../src/note/key.js';
import { parseNote, verifyNote } from '../../src/note/signed-note.js';
import { parseBundle } from '../../src/receipt/bundle.js';
import { envelopeBytes } from '../../src/receipt/envelope.js';
import { dataFolder } from '../../src/shell/cli/data-folder.js';
import { parseTlogProof } from '../../src/tree/tlog-proof.js';
import { ask } from '../end-to-end/client.js';
import { run } from '../end-to-end/process.js';
import { exchangeOf } from '../end-to-end/receipts.js';
import {
  type GoWitness,
  type KnownLog,
  missingLitewitness,
  missingOmniwitness,
  startLitewitness,
  startOmniwitness,
} from './go-witnesses.js';
import { peerCosigner, peerMlDsaCosigner } from './keys.js';
import { ask as askGo, missing as missingJudge } from './peer.js';
import { Relay } from './relay.js';
import { RunningGateway } from './running-gateway.js';

const OMNIWITNESS = 'omniwitness.example/w1';

const WITNESSES: {
  name: string;
  missing: string | null;
  /** What it answers first to a log that believes that it has been cosigned before. */
  first: readonly number[];
  start: (folder: string, log: KnownLog) => Promise<GoWitness>;
}[] = [
  {
    name: 'filippo.io/torchwood/cmd/litewitness, with its key in ssh-agent',
    missing: (await missingLitewitness()) ?? missingJudge,
    // As tlog-witness has it: another size, which is none, and then everything.
    first: [409, 200],
    start: (folder, log) => startLitewitness(folder, 'litewitness.example/w1', log),
  },
  {
    name: 'github.com/transparency-dev/witness/cmd/omniwitness, with an Ed25519 key and one of ML-DSA-44',
    missing: missingOmniwitness ?? missingJudge,
    // It takes a log that it sees for the first time as it comes.
    first: [200, 200],
    start: (folder, log) =>
      startOmniwitness(folder, [peerCosigner(OMNIWITNESS, 31), peerMlDsaCosigner(OMNIWITNESS, 32)], log),
  },
];

/** Every key of a witness at this address has to have cosigned. */
function policyOf(keys: readonly string[], url: string): string {
  const names = keys.map((_, i) => `w${i}`);
  const lines = keys.map((key, i) => `witness ${names[i]} ${key} ${url}`);
  return [...lines, `group g all ${names.join(' ')}`, 'quorum g', ''].join('\n');
}

let folder: string;
let ends: (() => Promise<void>)[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-interop-'));
  ends = [() => rm(folder, { recursive: true, force: true })];
});
afterEach(async () => {
  for (const end of ends.reverse()) await end();
});

/** What `countersign verify` says of a bundle. */
async function verdictOf(bundle: Uint8Array, gateway: RunningGateway): Promise<number | null> {
  const file = join(folder, 'bundle.json');
  await writeFile(file, bundle);
  return (await run(['verify', file, '--trust', gateway.trustFile])).code;
}

for (const { name, missing, first, start } of WITNESSES) {
  if (missing !== null) console.log(missing);
  it.skipIf(missing !== null)(
    `${name} cosigns our log under a policy that asks for it: receipts are witnessed, and nothing is without it ${missing ?? ''}`,
    async () => {
      const gateway = await RunningGateway.start();
      ends.push(() => gateway.close());
      await gateway.grow(5);

      const witness = await start(folder, { origin: gateway.trust.log.name, key: gateway.logKey });
      ends.push(() => witness.stop());
      const relay = await Relay.start(witness.url);
      ends.push(() => relay.close());
      const policy = policyOf(witness.keys, relay.address);
      await gateway.restart(() => writeFile(dataFolder(gateway.data).policy, policy));
      const bundle = await gateway.grow(5);

      expect(relay.answered.slice(0, 2).map(({ status }) => status)).toEqual(first);
      expect(relay.answered.every(({ path }) => path === '/add-checkpoint')).toBe(true);

      expect(await verdictOf(bundle, gateway)).toBe(0);
      const { envelope, proof } = parseBundle(bundle);
      const keys = witness.keys.map(parseVerifierKey);
      const signed = parseNote(utf8(parseTlogProof(proof ?? '').checkpoint));
      const { verified } = await verifyNote(signed, [gateway.trust.log, ...keys]);
      expect(verified.map(({ key }) => keyLabel(key)).sort()).toEqual(
        [gateway.trust.log, ...keys].map(keyLabel).sort(),
      );
      const asked = { proof: proof ?? '', logKey: gateway.logKey, policy };
      expect(askGo('proof/verify', { ...asked, entry: toBase64(envelopeBytes(envelope)) })).toBe(true);

      // Fail closed: without it an entry is included and no more, and that is not what the policy asks for.
      await witness.stop();
      const answer = await ask(gateway.address);
      const path = `/v1/receipts/${exchangeOf(answer)}?wait=included`;
      const included = await ask(gateway.address, { path });
      expect(included.status).toBe(200);
      expect(parseBundle(included.body).proof).not.toBeNull();
      expect(await verdictOf(included.body, gateway)).toBe(20);
    },
  );
}
