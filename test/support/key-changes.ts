/** Key changes for tests: parties with keys that can be changed, and a way to write entries by them, good and bad. */
import type { Json } from '../../src/bytes/json.js';
import { canonicalize, parseCanonical } from '../../src/bytes/json.js';
import { KEY_TYPE, type KeyType, keyLabel } from '../../src/note/key.js';
import { envelopeBytes, seal } from '../../src/receipt/envelope.js';
import { type KeyRole, keyChangePayload, type ProposedKeyChange } from '../../src/receipt/key-change.js';
import { KeyHistory } from '../../src/receipt/key-history.js';
import { type TestKey, testKey } from './keys.js';
import { ISSUER, LOG, ORIGIN, WITNESSES } from './parties.js';

export const RECOVERY = testKey(`${ORIGIN}/recovery`, 110);
const [WITNESS] = WITNESSES as [TestKey];

/** A key that could follow the one of that role; each number is another one. */
export function nextKey(role: KeyRole, number: number): TestKey {
  const [name, type] = (
    {
      issuer: [ISSUER.key.name, KEY_TYPE.ed25519],
      log: [ORIGIN, KEY_TYPE.ed25519],
      recovery: [RECOVERY.key.name, KEY_TYPE.ed25519],
      validator: ['validator.example', KEY_TYPE.ed25519],
      witness: [WITNESS.key.name, KEY_TYPE.cosignature],
    } satisfies Record<KeyRole, [string, KeyType]>
  )[role];
  return testKey(
    name,
    150 + 10 * ['issuer', 'log', 'recovery', 'witness', 'validator'].indexOf(role) + number,
    type,
  );
}

/** The history of the sample log before any change. */
export function beginning(): KeyHistory {
  return KeyHistory.begin(ORIGIN, [
    { role: 'log', key: LOG.key },
    { role: 'issuer', key: ISSUER.key },
    ...WITNESSES.map(({ key }) => ({ role: 'witness' as const, key })),
  ]);
}

export interface Written {
  readonly change: Partial<Omit<ProposedKeyChange, 'key' | 'successor' | 'signer'>> &
    Pick<ProposedKeyChange, 'action' | 'role'>;
  readonly key: TestKey;
  readonly successor?: TestKey | null;
  /** Who seals the envelope. */
  readonly by: TestKey;
  /** Whether the key agrees; it does unless a test says otherwise. */
  readonly agrees?: boolean;
}

/** The payload of a change that follows `history`, each member as the test says or as it should be. */
export function changePayload(history: KeyHistory, written: Written): Uint8Array {
  const { change, key, successor = null, by, agrees = true } = written;
  const proposed: ProposedKeyChange = {
    origin: ORIGIN,
    ...history.next,
    from: null,
    time: 1_800_000_000_000,
    ...change,
    key: key.key,
    successor: successor?.key ?? null,
    signer: keyLabel(by.key),
  };
  return keyChangePayload(proposed, {
    key: agrees ? key.signer : null,
    successor: successor?.signer ?? null,
  });
}

export function sealed(payload: Uint8Array, by: TestKey): Uint8Array {
  return envelopeBytes(seal(payload, keyLabel(by.key), by.signer));
}

export function changeEntry(history: KeyHistory, written: Written): Uint8Array {
  return sealed(changePayload(history, written), written.by);
}

/** The payload with one member of it changed by hand, and otherwise as it was. */
export function edited(payload: Uint8Array, change: (statement: Json) => Json): Uint8Array {
  return canonicalize(change(parseCanonical(payload)));
}

export const ADD_RECOVERY: Written = {
  change: { action: 'add', role: 'recovery' },
  key: RECOVERY,
  by: ISSUER,
};
