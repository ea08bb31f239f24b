import type { Readable } from 'node:stream';
import type { Client } from '../api/client.ts';
import type { InvocationView } from '../api/protocol.ts';
import { SandboxError } from '../model/errors.ts';
import type { Context } from './command.ts';
import type { Output } from './output.ts';

export interface Followed {
  client: Client;
  service: string;
  invocation: string;
}

/** Prints the log of an invocation until it has ended; one that failed is an error. */
export async function follow({ out }: Context, { client, service, invocation }: Followed): Promise<number> {
  const log = await client.log(service, invocation, { follow: true, timestamps: false });
  await printLog(out, log, invocation);
  const view = await client.invocation(invocation);
  if (out.json) out.value(view, '');
  if (view.state === 'Failed') throw failure(view);
  return 0;
}

const failure = ({ id, reason }: InvocationView) =>
  new SandboxError('failed', `${id} failed${reason ? `: ${reason.replace(/\.$/, '')}` : ''}.`, {
    hint: `Its log is above; run it again with: oscar-sandbox replay ${id} --today`,
  });

/** Prints a log as it comes: its very bytes, or each line as a JSON value. */
export async function printLog(out: Output, log: Readable, invocation: string): Promise<void> {
  if (!out.json) {
    for await (const part of log as AsyncIterable<Buffer>) await out.raw(part);
    return;
  }
  let rest = '';
  log.setEncoding('utf8');
  for await (const part of log as AsyncIterable<string>) {
    const lines = (rest + part).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) out.value({ invocation, line }, '');
  }
  if (rest) out.value({ invocation, line: rest }, '');
}
