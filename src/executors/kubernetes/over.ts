import type { Manifest } from '../../engine/cluster.ts';
import { isDown } from './podstate.ts';
import type { Scene } from './scene.ts';

/** Has a job come to its end? Its pod tells so seconds before Kubernetes says it of the job. */
export function isOver({ podsOfJob }: Pick<Scene, 'podsOfJob'>, { metadata, status }: Manifest): boolean {
  const { conditions = [] } = (status ?? {}) as { conditions?: { type: string; status: string }[] };
  const said = conditions.some(({ type, status: is }) => ['Complete', 'Failed'].includes(type) && is === 'True');
  return said || podsOfJob(metadata.name).some(isDown);
}
