/** Runs scripts of package.json at the same time, prints what each has said when it ends, and fails when one does: `node scripts/at-once.mjs lint typecheck`. */
import { spawn } from 'node:child_process';

/** @param {string} name */
function run(name) {
  return new Promise(resolve => {
    const child = spawn('npm', ['run', '--silent', name], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const output of [child.stdout, child.stderr]) {
      output.setEncoding('utf8').on('data', text => {
        said += text;
      });
    }
    child.once('error', error => {
      said += `${error.message}\n`;
    });
    child.once('close', code => {
      process.stdout.write(`== ${name}${code === 0 ? '' : ` ended with ${code}`}\n${said}`);
      resolve(code === 0);
    });
  });
}

const succeeded = await Promise.all(process.argv.slice(2).map(run));
process.exitCode = succeeded.every(Boolean) ? 0 : 1;
