/** Entries without a meaning, every one different. */
import { randomBytes } from 'node:crypto';

export function makeBodies({ bytes }) {
  const body = randomBytes(bytes);
  let count = 0;
  return () => {
    const entry = Buffer.from(body);
    entry.writeUInt32BE(count++, 0);
    return entry;
  };
}
