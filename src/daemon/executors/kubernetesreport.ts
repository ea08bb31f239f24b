import { loadYaml } from '../../declare/yaml.ts';
import type { Cluster } from '../../engine/cluster.ts';
import { openCluster } from '../../engine/kubernetes.ts';
import { asSandboxError } from '../../model/errors.ts';
import { shippedFile } from '../../shipped.ts';
import { findPlaceOf } from './context.ts';
import { fine, type Remark, wrong } from './remark.ts';

/** Which cluster is meant. */
export interface KubernetesPlace {
  environment: Record<string, string>;
  home: string;
  kubeconfig?: string;
  context?: string;
  namespace?: string;
}

/** Does the cluster answer, has it Knative, and may we do there what we have to? */
export async function reportKubernetes(place: KubernetesPlace): Promise<Remark[]> {
  const cluster = await opened(place).catch((error: unknown) => trouble(error));
  if ('state' in cluster) return [cluster];
  const { version, address, context, namespace } = cluster.info;
  const answers = fine(`Kubernetes ${version} at ${address} (context ${context}), namespace ${namespace}`);
  try {
    return [answers, await knative(cluster), await rights(cluster)];
  } catch (error) {
    return [answers, trouble(error)];
  } finally {
    cluster.close();
  }
}

const opened = async ({ environment, home, kubeconfig: file, context, namespace }: KubernetesPlace): Promise<Cluster> =>
  openCluster(await findPlaceOf({ file, context, namespace }, { HOME: home, ...environment }));

function trouble(error: unknown): Remark {
  const { message, hint = '' } = asSandboxError(error);
  return wrong(message.replace(/\.$/, ''), hint);
}

async function knative({ list, info }: Cluster): Promise<Remark> {
  try {
    await list({ apiVersion: 'serving.knative.dev/v1', kind: 'Service', namespace: info.namespace });
    return fine('Knative Serving is there');
  } catch (error) {
    const { code } = asSandboxError(error);
    if (code === 'not-found') {
      return wrong('the cluster has no Knative Serving', 'Install Knative Serving and Kourier there.');
    }
    // Which rights are missing is told with the others.
    if (code === 'forbidden') return fine('whether Knative Serving is there is not told to you');
    throw error;
  }
}

interface Right {
  /** Where it is needed. */
  namespace: string;
  group: string;
  resource: string;
  subresource: string;
  verb: string;
}

interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}

interface Role {
  metadata: { namespace?: string };
  rules?: Rule[];
}

const files = ['rights.yaml', 'gateway-rights.yaml'];

/** All that the Roles which we ask for allow; that of the gateway says where. */
function needed(own: string): Right[] {
  const roles = files.flatMap((name) => loadYaml(shippedFile(`templates/cluster/${name}`).toString()) as Role[]);
  return roles.flatMap(({ metadata: { namespace = own }, rules = [] }) =>
    rules.flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((named) => {
          const [resource = '', subresource = ''] = named.split('/');
          return verbs.map((verb) => ({ namespace, group, resource, subresource, verb }));
        }),
      ),
    ),
  );
}

async function rights(cluster: Cluster): Promise<Remark> {
  const { namespace } = cluster.info;
  const wanted = needed(namespace);
  const allowed = await Promise.all(wanted.map((right) => may(cluster, right)));
  const missing = wanted.filter((_, at) => !allowed[at]).map((right) => wordsFor(right, namespace));
  if (missing.length === 0) return fine(`you may do all that is needed in the namespace ${namespace}`);
  return wrong(
    `you may not do all that is needed in the namespace ${namespace}: ${missing.join(', ')}`,
    'Whoever runs the cluster can allow it by templates/cluster/rights.yaml and gateway-rights.yaml, see docs/executors.md.',
  );
}

/** Asked of the cluster itself, which alone knows all who decide that. */
async function may({ create }: Cluster, resourceAttributes: Right): Promise<boolean> {
  const review = await create({
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    metadata: { name: '' },
    spec: { resourceAttributes },
  });
  return (review.status as { allowed?: boolean } | undefined)?.allowed === true;
}

const wordsFor = ({ namespace, group, resource, subresource, verb }: Right, own: string): string =>
  `${verb} ${resource}${subresource ? `/${subresource}` : ''}${group ? `.${group}` : ''}${namespace === own ? '' : ` in ${namespace}`}`;
