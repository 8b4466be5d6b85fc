/**
 * The revocations of a house that runs: logged on its owner's word, waited for until they are witnessed, and told to its trust file and to its bundles.
 */
import { Failure } from '../../../reason.js';
import { revocationOf } from '../../../receipt/revocation.js';
import type { RevocationField, RevocationReason } from '../../../receipt/revocation-words.js';
import type { TransparencyLog } from '../../../tree/log.js';
import { EvidenceRecords } from '../../archive/evidence-records.js';
import type { SigningKey } from '../../files/keys.js';
import type { RevokedAnswer } from '../admin/answers.js';
import type { DataFolder } from '../data-folder.js';
import { type IssuerStanding, type LoggedRevocation, RevocationBook } from './book.js';
import { listInTrust } from './trust-list.js';

export interface HouseRevocationsOptions {
  readonly folder: DataFolder;
  readonly log: TransparencyLog;
  readonly issuer: SigningKey;
  readonly standing: IssuerStanding;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Told of all there are, when there is another one. */
  readonly onLogged?: (all: readonly LoggedRevocation[]) => void;
}

export interface RevocationWish {
  readonly field: RevocationField;
  readonly value: string;
  readonly reason: RevocationReason;
  readonly since: number | null;
}

/** How long an answer waits for the witnesses, in milliseconds. */
const WITNESS_TIME = 10_000;

/** Throws as the log does. */
export function openRevocations({
  folder,
  onLogged = () => undefined,
  ...rest
}: HouseRevocationsOptions): Promise<RevocationBook> {
  return RevocationBook.open({
    ...rest,
    archive: new EvidenceRecords(folder.archive),
    onLogged: async all => {
      onLogged(all);
      await listInTrust(folder.trust, all);
    },
  });
}

/**
 * Logs it, and waits for the witnesses for a while. Throws `revocation/value-malformed`, as {@link RevocationBook.revoke} does, and `trust/malformed` where the
 * trust file is not the house's any more: then it is logged all the same, and the next start writes that file anew.
 */
export async function revoke(
  book: RevocationBook,
  log: Pick<TransparencyLog, 'reached'>,
  { field, value, reason, since }: RevocationWish,
): Promise<RevokedAnswer> {
  const revocation = revocationOf(field, value, reason, since);
  if (revocation === null) throw new Failure('revocation/value-malformed', { field });
  const { decided, sequence, entry } = await book.revoke(revocation);
  const witnessed = await log.reached(entry, 'witnessed', WITNESS_TIME);
  return { field, value, reason, since, decided, sequence, entry, witnessed };
}
