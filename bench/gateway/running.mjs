/** The contenders that run: started one after another, each looked at before it is measured, and ended together. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stop } from '../processes.mjs';
import { faultOf, requestBody } from './exchange-bytes.mjs';

/** How long one may take until it answers as it should, in milliseconds. */
const STARTING = 60_000;

/**
 * Starts those of the contenders that are here, and says which are left out and why. Resolves to {name, child, port, headers} of each.
 *
 * @param upstream the upstream's address
 */
export async function startAll(contenders, upstream, parent) {
  const running = [];
  try {
    for (const contender of contenders) {
      const reason = contender.missing() ?? (await startOne(contender, upstream, parent, running));
      if (reason !== null) process.stderr.write(`${contender.name} is left out: ${reason}\n`);
    }
  } catch (error) {
    await stopAll(running);
    throw error;
  }
  return running;
}

export async function stopAll(running) {
  await Promise.all(running.map(({ child }) => child && stop(child)));
}

/** Returns why it does not run, or null. */
async function startOne({ name, version, start }, upstream, parent, running) {
  process.stderr.write(`starting ${name}\n`);
  const folder = join(parent, name.replaceAll(/[^a-z]/gi, '-'));
  const { child, port, headers = {} } = await start(upstream, folder);
  const started = { name, version: version?.() ?? null, child, port, headers };
  const answer = await untilRight(started);
  if (answer === null) {
    running.push(started);
    return null;
  }
  if (child !== null) await stop(child);
  return `it does not answer as it should: ${answer}`;
}

/** Null once it passes on a whole answer and a stream; else what was last wrong. */
async function untilRight({ child, port, headers }) {
  const deadline = performance.now() + STARTING;
  for (;;) {
    const wrong = (await wrongWith(port, headers, false)) ?? (await wrongWith(port, headers, true));
    if (wrong === null || performance.now() > deadline || (child !== null && child.exitCode !== null))
      return wrong;
    await sleep(200);
  }
}

async function wrongWith(port, headers, stream) {
  const what = stream ? 'a stream' : 'an answer';
  try {
    const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', authorization: 'Bearer bench' },
      body: requestBody(stream),
      signal: AbortSignal.timeout(10_000),
    });
    const fault =
      response.status === 200 ? faultOf(await response.text(), stream) : `HTTP ${response.status}`;
    return fault === null ? null : `${what}: ${fault}`;
  } catch (error) {
    return `${what}: ${error.cause?.code ?? error.message}`;
  }
}
