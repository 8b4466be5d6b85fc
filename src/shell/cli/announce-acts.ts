/** Has the log say what its operator does to its readers: every act of retention becomes an entry, signed by the issuer. */
import { keyLabel } from '../../note/key.js';
import { envelopeKeys } from '../../receipt/entry.js';
import { envelopeBytes, seal } from '../../receipt/envelope.js';
import { accessStatement, retentionStatement } from '../../receipt/retention.js';
import type { TransparencyLog } from '../../tree/log.js';
import type { SigningKey } from '../files/keys.js';
import type { Act, Retention } from '../log/retention.js';

/** How long the commit of an entry may take that was found, in milliseconds. */
const COMMIT_TIME = 10_000;

/** Logs the acts that are not logged yet, one after another; each is included when its index is written down. */
export function announceActs(retention: Retention, log: TransparencyLog, issuer: SigningKey): Promise<void> {
  return retention.announce(async act => {
    const label = keyLabel(issuer.key);
    const envelope = seal(statementOf(act, label), label, issuer.signer);
    const keys = envelopeKeys(envelope);
    // A crash may have come after the entry and before its place was written down: a log takes each statement once.
    const known = await log.find(keys[0] as Uint8Array);
    if (known !== null && (await log.reached(known, 'included', COMMIT_TIME))) return known;
    return log.include(envelopeBytes(envelope), keys);
  });
}

function statementOf({ what, decided }: Act, issuer: string): Uint8Array {
  return what.act === 'retain'
    ? retentionStatement(what.retention, issuer, decided)
    : accessStatement(what, issuer, decided);
}
