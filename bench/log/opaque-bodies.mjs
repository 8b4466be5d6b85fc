/** Entries without a meaning, every one different. */
import { randomBytes } from 'node:crypto';

/** @param frame makes a request of a body */
export function makeRequests({ bytes }, frame) {
  const first = frame(randomBytes(bytes));
  const start = first.length - bytes;
  let count = 0;
  return () => {
    const request = Buffer.from(first);
    request.writeUInt32BE(count++, start);
    return request;
  };
}
