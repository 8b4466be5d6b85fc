/** nginx with one worker, connections to the upstream kept, and nothing held back: what a proxy costs that reads nothing. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../processes.mjs';

const PROGRAM = ['/usr/sbin/nginx', '/usr/bin/nginx', '/usr/local/sbin/nginx'].find(existsSync) ?? null;

export const nginx = {
  name: 'nginx',
  missing: () => (PROGRAM === null ? 'it is not installed' : null),
  /** It says its version where others say what is wrong. */
  version: () =>
    execFileSync('sh', ['-c', `${PROGRAM} -v 2>&1`])
      .toString()
      .trim()
      .replace('nginx version: ', ''),

  async start(upstream, folder) {
    const port = await freePort();
    mkdirSync(folder);
    const config = join(folder, 'nginx.conf');
    writeFileSync(config, configuration(folder, port, new URL(upstream).host));
    const child = spawn(PROGRAM, ['-p', folder, '-c', config, '-e', join(folder, 'errors')], {
      stdio: 'ignore',
    });
    return { child, port };
  },
};

function configuration(folder, port, upstream) {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `daemon off;
worker_processes 1;
pid ${join(folder, 'pid')};
events { worker_connections 1024; }
http {
  access_log off;
${temporary.map(name => `  ${name}_temp_path ${join(folder, name)};`).join('\n')}
  keepalive_requests 1000000000;
  upstream model { server ${upstream}; keepalive 256; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://model;
      proxy_http_version 1.1;
      proxy_set_header connection "";
      proxy_buffering off;
    }
  }
}
`;
}
