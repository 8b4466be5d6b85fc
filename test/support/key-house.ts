/** A house without its gateway in a folder of its own: keys, log and witnesses, as `countersign key` opens them. */
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { parseTrust } from '../../src/appraise/trust.js';
import { type Outcome, verify } from '../../src/appraise/verify.js';
import { canonicalize } from '../../src/bytes/json.js';
import { KEY_TYPE, keyLabel } from '../../src/note/key.js';
import { envelopeBytes, envelopeJson, seal } from '../../src/receipt/envelope.js';
import { RECEIPT, receiptSubject } from '../../src/receipt/receipt.js';
import { writeStatement } from '../../src/receipt/statement.js';
import { type ChangedKey, changeKey, type KeyChangeRequest } from '../../src/shell/cli/change-key.js';
import { type DataFolder, dataFolder } from '../../src/shell/cli/data-folder.js';
import { slotsOf } from '../../src/shell/cli/house-keys.js';
import { type HouseLog, openHouseLog } from '../../src/shell/cli/house-log.js';
import { readSigningKey, type SigningKey } from '../../src/shell/files/keys.js';
import { temporaryFolder } from './log.js';
import { COMPLETED, SAMPLE_RECEIPT } from './sample-receipt.js';

export class TestHouse {
  readonly folder: DataFolder;
  readonly remove: () => void;

  private constructor({ path, remove }: ReturnType<typeof temporaryFolder>) {
    this.folder = dataFolder(path);
    this.remove = remove;
  }

  static async make(): Promise<TestHouse> {
    const house = new TestHouse(temporaryFolder());
    await mkdir(house.folder.keys, { recursive: true, mode: 0o700 });
    return house;
  }

  /** Opens it as a gateway does, and closes it when it has been used. */
  async using<Value>(use: (house: HouseLog) => Promise<Value>): Promise<Value> {
    const house = await openHouseLog(this.#options);
    try {
      return await use(house);
    } finally {
      await house.close();
    }
  }

  change(request: Partial<KeyChangeRequest> & Pick<KeyChangeRequest, 'target'>): Promise<ChangedKey> {
    const usual = { action: 'rotate', from: null, recovery: null, now: Date.now } as const;
    return changeKey({ ...this.#options, ...usual, ...request });
  }

  async recoveryKey(): Promise<SigningKey> {
    return (await readSigningKey(this.folder.recoveryKey, KEY_TYPE.ed25519)) as SigningKey;
  }

  /** What whoever holds the trust file of now says of a bundle: its outcome, and the codes of what failed. */
  async judge(bundle: Uint8Array): Promise<{ outcome: Outcome; codes: string[] }> {
    const trust = parseTrust(readFileSync(this.folder.trust));
    const content = { opening: null, request: null, response: null };
    const { outcome, checks } = await verify({ bundle, trust, content, asOf: Date.now() });
    return { outcome, codes: checks.flatMap(check => (check.status === 'fail' ? [check.code] : [])) };
  }

  get #options() {
    return { folder: this.folder, operator: 'Tester', onProblem: () => undefined };
  }
}

export const PASS = { outcome: 'pass', codes: [] };

/** Logs a receipt by a key, whether or not that may still sign, and returns its witnessed bundle. */
export async function logReceipt(
  { log }: HouseLog,
  issuer: SigningKey,
  counter: number,
): Promise<Uint8Array> {
  const payload = writeStatement(RECEIPT, {
    subject: receiptSubject('1'.repeat(64), null),
    predicate: {
      ...SAMPLE_RECEIPT,
      counter,
      issuer: keyLabel(issuer.key),
      log: { origin: log.origin, deadline: COMPLETED + 1000 },
      seen: { size: 0, root: '7'.repeat(64) },
    },
  });
  const envelope = seal(payload, keyLabel(issuer.key), issuer.signer);
  const { index, included } = log.append(envelopeBytes(envelope));
  await included;
  await log.reached(index, 'witnessed', 10_000);
  return canonicalize({ envelope: envelopeJson(envelope), proof: await log.prove(index) });
}

export function keyIn({ keys }: HouseLog, place: string): SigningKey {
  return slotsOf(keys).find(({ name }) => name === place)?.signingKey as SigningKey;
}
