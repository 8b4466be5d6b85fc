/**
 * What subscribers are told of a revocation: what was revoked, and which receipts that were in the log before it lose a grade, by their entries alone. Made of
 * log and index whenever it is sent, and the same bytes each time.
 */
import { sha256 } from '../../../bytes/cryptography.js';
import { toHex } from '../../../bytes/hex.js';
import { canonicalize } from '../../../bytes/json.js';
import { utf8 } from '../../../bytes/octets.js';
import type { FactIndex } from '../../archive/fact-index.js';
import type { Notice } from '../../webhooks/signature.js';
import type { NoticeSource } from '../../webhooks/webhooks.js';
import type { LoggedRevocation } from './book.js';
import { findLosses } from './losses.js';

/** Entries that are named; there may be more, and a notice stays below 20 kB. */
export const MAX_NAMED = 1000;

export interface NoticesOptions {
  /** The log's origin. */
  readonly origin: string;
  readonly book: { readonly all: readonly LoggedRevocation[] };
  /** The index of facts, brought up to the log; null while it cannot be had. */
  readonly index: () => Promise<FactIndex | null>;
}

export function noticesOf({ origin, book, index }: NoticesOptions): NoticeSource {
  return {
    get count() {
      return book.all.length;
    },
    topicOf: number => {
      const logged = book.all[number];
      return logged?.counts ? logged.revocation.field : null;
    },
    notice: async number => {
      const logged = book.all[number];
      const facts = await index();
      // Receipts that stand before it in the log are in the index, or will be.
      if (logged === undefined || facts === null || facts.size <= logged.entry) return null;
      return noticeOf(origin, logged, facts);
    },
  };
}

async function noticeOf(origin: string, logged: LoggedRevocation, facts: FactIndex): Promise<Notice> {
  const { revocation, decided, sequence, entry } = logged;
  const { count, receipts } = await findLosses(facts, revocation, { most: MAX_NAMED, before: entry });
  const body = canonicalize({
    type: 'revocation.logged',
    timestamp: new Date(decided).toISOString(),
    data: {
      ...{ ...revocation, decided, sequence, entry, log: origin },
      fact: revocation.field === 'model' ? 'model' : 'place',
      to: revocation.field === 'model' ? 'none' : 'asserted',
      receipts: { count, entries: receipts.map(receipt => receipt.entry) },
    },
  });
  return { id: `revocation_${toHex(sha256(utf8(`${origin}\n${entry}`))).slice(0, 32)}`, body };
}
