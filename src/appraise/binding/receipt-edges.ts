/** The edges of a receipt: to the key that a quote carries, to the issuer's run, and to what was sent and came. */
import { keyLabel } from '../../note/key.js';
import { envelopeIsSignedBy } from '../../receipt/envelope.js';
import { RECEIPT } from '../../receipt/receipt.js';
import { readStatement } from '../../receipt/statement.js';
import type { Check } from '../check.js';
import { checkRequest, checkResponse } from '../content.js';
import { contradicted, notShown, shown } from './outcome.js';
import type { Edge, Outcome, Run, RunKey } from './run.js';

/** `attestedEpoch`: which one the statement names. Throws `receipt/malformed`. */
export async function receiptEdges(
  { receipt, body, epoch }: Run,
  key: RunKey | null,
  attestedEpoch: string | null,
): Promise<readonly Edge[]> {
  if (receipt === null)
    return body === null ? [] : [{ from: 'receipt', to: 'body', ...notShown('binding/part-missing') }];
  const { subject, predicate } = readStatement(RECEIPT, receipt);
  const edges: Edge[] = [{ from: 'receipt', to: 'key', ...(await toKey(receipt, predicate.issuer, key)) }];
  for (const each of new Set([epoch, attestedEpoch]))
    if (each !== null)
      edges.push({
        from: 'receipt',
        to: 'epoch',
        ...(predicate.epoch === each
          ? shown('The receipt is of this epoch.')
          : contradicted('binding/epoch-mismatch')),
      });
  if (body === null) return edges;
  const issuer = key?.kind === 'issuer' ? key.key : null;
  const statement = { subject, predicate };
  const checks = [
    ...(body.request === null ? [] : [checkRequest(body, statement)]),
    ...(body.response === null ? [] : [await checkResponse(body, statement, receipt, issuer)]),
  ];
  return [...edges, ...checks.map(check => ({ from: 'receipt', to: check.name, ...outcomeOf(check) }))];
}

async function toKey(
  receipt: NonNullable<Run['receipt']>,
  issuer: string,
  key: RunKey | null,
): Promise<Outcome> {
  if (key === null) return notShown('binding/part-missing');
  if (key.kind !== 'issuer') return notShown('binding/key-unsuited');
  const label = keyLabel(key.key);
  const isSigned =
    receipt.keyId === label && issuer === label && (await envelopeIsSignedBy(receipt, key.key.publicKey));
  return isSigned
    ? shown('The receipt is signed with this key.')
    : contradicted('binding/receipt-key-mismatch');
}

function outcomeOf(check: Check): Outcome {
  if (check.status === 'pass') return shown(check.says);
  return check.status === 'fail' ? contradicted(check.code) : notShown(check.code);
}
