/** Whether a certificate that a quote or its collateral rests on has been revoked. Intel's root and its authorities each publish a list. */
import { onceRead } from '../once-read.js';
import type { PinnedRoot } from '../x509/chain.js';
import { checkNotRevoked, parseRevocationList, type RevocationList } from '../x509/revocation-list.js';
import { checkRevocationChain, type PckChain, type SignerChain } from './chains.js';
import type { Checklist } from './checklist.js';
import type { Collateral } from './collateral.js';

/** The lists, where they were read and nothing on them was used here; null otherwise. */
export async function checkRevocation(
  list: Checklist,
  collateral: Collateral | null,
  pck: PckChain | null,
  signers: ReadonlySet<SignerChain> | null,
  { roots, asOf }: { readonly roots: readonly PinnedRoot[]; readonly asOf: number },
): Promise<readonly RevocationList[] | null> {
  const without = collateral === null ? 'collateral/missing' : 'evidence/prerequisite-failed';
  const both = collateral === null || pck === null ? null : { collateral, pck };
  const rootList = onceRead(() => parseRevocationList(collateral?.rootCaCrl ?? new Uint8Array()));
  await list.make(
    'revocation-chain',
    'The list of revoked processors is of the authority that has certified this one.',
    both && (() => checkRevocationChain(both.collateral.pckCrlIssuerChain, both.pck, roots, asOf)),
    without,
  );
  const ofAuthority = await list.make(
    'pck-revocation',
    "The processor's certificate is not revoked.",
    both &&
      (async () => {
        const revocations = parseRevocationList(both.collateral.pckCrl);
        await checkNotRevoked(both.pck.leaf, both.pck.authority, revocations, asOf);
        return revocations;
      }),
    without,
  );
  const ofRoot = await list.make(
    'authority-revocation',
    "The authority's certificate is not revoked.",
    both &&
      (async () => {
        const revocations = rootList();
        await checkNotRevoked(both.pck.authority, both.pck.top, revocations, asOf);
        return revocations;
      }),
    without,
  );
  const ofSigners = await list.make(
    'signer-revocation',
    'The certificate of who has signed TCB info and identity is not revoked.',
    collateral === null || signers === null
      ? null
      : async () => {
          const revocations = rootList();
          for (const { signer, top } of signers) await checkNotRevoked(signer, top, revocations, asOf);
          return revocations;
        },
    without,
  );
  return ofAuthority === null || ofRoot === null || ofSigners === null ? null : [ofAuthority, ofRoot];
}
