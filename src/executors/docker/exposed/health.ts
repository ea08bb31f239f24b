import { request } from 'node:http';
import { type Definition, exposedBase } from '../../../model/service.ts';

/** The path at which an exposed service tells that it is well. OSCAR: unless `probe_mode` is `direct`, as clients see it. */
export function healthPath({ name, expose }: Definition): string {
  const path = expose.health_path.startsWith('/') ? expose.health_path : `/${expose.health_path}`;
  const whole = expose.rewrite_target && expose.probe_mode?.toLowerCase() !== 'direct';
  return whole ? `${exposedBase(name)}${path}` : path;
}

/** Asks an instance how it is; answers nothing when it is well, else the beginning of a sentence. */
export function askHealth({ port, path, timeoutMs }: { port: number; path: string; timeoutMs: number }) {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const signal = AbortSignal.timeout(timeoutMs);
  // A server of a few lines of shell may end its lines as Unix does.
  const out = request({ host: '127.0.0.1', port, path, agent: false, signal, insecureHTTPParser: true });
  out.on('response', (answer) => {
    const status = answer.statusCode ?? 0;
    resolve(status < 400 ? undefined : `${path} answers ${status}`);
    answer.destroy();
  });
  const late = `${path} takes longer than ${timeoutMs / 1000} s to answer`;
  out.on('error', () => resolve(signal.aborted ? late : `Nobody answers ${path}`));
  out.end();
  return promise;
}
