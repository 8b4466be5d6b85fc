/**
 * A web page on the origin of a gateway, as a reverse proxy would have it: the page's own modules, the gateway's paths, and the same paths once
 * more with answers altered on their way. Modules are those of the build, loaded one by one with nothing that bundles them.
 */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = new URL('../../', import.meta.url);

const PAGE = `<!doctype html>
<meta charset="utf-8">
<script type="importmap">{"imports": {
  "@noble/curves/": "/node_modules/@noble/curves/",
  "@noble/hashes/": "/node_modules/@noble/hashes/",
  "@noble/post-quantum/": "/node_modules/@noble/post-quantum/",
  "valibot": "/node_modules/valibot/dist/index.mjs"
}}</script>
<script type="module" src="/test/end-to-end/browser-page.js"></script>
`;

export interface PageServer {
  readonly address: string;
  /** What the page has posted next. */
  result(): Promise<unknown>;
  close(): Promise<void>;
}

export async function servePage(gateway: string, trust: string): Promise<PageServer> {
  const results: unknown[] = [];
  const waiting: ((result: unknown) => void)[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const url = request.url ?? '/';
    const body = await read(request);
    if (url === '/') return send(response, 'text/html', PAGE);
    if (url === '/trust.json') return send(response, 'application/json', trust);
    if (url === '/result') {
      const result: unknown = JSON.parse(body.toString());
      const next = waiting.shift();
      if (next === undefined) results.push(result);
      else next(result);
      return send(response, 'text/plain', 'thanks');
    }
    const asked = /^(\/altered)?(\/(?:v1|log)\/.*)$/.exec(url);
    if (asked !== null) return pass(`${gateway}${asked[2]}`, asked[1] !== undefined, request, body, response);
    return send(response, 'text/javascript', await moduleAt(url));
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      response.writeHead(404).end(String(error));
    });
  });
  const address = await listen(server);
  return {
    address,
    result: () =>
      new Promise(resolve => {
        if (results.length > 0) resolve(results.shift());
        else waiting.push(resolve);
      }),
    close: async () => {
      const closed = new Promise(resolve => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** The test's own modules are compiled as they are asked for; what they import from `src/` is the build's. */
async function moduleAt(url: string): Promise<string> {
  const path = new URL(url, 'http://page.invalid').pathname;
  if (path.startsWith('/test/')) {
    const source = await readFile(new URL(`.${path.replace(/\.js$/, '.ts')}`, ROOT), 'utf8');
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: {
        module: ts.ModuleKind.ESNext,
        target: ts.ScriptTarget.ES2023,
        verbatimModuleSyntax: true,
      },
    });
    return outputText;
  }
  const built = path.replace(/^\/src\//, '/dist/');
  if (!/^\/(?:dist|node_modules)\//.test(built)) throw new Error(`nothing at ${path}`);
  return readFile(fileURLToPath(new URL(`.${built}`, ROOT)), 'utf8');
}

async function pass(
  target: string,
  isAltered: boolean,
  { method = 'GET', headers }: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): Promise<void> {
  const own = Object.entries(headers).filter(([name]) => name.startsWith('countersign-'));
  const got = await fetch(target, {
    method,
    headers: {
      'content-type': headers['content-type'] ?? 'application/json',
      ...(Object.fromEntries(own) as Record<string, string>),
    },
    ...(method === 'POST' && { body: new Uint8Array(body) }),
  });
  const bytes = Buffer.from(await got.arrayBuffer());
  const sent = isAltered ? Buffer.from(bytes.toString('latin1').replace('lo.', 'lo!'), 'latin1') : bytes;
  const passed = Object.fromEntries(
    [...got.headers].filter(
      ([name]) => !/^(?:content-length|transfer-encoding|connection|keep-alive)$/.test(name),
    ),
  );
  response.writeHead(got.status, passed).end(sent);
}

function send(response: ServerResponse, type: string, body: string): void {
  response
    .writeHead(200, { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'no-store' })
    .end(body);
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
