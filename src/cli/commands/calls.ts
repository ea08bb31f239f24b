import { bytesOf, type RunAnswer, RunFailure } from '../../api/client.ts';
import { argument, type Context, type Run } from '../command.ts';
import { follow } from '../follow.ts';
import { decoded, payload } from '../payload.ts';
import { inJson, intoFile, intoStdout } from '../sink.ts';

/** Calls a service and hands on its answer, decoded. */
export const run: Run = async (context) => {
  const name = argument(context, 0);
  const body = await payload(context.settings);
  const { client } = await context.connect();
  try {
    const answer = await client.run(name, body);
    await deliver(context, answer);
    return 0;
  } catch (error) {
    // What the script printed is its answer still; in JSON it goes along with the error.
    if (error instanceof RunFailure && !context.out.json) await context.out.raw(error.output);
    throw error;
  }
};

async function deliver({ settings, out }: Context, { invocation, kind, body }: RunAnswer): Promise<void> {
  const bytes = kind === 'output' ? body : decoded(body);
  const file = settings.text('output');
  const remark = kind === 'archive' ? 'The answer is a zip of several files.' : undefined;
  if (file !== undefined && file !== '-') {
    const size = await intoFile(file, bytes);
    if (out.json) out.value({ invocation, answer: kind, file, size }, '');
    else out.note(`${file}: ${size} bytes. ${remark ?? ''}`.trim());
  } else if (out.json) {
    out.value({ invocation, answer: kind, ...inJson(await bytesOf(bytes)) }, '');
  } else {
    await intoStdout(out, bytes, `${remark ?? ''} Give a file with -o FILE, or send it on with | or >.`.trim());
  }
}

/** Starts a job; with `--wait` its log is the output, and its end the exit code. */
export const job: Run = async (context) => {
  const { settings, out, connect } = context;
  const name = argument(context, 0);
  const body = await payload(settings);
  const { client } = await connect();
  const id = await client.job(name, body);
  if (!settings.on('wait')) {
    out.value({ job: id }, id);
    return 0;
  }
  out.note(id);
  return follow(context, { client, service: name, invocation: id });
};
