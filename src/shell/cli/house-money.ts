/** The part of a house that is about money: the price list in force, named in the log, and who may ask for how much. */
import { join } from 'node:path';
import type { Surroundings } from '../../appraise/policy/surroundings.js';
import { Budgets } from '../../economy/budgets.js';
import { KeyedAdmission } from '../../economy/keyed-admission.js';
import type { KeyFile } from '../../economy/virtual-key.js';
import { keyLabel } from '../../note/key.js';
import { ENTRY_KEY_BYTES } from '../../receipt/entry.js';
import { envelopeBytes, payloadDigest, seal } from '../../receipt/envelope.js';
import { PriceBook } from '../../receipt/price/price-book.js';
import { type PriceList, priceListDigest } from '../../receipt/price/price-list.js';
import { priceListStatement } from '../../receipt/price-list.js';
import type { TransparencyLog } from '../../tree/log.js';
import { readKeyFile } from '../access/key-file.js';
import { SpendingJournal } from '../access/spending-journal.js';
import type { SigningKey } from '../files/keys.js';
import type { Pricing } from '../gateway/pricing.js';

/** Has the log name the list, unless it has. Throws `log/unavailable`. */
export async function announcePriceList(
  list: PriceList,
  operator: string,
  log: TransparencyLog,
  { key, signer }: SigningKey,
): Promise<Pricing> {
  const label = keyLabel(key);
  const digest = priceListDigest(list);
  const envelope = seal(priceListStatement(digest, list, label), label, signer);
  const known = await log.find(payloadDigest(envelope).slice(0, ENTRY_KEY_BYTES));
  const index = known ?? (await log.include(envelopeBytes(envelope)));
  return { book: new PriceBook(list, operator), list: { digest, index } };
}

export interface HouseAdmission {
  readonly admission: KeyedAdmission;
  /** Reads the keys again. Throws `access/file-malformed` or `data/key-exposed`; those from before then stay in force. Resolves to how many there are. */
  reload(): Promise<number>;
  /** The names that a policy may have; see {@link namesIn}. */
  holders(): HolderNames;
  close(): Promise<void>;
}

/** `folder`: that of the keys and of what is spent. The data folder's lock is the caller's. Throws as `reload` does. */
export async function openAdmission(
  folder: string,
  onProblem: (message: string) => void,
): Promise<HouseAdmission> {
  let file = await readKeyFile(folder);
  const journal = await SpendingJournal.open({ folder: join(folder, 'spent'), onProblem });
  const budgets = new Budgets({ marks: journal.marks, record: mark => journal.record(mark) });
  const admission = new KeyedAdmission(file, budgets, onProblem);
  const read = async () => {
    file = await readKeyFile(folder);
    admission.exchangeKeys(file);
    return file.keys.length;
  };
  // One after another: a reading that takes longer must not bring back a key that a later one has found revoked.
  let last: Promise<unknown> = Promise.resolve();
  return {
    admission,
    reload: () => {
      const turn = last.then(read);
      last = turn.catch(() => undefined);
      return turn;
    },
    holders: () => namesIn(file),
    close: () => journal.close(budgets.exactly()),
  };
}

export type HolderNames = Pick<Surroundings, 'keys' | 'teams'>;

/**
 * The names of keys and teams that a policy may have. Those of revoked keys are among them: nobody asks by them any more, but a rule for them is no slip
 * of the pen, and a gateway has to start again after its owner has revoked one. A gateway without any key may get them later, so that none is unknown.
 */
export function namesIn({ keys, teams }: KeyFile): HolderNames {
  if (keys.length === 0) return { keys: null, teams: null };
  const ofKeys = keys.flatMap(({ team }) => (team === null ? [] : [team]));
  return {
    keys: [...new Set(keys.map(({ name }) => name))],
    teams: [...new Set([...ofKeys, ...teams.map(({ name }) => name)])],
  };
}
