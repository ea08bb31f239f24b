import { createDelegate } from '../federation/federation.ts';
import type { DelegationOptions } from '../invoke/parts.ts';
import type { DaemonOptions } from './options.ts';
import type { Surroundings } from './surroundings.ts';

/** OSCAR: how often those are asked again who did not take a job. */
const restMs = 15_000;

/** Which jobs go to other clusters. Also when none do: what became of those that did may not be known yet. */
export const delegationOf = (
  { delegates }: Pick<DaemonOptions, 'delegates'>,
  { machine }: Pick<Surroundings, 'machine'>,
): DelegationOptions => ({ ...delegates, delegate: createDelegate({ machine, random: Math.random }), restMs });
