/** Has the log say what its operator does to its readers: every act of retention becomes an entry, signed by the issuer. */
import { keyLabel } from '../../note/key.js';
import { envelopeBytes, seal } from '../../receipt/envelope.js';
import { accessStatement, retentionStatement } from '../../receipt/retention.js';
import type { TransparencyLog } from '../../tree/log.js';
import type { SigningKey } from '../files/keys.js';
import type { Act, Retention } from '../log/retention.js';

/** Logs the acts that are not logged yet, one after another; each is included when its index is written down. */
export function announceActs(retention: Retention, log: TransparencyLog, issuer: SigningKey): Promise<void> {
  return retention.announce(async act => {
    const label = keyLabel(issuer.key);
    const { index, included } = log.append(
      envelopeBytes(seal(statementOf(act, label), label, issuer.signer)),
    );
    await included;
    return index;
  });
}

function statementOf({ what, decided }: Act, issuer: string): Uint8Array {
  return what.act === 'retain'
    ? retentionStatement(what.retention, issuer, decided)
    : accessStatement(what, issuer, decided);
}
