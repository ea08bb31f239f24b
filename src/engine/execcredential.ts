import { SandboxError } from '../model/errors.ts';
import { exec } from './exec.ts';
import type { ClusterPlace } from './kubeconfig.ts';

/** What a credential plugin gave. */
export interface Given {
  token?: string;
  certificate?: string;
  key?: string;
  /** When it runs out, in milliseconds since 1970. */
  until?: number;
}

/** As the kubeconfig has it. */
interface Plugin {
  apiVersion?: string;
  command?: string;
  args?: string[] | null;
  env?: { name: string; value: string }[] | null;
  installHint?: string;
  provideClusterInfo?: boolean;
}

/** What the plugin prints. */
interface Printed {
  kind?: string;
  status?: {
    token?: string;
    clientCertificateData?: string;
    clientKeyData?: string;
    expirationTimestamp?: string;
  };
}

/** Some open a browser and wait for a login. */
const timeoutMs = 120_000;

/** Runs the program that gives a user's credentials, as kubectl does; throws `unavailable` when it gives none. */
export async function credentialFrom(place: ClusterPlace): Promise<Given> {
  const plugin = place.user.exec as Plugin;
  const { command, installHint } = plugin;
  const fail = (said: string) =>
    new SandboxError('unavailable', `${command} gives no credentials for the context ${place.context}: ${said}.`, {
      hint: installHint?.trim() || `Run it by hand to see why; ${place.foundBy} names it.`,
    });
  if (!command) throw fail('the kubeconfig names no command');
  const ran = await exec([command, ...(plugin.args ?? [])], { environment: environmentOf(place, plugin), timeoutMs });
  if (!ran.ok) throw fail(ran.message.trim().replace(/\.$/, ''));
  const { kind, status = {} } = parsed(ran.stdout) ?? {};
  const { token, clientCertificateData: certificate, clientKeyData: key, expirationTimestamp } = status;
  if (kind !== 'ExecCredential' || (!token && !certificate)) throw fail('what it prints is no ExecCredential');
  const until = Date.parse(expirationTimestamp ?? '');
  return {
    ...(token ? { token } : {}),
    ...(certificate ? { certificate } : {}),
    ...(key ? { key } : {}),
    ...(Number.isNaN(until) ? {} : { until }),
  };
}

function parsed(text: string): Printed | undefined {
  try {
    return JSON.parse(text) as Printed;
  } catch {
    return undefined;
  }
}

function environmentOf(place: ClusterPlace, plugin: Plugin): Record<string, string> {
  const info = {
    apiVersion: plugin.apiVersion ?? 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    spec: { interactive: false, ...(plugin.provideClusterInfo ? { cluster: clusterInfo(place) } : {}) },
  };
  const own = (plugin.env ?? []).map(({ name, value }) => [name, value]);
  return { ...place.environment, ...Object.fromEntries(own), KUBERNETES_EXEC_INFO: JSON.stringify(info) };
}

const clusterInfo = ({ address, ca, serverName, insecure, proxy }: ClusterPlace) => ({
  server: address,
  ...(ca ? { 'certificate-authority-data': ca.toString('base64') } : {}),
  ...(serverName ? { 'tls-server-name': serverName } : {}),
  ...(insecure ? { 'insecure-skip-tls-verify': true } : {}),
  ...(proxy ? { 'proxy-url': proxy } : {}),
});
