/** `--listen <host:port>`, as the machines of the network take it. */
import { InvalidArgumentError } from 'commander';

export interface ListenAddress {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
}

/** Reads `127.0.0.1:8899`, `[::1]:8899` or `witness.example:443` as an option of the command line. */
export function listenAddress(text: string): ListenAddress {
  const address = readListenAddress(text);
  if (address !== null) return address;
  throw new InvalidArgumentError('It takes <host>:<port>, such as 127.0.0.1:8899 or [::1]:8899.');
}

/** Null for a text that is no address. */
export function readListenAddress(text: string): ListenAddress | null {
  const [, bracketed, plain, digits] =
    /^(?:\[([0-9A-Fa-f:.]+)\]|([^[\]:/\s]+)):([0-9]{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  return host !== undefined && port <= 65_535 ? { host, port } : null;
}
