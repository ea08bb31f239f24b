import { createServer } from 'node:net';
import { type Check, ok, warn } from './check.ts';

/** The ports that `up` would take. */
export const ports: Check = {
  name: 'ports',
  look: async ({ settings, running }) => {
    const wanted = [settings.number('port'), settings.number('s3-port')].filter((port) => port !== 0);
    const own = [running?.api, running?.s3].flatMap((url) => (url ? [Number(new URL(url).port)] : []));
    const busy: number[] = [];
    for (const port of wanted) if (!own.includes(port) && !(await isFree(port))) busy.push(port);
    if (busy.length === 0) return ok(`${wanted.join(' and ')} are ${own.length > 0 ? 'ours or free' : 'free'}`);
    return warn(
      `${busy.join(' and ')} ${busy.length > 1 ? 'are' : 'is'} used by another program`,
      'Nothing to do: `up` takes the next free one. To choose: --port and --s3-port.',
    );
  },
};

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1' }, () => server.close(() => resolve(true)));
  });

/** A proxy that is asked for 127.0.0.1 answers with an error of its own. */
export const proxies: Check = {
  name: 'proxies',
  look: async ({ around: { env } }) => {
    const set = ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'].filter((name) => env[name]);
    if (set.length === 0) return ok('none is set');
    const spared = `${env.NO_PROXY ?? ''},${env.no_proxy ?? ''}`.split(/[\s,]+/);
    if (spared.includes('*') || spared.some((name) => /^127\./.test(name)))
      return ok(`${set.join(', ')} spare 127.0.0.1`);
    return warn(
      `${set.join(', ')} would catch what OSCAR clients send to 127.0.0.1`,
      'export NO_PROXY=127.0.0.1,localhost no_proxy=127.0.0.1,localhost',
    );
  },
};
