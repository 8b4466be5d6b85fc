/** The verifying client in whatever runs this file: `runtime-client.mjs <gateway> <trust file's text> <folder>`. Prints one line of JSON. */
import { Alarm } from '../../dist/client/finding.js';
import { countersign } from '../../dist/shell/client/web.js';

const [address, trust, folder] = (globalThis.Deno?.args ?? process.argv.slice(2)).map(String);

/** Of the runtime's own `node:fs`, which all three have. */
const { fileStore } = await import('../../dist/shell/client/file-store.js');

const verified = [];
const found = [];
const store = await fileStore(folder);
// The timer that is left at the end must not keep this from ending.
const options = {
  trust,
  store,
  onVerified: outcome => verified.push(outcome),
  onFinding: finding => found.push(finding.code),
  checkEvery: 1000,
};
const ask = (fetch, stream) =>
  fetch(`${address}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'test-model', stream, messages: [{ role: 'user', content: 'Hello?' }] }),
  }).then(response => response.text());

/** Somebody on the way who alters what comes. */
const meddling = async (input, init) => {
  const response = await fetch(input, init);
  if (init?.method !== 'POST') return response;
  const text = (await response.text()).replace('lo.', 'lo!');
  const headers = new Headers(response.headers);
  headers.delete('content-length');
  return new Response(text, { status: response.status, headers });
};
const codeOf = asking =>
  asking.then(
    text => `it answered: ${text}`,
    error => error.code ?? String(error),
  );

/** How many exchanges the check that nobody calls has settled, when it has settled all. */
async function settledByItself() {
  for (let waited = 0; waited < 100; waited++) {
    if ((await store.names('open-')).length === 0) break;
    await new Promise(resolve => setTimeout(resolve, 100));
  }
  return (await store.names('settled-')).length;
}

const client = countersign(options);
const altered = countersign({ trust, fetch: meddling });
const result = {
  body: await ask(client, false),
  stream: await ask(client, true),
  altered: [await codeOf(ask(altered, false)), await codeOf(ask(altered, true))],
  verified: verified.length,
  settledByItself: await settledByItself(),
  found,
  check: await client.check().catch(error => (error instanceof Alarm ? error.result : String(error))),
};
console.log(JSON.stringify(result));
