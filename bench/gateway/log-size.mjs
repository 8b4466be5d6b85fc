/** How many entries a gateway's log holds under witnesses. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Between two looks, in milliseconds: longer than a log takes to publish what it has. */
const PAUSE = 3000;

/** Waits until it does not grow any more. */
export async function logSize(port) {
  for (let last = -1; ; ) {
    const note = await (await fetch(`http://127.0.0.1:${port}/log/checkpoint`)).text();
    const size = Number(note.split('\n')[1]);
    if (size === last) return size;
    last = size;
    await sleep(PAUSE);
  }
}
