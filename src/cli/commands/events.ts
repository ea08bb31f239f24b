import type { Run } from '../command.ts';
import { happeningLine } from '../happenings.ts';

/** Prints what happened lately, or what happens until it is interrupted or the sandbox ends. */
export const events: Run = async ({ settings, out, connect }) => {
  const { client } = await connect();
  const recent = settings.on('recent');
  for await (const happening of client.happenings({ recent, follow: !recent || settings.on('follow') })) {
    out.value(happening, () => happeningLine(happening, out.paint));
  }
  return 0;
};
