/** The program of docs/how-to/coding-agents.md, in front of a server that answers in Anthropic's words and keeps what reaches it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run, type Served, serve } from '../end-to-end/process.js';
import { Desk } from './document.js';

interface Reached {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: { readonly messages: readonly unknown[]; readonly [member: string]: unknown };
}

let folder: string;
let host: Server;
let gateway: Served;
const reached: Reached[] = [];

const MODEL = 'claude-test-1';
const USAGE = { input_tokens: 40, cache_read_input_tokens: 24, cache_creation_input_tokens: 0 };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-agents-'));
  host = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { url = '', headers } = request;
      if (request.method !== 'POST') {
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":[]}');
        return;
      }
      const body = JSON.parse(Buffer.concat(parts).toString()) as Reached['body'];
      reached.push({ path: url, headers, body });
      if (url.includes('count_tokens'))
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"input_tokens":64}');
      else stream(response, body.messages.length === 1 ? TOOL_CALL : TEXT);
    });
  });
  await new Promise<void>(resolve => {
    host.listen(0, '127.0.0.1', resolve);
  });
  const { port } = host.address() as AddressInfo;
  const upstream = `anthropic=http://127.0.0.1:${port}/v1`;
  gateway = await serve(['--data', join(folder, 'house'), '--upstream', upstream]);
}, 60_000);
afterAll(async () => {
  await gateway.stop();
  host.closeAllConnections();
  host.close();
  rmSync(folder, { recursive: true, force: true });
});

const TOOL_CALL = [
  { type: 'tool_use', id: 'toolu_1', name: 'read_file', input: {} },
  { type: 'input_json_delta', partial_json: '{"path":"README.md"}' },
] as const;
const TEXT = [
  { type: 'text', text: '' },
  { type: 'text_delta', text: 'It says hello.' },
] as const;

/** A message of one block, in the events that Anthropic's API has for it. */
function stream(response: ServerResponse, [block, delta]: typeof TOOL_CALL | typeof TEXT): void {
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: MODEL, content: [] };
  const stop_reason = block.type === 'tool_use' ? 'tool_use' : 'end_turn';
  const events = [
    {
      type: 'message_start',
      message: { ...message, stop_reason: null, usage: { ...USAGE, output_tokens: 1 } },
    },
    { type: 'content_block_start', index: 0, content_block: block },
    { type: 'ping' },
    { type: 'content_block_delta', index: 0, delta },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 12 } },
    { type: 'message_stop' },
  ];
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const event of events) response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  response.end();
}

it('counts, streams, calls a tool and goes on, and every step has a receipt', async () => {
  const { address, data } = gateway.summary;
  const environment = { ANTHROPIC_BASE_URL: address, ANTHROPIC_API_KEY: 'sk-agent', MODEL };
  const desk = new Desk(join(folder, 'desk'), 'docs/how-to/coding-agents.md', environment);
  expect(await desk.run('environment', 'agent.mjs')).toEqual({
    code: 0,
    stdout: '64 tokens\nIt says hello.\n',
    stderr: '',
  });

  expect(reached.map(({ path }) => path.split('?')[0])).toEqual([
    '/v1/messages/count_tokens',
    '/v1/messages',
    '/v1/messages',
  ]);
  for (const { headers, body } of reached) {
    // In whichever of its headers the SDK sends it.
    expect(headers['x-api-key'] ?? headers.authorization).toMatch(/^(?:Bearer )?sk-agent$/);
    expect(headers['anthropic-version']).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(headers['anthropic-beta']).toContain('interleaved-thinking-2025-05-14');
    expect(body).toMatchObject({ model: MODEL, system: [{ cache_control: { type: 'ephemeral' } }] });
  }
  expect(reached[2]?.body.messages).toMatchObject([
    { role: 'user' },
    { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', input: { path: 'README.md' } }] },
    {
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'README.md says: hello' }],
    },
  ]);

  // An answer leaves before the log has signed a tree with its receipt.
  const receipts = async () => {
    const { stdout } = await run(['receipts', '--data', data, '--json']);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .filter(line => line !== '');
    return lines.map(line => JSON.parse(line) as Record<string, unknown>).reverse();
  };
  await expect.poll(receipts).toMatchObject([
    { surface: 'messages/count_tokens', status: 'completed', unpriced: 'free' },
    { surface: 'messages', status: 'completed', requested: MODEL, served: MODEL, prompt_tokens: 64 },
    { surface: 'messages', status: 'completed', completion_tokens: 12 },
  ]);
}, 120_000);
