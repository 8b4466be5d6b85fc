/** The checks of what Intel publishes and signs as JSON: TCB info and identities of quoting enclaves. */
import { utf8 } from '../../bytes/octets.js';
import { Failure, type ReasonCode } from '../../reason.js';
import type { PinnedRoot } from '../x509/chain.js';
import { checkSignerChain, isSignedBy, type SignerChain } from './chains.js';
import type { Checklist } from './checklist.js';
import type { SignedText } from './collateral.js';

/** Null for what could not be believed. */
export interface Published<Content> {
  readonly chain: SignerChain | null;
  readonly content: Content | null;
}

/** What everything is checked under. */
export interface Under {
  readonly roots: readonly PinnedRoot[];
  /** Unix seconds. */
  readonly asOf: number;
  /** What was found out about chains already, by their text: one signer usually signs everything. */
  readonly chains: Map<string, Promise<SignerChain>>;
}

interface Dated {
  readonly issueDate: number;
  readonly nextUpdate: number;
}

interface Kind {
  readonly name: 'tcb-info' | 'qe-identity';
  readonly what: string;
  readonly codes: { readonly signature: ReasonCode; readonly early: ReasonCode; readonly late: ReasonCode };
}

export const TCB_INFO: Kind = {
  name: 'tcb-info',
  what: 'the TCB info',
  codes: {
    signature: 'collateral/tcb-info-signature-invalid',
    early: 'collateral/tcb-info-not-yet-valid',
    late: 'collateral/tcb-info-expired',
  },
};

export const QE_IDENTITY: Kind = {
  name: 'qe-identity',
  what: 'the identity of quoting enclaves',
  codes: {
    signature: 'collateral/qe-identity-signature-invalid',
    early: 'collateral/qe-identity-not-yet-valid',
    late: 'collateral/qe-identity-expired',
  },
};

/** `signed`: null where there is no collateral. What is out of date is still read: it says what was so then. */
export async function checkPublished<Content extends Dated>(
  list: Checklist,
  { name, what, codes }: Kind,
  signed: SignedText | null,
  read: (text: string) => Content,
  under: Under,
): Promise<Published<Content>> {
  const without = signed === null ? 'collateral/missing' : 'evidence/prerequisite-failed';
  const chain = await list.make(
    `${name}-chain`,
    `Who has signed ${what} leads to the root.`,
    signed === null ? null : () => signerChain(signed.issuerChain, under),
    without,
  );
  const believed = await list.make(
    `${name}-signature`,
    `Intel has signed ${what}.`,
    chain === null || signed === null
      ? null
      : async () => {
          if (!(await isSignedBy(chain.signer, utf8(signed.text), signed.signature)))
            throw new Failure(codes.signature);
          return signed.text;
        },
    without,
  );
  const content = await list.make(
    `${name}-content`,
    `The form of ${what} is one that we know.`,
    believed === null ? null : () => read(believed),
    without,
  );
  await list.make(
    `${name}-time`,
    `The time of ${what} has come, and has not passed.`,
    content === null
      ? null
      : () => {
          if (under.asOf < content.issueDate)
            throw new Failure(codes.early, { detail: `${content.issueDate}` });
          if (under.asOf > content.nextUpdate)
            throw new Failure(codes.late, { detail: `${content.nextUpdate}` });
        },
    without,
  );
  return { chain, content };
}

function signerChain(pem: string, { roots, asOf, chains }: Under): Promise<SignerChain> {
  const known = chains.get(pem);
  if (known !== undefined) return known;
  const checked = checkSignerChain(pem, roots, asOf);
  chains.set(pem, checked);
  return checked;
}
