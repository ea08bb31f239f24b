import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A certificate, and the key that belongs to it, as files. */
export interface Pair {
  certificate: string;
  key: string;
}

const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });

/** Makes an authority in a folder, which vouches for whatever it is asked to. */
export function createAuthority(folder: string) {
  const pairOf = (name: string): Pair => ({
    certificate: join(folder, `${name}.crt`),
    key: join(folder, `${name}.key`),
  });
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc'];
  const root = pairOf('authority');
  openssl(
    'req',
    '-x509',
    ...curve,
    '-days',
    '2',
    '-subj',
    '/CN=authority',
    '-keyout',
    root.key,
    '-out',
    root.certificate,
  );
  const issue = (name: string, subject: string, extensions: string): Pair => {
    const made = pairOf(name);
    const [request, extra] = [join(folder, `${name}.csr`), join(folder, `${name}.ext`)];
    writeFileSync(extra, extensions);
    openssl('req', ...curve, '-subj', subject, '-keyout', made.key, '-out', request);
    const by = ['-CA', root.certificate, '-CAkey', root.key, '-CAcreateserial', '-days', '1', '-extfile', extra];
    openssl('x509', '-req', '-in', request, ...by, '-out', made.certificate);
    return made;
  };
  return {
    certificate: root.certificate,
    /** For a server on this machine, by address or name. */
    server: (name: string, ...names: string[]) => {
      const all = ['IP:127.0.0.1', 'DNS:localhost', ...names].join(',');
      return issue(name, `/CN=${name}`, `subjectAltName=${all}\nextendedKeyUsage=serverAuth\n`);
    },
    client: (name: string, group: string) => issue(name, `/O=${group}/CN=${name}`, 'extendedKeyUsage=clientAuth\n'),
  };
}

/** A file as kubeconfigs carry it. */
export const encoded = (file: string): string => readFileSync(file).toString('base64');
