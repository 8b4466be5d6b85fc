/** `countersign config`: looks at a configuration before a gateway is started with it. */
import { Command } from 'commander';
import { print, printJson } from './print.js';
import { readConfig } from './settings/read-config.js';
import { requireUsableWebhooks } from './settings/webhook-settings.js';

export function configCommand(): Command {
  return new Command('config')
    .description('look at a configuration without starting anything')
    .addCommand(
      new Command('check')
        .description(
          'say whether a configuration can be used, and what is in force with the environment over it',
        )
        .argument('<file>', 'the configuration, in YAML or JSON')
        .option('--json', 'print one line of JSON instead of words')
        .addHelpText('after', EXAMPLES)
        .action(check),
    )
    .addHelpText('after', EXAMPLES);
}

const EXAMPLES = `
Examples:
  countersign config check countersign.yaml
  COUNTERSIGN_LISTEN_PORT=9000 countersign config check countersign.yaml --json

Secrets that it names are not read, nor upstreams reached.
Exit codes: 0 it can be used, 64 it cannot, 1 anything else. docs/configuration.md has all settings.`;

async function check(file: string, options: { readonly json?: true }): Promise<void> {
  const config = await readConfig(file, process.env);
  requireUsableWebhooks(config.webhooks ?? []);
  if (options.json) {
    printJson(config);
    return;
  }
  print(`${file} can be used. In force, with the environment:`);
  print(JSON.stringify(config, null, 2));
}
