/** An nginx in front of a server, told nothing but where that is. The one that the machine has is taken; it is skipped where there is none. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { answers, ForeignProcess, freePort } from './foreign-process.js';

const PLACES = ['nginx', '/usr/sbin/nginx', '/usr/local/sbin/nginx'];

/** The path of its executable, or why there is none. */
export async function findNginx(): Promise<{ readonly path: string } | { readonly missing: string }> {
  for (const path of PLACES)
    if (await promisify(execFile)(path, ['-v']).then(Boolean, () => false)) return { path };
  return { missing: 'no nginx is installed' };
}

export interface Nginx {
  readonly address: string;
  stop(): Promise<void>;
}

/** `more`: what else stands where `proxy_pass` does. */
export async function startNginx(path: string, upstream: string, more = ''): Promise<Nginx> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-nginx-'));
  const port = await freePort();
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    what => `${what}_temp_path ${folder}/${what};`,
  );
  const configuration = `daemon off; master_process off; pid ${folder}/pid; error_log stderr;
    events {}
    http {
      access_log off; ${temporary.join(' ')}
      server { listen 127.0.0.1:${port}; location / { proxy_pass ${upstream}; ${more} } }
    }`;
  await writeFile(join(folder, 'nginx.conf'), configuration);
  const child = new ForeignProcess(path, ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr']);
  const address = `http://127.0.0.1:${port}`;
  await child.until(() => answers(address));
  return {
    address,
    stop: async () => {
      await child.stop('SIGTERM');
      await rm(folder, { recursive: true, force: true });
    },
  };
}
