import type { Status } from '../api/protocol.ts';
import { table } from './output.ts';

/** A status as scripts read it: the keys they rely on come first, in a fixed order. */
export const statusValue = (status: Status): object => ({
  api: status.api,
  s3: status.s3,
  dashboard: status.dashboard,
  user: status.user,
  password: status.password,
  accessKey: status.accessKey,
  secretKey: status.secretKey,
  executor: status.executor,
  dataDir: status.dataDir,
  pid: status.pid,
  version: status.version,
  executorDetail: status.executorDetail,
  exposed: status.exposed,
  objects: status.objects,
  ...(status.oidc === undefined ? {} : { oidc: status.oidc }),
  ...(status.kubeconfig === undefined ? {} : { kubeconfig: status.kubeconfig }),
  ...(status.folder === undefined ? {} : { folder: status.folder }),
  services: status.services,
  jobs: status.jobs,
});

/** Who may come besides the administrator, in one line. */
export const usersText = ({ issuer, users }: NonNullable<Status['oidc']>): string =>
  `${users.map(({ name }) => name).join(' and ')}, of ${issuer}`;

/** A status as people read it, without secrets. */
export function statusText(status: Status): string {
  const { Pending, Running, Succeeded, Failed } = status.jobs;
  return table(
    ['API', status.api],
    [
      ['S3', status.objects === 'embedded' ? status.s3 : `${status.s3} (MinIO)`],
      ['exposed', status.exposed],
      ...(status.oidc === undefined ? [] : [['users', usersText(status.oidc)] as [string, string]]),
      ['executor', `${status.executor}: ${status.executorDetail}`],
      ...(status.kubeconfig === undefined ? [] : [['cluster', `KUBECONFIG=${status.kubeconfig}`] as [string, string]]),
      ['folder', status.folder ?? 'none is watched'],
      ['services', String(status.services)],
      ['jobs', `${Pending} pending, ${Running} running, ${Succeeded} succeeded, ${Failed} failed`],
      ['data', status.dataDir],
      ['process', String(status.pid)],
      ['version', status.version],
    ],
  );
}
