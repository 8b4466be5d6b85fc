/** Closings of epochs, made in memory from their leaves: what an issuer, honest or not, may sign. */
import { toHex } from '../../src/bytes/hex.js';
import { keyLabel } from '../../src/note/key.js';
import { type Closing, closingStatement } from '../../src/receipt/closing.js';
import {
  CLOSING_STATUSES,
  type ClosingLeaf,
  type ClosingStatus,
  clientLeafBytes,
  compareKeys,
  leafBytes,
  leafKey,
} from '../../src/receipt/closing-leaf.js';
import type { ProvenLeaf } from '../../src/receipt/closing-proof.js';
import { type Envelope, seal } from '../../src/receipt/envelope.js';
import { merkleRoot } from '../../src/tree/root.js';
import type { TestKey } from './keys.js';
import { ISSUER } from './parties.js';
import { ReferenceTree } from './reference-tree.js';
import { SAMPLE_RECEIPT } from './sample-receipt.js';

/** A client's name of one letter. */
export const clientNamed = (letter: string): string => letter.repeat(26);

export function leaf(
  letter: string,
  counter: number,
  status: ClosingStatus = 'completed',
  receipt = 'ab'.repeat(32),
): ClosingLeaf {
  const hasReceipt = CLOSING_STATUSES.indexOf(status) < 4;
  return { client: clientNamed(letter), counter, status, receipt: hasReceipt ? receipt : null };
}

export interface ClosedEpoch {
  readonly closing: Closing;
  readonly envelope: Envelope;
  /** What an honest issuer proves of a number. */
  prove(client: string, counter: number): ProvenLeaf[];
  /** The leaf at an index, with its proof. */
  at(index: number): ProvenLeaf;
}

export function closeEpoch(
  leaves: readonly ClosingLeaf[],
  { by = ISSUER, ...change }: Partial<Closing> & { readonly by?: TestKey } = {},
): ClosedEpoch {
  const sorted = leaves.map(leafBytes).sort((a, b) => compareKeys(a, b));
  const clients = [...new Set(leaves.map(({ client }) => client))].sort();
  const counts = Object.fromEntries(
    CLOSING_STATUSES.map(status => [status, leaves.filter(other => other.status === status).length]),
  ) as Closing['statuses'];
  const closing: Closing = {
    clients: {
      count: clients.length,
      root: toHex(
        merkleRoot(
          clients.map(client =>
            clientLeafBytes({
              client,
              count: leaves.filter(other => other.client === client).length,
              head: null,
            }),
          ),
        ),
      ),
    },
    ending: 'complete',
    epoch: SAMPLE_RECEIPT.epoch,
    issuer: keyLabel(by.key),
    leaves: { count: sorted.length, root: toHex(merkleRoot(sorted)) },
    statuses: counts,
    through: SAMPLE_RECEIPT.time.completed + 1000,
    ...change,
  };
  const tree = new ReferenceTree(sorted);
  const at = (index: number): ProvenLeaf => ({
    index,
    leaf: sorted[index] as Uint8Array,
    hashes: tree.path(index, sorted.length),
  });
  return {
    closing,
    envelope: seal(
      closingStatement(closing, keyLabel(by.key), closing.through + 1),
      keyLabel(by.key),
      by.signer,
    ),
    at,
    prove: (client, counter) => {
      const key = leafKey(client, counter);
      const place = sorted.findIndex(other => compareKeys(other, key) >= 0);
      const next = place === -1 ? sorted.length : place;
      if (next < sorted.length && compareKeys(sorted[next] as Uint8Array, key) === 0) return [at(next)];
      return [next - 1, next].filter(index => index >= 0 && index < sorted.length).map(at);
    },
  };
}
